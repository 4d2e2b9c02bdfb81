"""A real terminal: ferry within tmux, of any size, with keys typed and the screen read."""
import os
import pathlib
import re
import shlex
import subprocess
import tempfile
import time

from . import process


class Terminal:
    """Runs a command line in a terminal of so many columns and rows; a context manager."""

    def __init__(self, words, environment: dict, folder: pathlib.Path, columns: int = 80, rows: int = 24):
        self.socket = pathlib.Path(tempfile.mkdtemp(prefix="ferry-tmux-", dir="/tmp"), "socket")
        self.code_file = self.socket.with_name("code")
        line = shlex.join(map(str, words)) + f"; echo $? >{self.code_file}.new; mv {self.code_file}.new {self.code_file}; exec sleep 300"
        environment = {"TERM": "xterm-256color", **environment}
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", columns, "-y", rows, "-c", folder, "env", "-i",
                   *(f"{name}={value}" for name, value in environment.items()), "TERM=" + environment["TERM"], "bash", "-c", line,
                   environment=environment)

    def _tmux(self, *words, environment: dict | None = None) -> str:
        done = subprocess.run([process.need("tmux", "tmux"), "-S", str(self.socket), *map(str, words)], capture_output=True, text=True,
                              timeout=30, env=environment or {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
        if done.returncode:
            raise RuntimeError(f"tmux {words}: {done.stderr}")
        return done.stdout

    def screen(self, colors: bool = False) -> list:
        """The lines on the screen and above it, without blanks behind and empty lines at the end."""
        text = self._tmux("capture-pane", "-p", "-S", "-200", *(["-e"] if colors else []))
        return [line.rstrip() for line in text.rstrip("\n").split("\n")]

    def text(self) -> str:
        return "\n".join(self.screen())

    def type(self, text: str):
        self._tmux("send-keys", "-l", text)
        self._tmux("send-keys", "Enter")

    def key(self, name: str):
        self._tmux("send-keys", name)

    def resize(self, columns: int, rows: int):
        self._tmux("resize-window", "-x", columns, "-y", rows)

    def wait_for(self, pattern: str, seconds: float = 60) -> list:
        """Waits until the screen shows it, and returns the screen."""
        end = time.monotonic() + seconds
        while True:
            lines = self.screen()
            if re.search(pattern, "\n".join(lines), re.M):
                return lines
            if time.monotonic() > end:
                raise AssertionError(f"the screen never showed {pattern!r}:\n" + "\n".join(lines))
            time.sleep(0.02)

    def wait_for_question(self, pattern: str, seconds: float = 60):
        """Waits until the last line on the screen is that question, with nothing typed behind it."""
        return self.wait_for(r"(?:^|\n)[^\n]*" + pattern + r"[^\n]*\Z", seconds)

    def code(self, seconds: float = 120) -> int:
        """Waits for the end of the command and returns its exit code."""
        end = time.monotonic() + seconds
        while not self.code_file.exists():
            if time.monotonic() > end:
                raise AssertionError("the command did not end:\n" + self.text())
            time.sleep(0.05)
        return int(self.code_file.read_text())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run([process.need("tmux", "tmux"), "-S", str(self.socket), "kill-server"], capture_output=True, timeout=30)
        for path in self.socket.parent.iterdir():
            os.unlink(path)
        self.socket.parent.rmdir()
