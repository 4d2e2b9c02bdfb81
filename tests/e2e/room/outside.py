"""Plugins as somebody else builds them: copied away from the tree, against the installed SDK, by another compiler."""
import os
import pathlib
import shutil
import subprocess

from . import process

ROOT = pathlib.Path(__file__).resolve().parents[3]


def tool(*command):
    done = subprocess.run([str(word) for word in command], env=process.clean_environment(), capture_output=True,
                          stdin=subprocess.DEVNULL)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{(done.stdout + done.stderr).decode()}")


def build(source: pathlib.Path, name: str) -> pathlib.Path:
    """The folder that holds `sdk` (what is installed of it) and `build` (the plugin made from a copy of `source`)."""
    for variable in ("FERRY_BUILD_DIR", "FERRY_OTHER_CXX"):
        if not os.environ.get(variable):
            raise RuntimeError(f"{variable} is not set (CTest sets it)")
    folder = process.short_dir(name)
    shutil.copytree(source, folder / "source")
    tool("cmake", "--install", os.environ["FERRY_BUILD_DIR"], "--prefix", folder / "sdk", "--component", "sdk")
    tool("cmake", "-S", folder / "source", "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={folder / 'sdk'}",
         "-DCMAKE_BUILD_TYPE=Release", f"-DCMAKE_CXX_COMPILER={os.environ['FERRY_OTHER_CXX']}",
         "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Werror")
    tool("cmake", "--build", folder / "build")
    return folder
