"""`ferry serve` as a context manager: a registry over a folder of archives."""
import os
import pathlib
import re

from . import process, registry


class Shelf(process.Server):
    """`arguments` are those of `ferry serve` behind the folder; it listens on a free port of loopback.

    `log` is what it said; `url` is what it printed on standard output."""

    def __init__(self, folder, *arguments, env: dict | None = None):
        self.folder = pathlib.Path(folder)
        command = [os.environ["FERRY"], "serve", folder, "--listen", "127.0.0.1:0", *arguments]
        self.daemon = process.Daemon("serve", [str(word) for word in command],
                                     process.clean_environment(**(env or {})))
        self.url = self.daemon.wait_until(self._url)
        self.host = self.url.split("://")[1]

    def _url(self):
        found = re.search(r"^https?://\S+$", self.said, re.M)
        return found.group() if found else ""

    @property
    def said(self) -> str:
        return self.daemon.log.read_text(errors="replace")

    @property
    def client(self) -> registry.Client:
        return registry.Client(self.url)
