"""Layers out of real Debian packages of any architecture, without touching the machine's own apt state."""
import io
import pathlib
import re
import subprocess
import tarfile

from . import process

SKIP = ("usr/share/doc/", "usr/share/man/", "usr/share/info/", "usr/share/locale/", "usr/share/lintian/",
        "usr/share/bug/", "usr/lib/x86_64-linux-gnu/gconv/")
MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")


def _source() -> str:
    """One line for the release's own suite, from the machine's sources; updates and security are not needed here,
    and half-synced mirrors of them would break a test for nothing."""
    lines = []
    for path in [*pathlib.Path("/etc/apt/sources.list.d").glob("*.sources")]:
        for stanza in path.read_text().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line and line[0] != "#")
            if fields.get("Enabled", "yes") != "no" and "Signed-By" in fields:
                lines += [f"deb [signed-by={fields['Signed-By']}] {fields['URIs'].split()[0]} {suite} main"
                          for suite in fields.get("Suites", "").split()]
    for path in [pathlib.Path("/etc/apt/sources.list"), *pathlib.Path("/etc/apt/sources.list.d").glob("*.list")]:
        lines += [line for line in (path.read_text().splitlines() if path.exists() else []) if line.startswith("deb ")]
    for line in lines:
        if re.search(r"/debian/? (bookworm|trixie|stable) ", line):
            return line
    raise RuntimeError("no Debian release suite among this machine's apt sources")


def _apt(folder: pathlib.Path, arch: str, *command, cwd=None):
    for sub in ("state/lists/partial", "cache/archives/partial"):
        (folder / sub).mkdir(parents=True, exist_ok=True)
    (folder / "status").touch()
    (folder / "sources.list").write_text(_source() + "\n")
    options = {"Dir::State": folder / "state", "Dir::State::status": folder / "status", "Dir::Cache": folder / "cache",
               "Dir::Etc::sourcelist": folder / "sources.list", "Dir::Etc::sourceparts": "/dev/null",
               "APT::Architecture": arch, "APT::Architectures": arch, "APT::Sandbox::User": "root",
               "Acquire::Languages": "none", "Acquire::Retries": "3"}
    flags = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
    done = subprocess.run(["apt-get", "-q", *flags, *command], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"apt-get {' '.join(command)} ({arch}): {done.stderr.decode(errors='replace')}")


def fetch(arch: str, names: list) -> list:
    """Paths of the .deb files of `names` for the Debian architecture `arch`; downloaded once, then cached."""
    folder = process.data_dir() / "debs" / arch
    folder.mkdir(parents=True, exist_ok=True)
    find = lambda name: sorted(folder.glob(f"{name}_*.deb"))
    missing = [name for name in names if not find(name)]
    if missing:
        apt = process.data_dir() / "debs" / f"apt-{arch}"
        _apt(apt, arch, "update")
        _apt(apt, arch, "download", *missing, cwd=folder)
    return [find(name)[-1] for name in names]


def _merged(name: str) -> str:
    """A path on a merged-/usr system: bin/true is usr/bin/true, bin a symlink."""
    first = name.split("/", 1)[0]
    return f"usr/{name}" if first in MERGED else name


def layer(packages: list, first: bool = False, extra=None) -> bytes:
    """A layer tar with the contents of the .deb files `packages`, sorted, as dpkg would unpack them.

    `first` adds the merged-/usr symlinks; `extra` maps further names to a file's text."""
    folders, files, links = {}, {}, {}
    status = []
    for package in packages:
        control = subprocess.run(["dpkg-deb", "-f", package], stdout=subprocess.PIPE, check=True).stdout.decode()
        status.append(control.replace("\n", "\nStatus: install ok installed\n", 1))
        raw = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
            for info in tar:
                name = _merged(info.name.removeprefix("./").rstrip("/"))
                if name in ("", ".") or (name + "/").startswith(SKIP):
                    continue
                info.name, info.pax_headers, info.uname, info.gname = name, {}, "", ""
                if info.islnk():
                    info.linkname = _merged(info.linkname.removeprefix("./"))
                if info.isdir():
                    folders[name] = (info, b"")
                elif info.islnk():
                    links[name] = (info, b"")
                else:
                    files[name] = (info, tar.extractfile(info).read() if info.isreg() else b"")
    newest = max(info.mtime for info, _ in [*folders.values(), *files.values()])

    def add(table, name, kind, mode, data=b"", link=""):
        info = tarfile.TarInfo(name)
        info.type, info.mode, info.size, info.mtime, info.linkname = kind, mode, len(data), newest, link
        table.setdefault(name, (info, data))

    if first:
        for name in ("bin", "sbin", "lib", "lib64"):
            add(folders, f"usr/{name}", tarfile.DIRTYPE, 0o755)
            add(files, name, tarfile.SYMTYPE, 0o777, link=f"usr/{name}")
        for name, mode in (("tmp", 0o1777), ("proc", 0o755), ("sys", 0o755), ("dev", 0o755), ("root", 0o700)):
            add(folders, name, tarfile.DIRTYPE, mode)
    for name in (extra or {}):
        add(files, name, tarfile.REGTYPE, 0o644, extra[name].encode())
    add(files, f"var/lib/dpkg/status.d/{packages[0].name.split('_')[0]}", tarfile.REGTYPE, 0o644,
        "\n".join(status).encode())
    if "usr/bin/dash" in files:
        add(files, "usr/bin/sh", tarfile.SYMTYPE, 0o777, link="dash")
    for name in MERGED:
        folders.pop(name, None)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        entries = {**folders, **files}
        for name in sorted(entries):
            tar.addfile(entries[name][0], io.BytesIO(entries[name][1]))
        for name in sorted(links):
            tar.addfile(links[name][0])
    return out.getvalue()
