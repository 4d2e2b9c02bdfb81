"""SOCKS5 servers of Debian: microsocks with a user and a name that it alone resolves, dante with rules and byte counts."""
import pathlib
import re

from . import process


class Socks(process.Server):
    def log(self) -> list:
        return self.daemon.log.read_text(errors="replace").splitlines()


class Microsocks(Socks):
    """`user` is (name, password) where it wants a login. `names` stand for 127.0.0.1 in this server's world alone: it runs
    in a mount namespace with an /etc/hosts of its own, which needs root."""

    def __init__(self, user: tuple | None = None, names=()):
        login = ["-u", user[0], "-P", user[1]] if user else []
        program = process.need("microsocks", "microsocks")

        def command(port):
            words = [program, "-i", "127.0.0.1", "-p", str(port), *login]
            return process.with_hosts(words, names) if names else words

        self.start("microsocks", command)

    def targets(self) -> list:
        """Where it connected to, as its clients asked for it: host:port."""
        return [found.group(1) for line in self.log() if (found := re.search(r"connected to (\S+)", line))]


class Dante(Socks):
    """Refuses connections to the ports in `blocked` by its rules."""

    def __init__(self, blocked=()):
        folder = process.run_dir() / f"dante-{process.Daemon.count}"
        folder.mkdir()
        everybody = "from: 0.0.0.0/0 to: 0.0.0.0/0"
        blocks = [f"socks block {{ {everybody} port = {port} log: error }}" for port in blocked]

        def command(port):
            settings = pathlib.Path(folder / "danted.conf")
            settings.write_text("\n".join([
                "logoutput: stdout", f"internal: 127.0.0.1 port = {port}", "external: 127.0.0.1", "clientmethod: none",
                "socksmethod: none", "user.privileged: root", "user.unprivileged: root",
                f"client pass {{ {everybody} log: error }}", *blocks,
                f"socks pass {{ {everybody} log: connect disconnect error }}"]) + "\n")
            return [process.need_if_packaged("danted", "dante-server"), "-f", settings, "-p", folder / "pid"]

        self.start("dante", command)
