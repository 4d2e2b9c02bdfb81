"""tinyproxy, the small proxy of routers and containers."""
from . import process


class Tinyproxy(process.Server):
    """On a free loopback port. `user` is (name, password) where it wants a login; `connect_port` is the one port that
    CONNECT may go to; `filtered` are patterns of hosts that it refuses."""

    def __init__(self, user: tuple | None = None, connect_port: int | None = None, filtered=()):
        folder = process.run_dir() / f"tinyproxy-{process.Daemon.count}"
        folder.mkdir()
        lines = ["Listen 127.0.0.1", "Timeout 60", "MaxClients 50", "LogLevel Connect", "Allow 127.0.0.1",
                 f'PidFile "{folder / "pid"}"']
        if user:
            lines.append(f"BasicAuth {user[0]} {user[1]}")
        if connect_port:
            lines.append(f"ConnectPort {connect_port}")
        if filtered:
            (folder / "filter").write_text("\n".join(filtered) + "\n")
            lines.append(f'Filter "{folder / "filter"}"')

        def command(port):
            settings = folder / "tinyproxy.conf"
            settings.write_text("\n".join([f"Port {port}", *lines]) + "\n")
            return [process.need("tinyproxy", "tinyproxy-bin"), "-d", "-c", settings]

        self.start("tinyproxy", command)
        self.url = f"http://{self.host}"

    def log(self) -> list:
        """Its lines; a request stands in one as `Request (file descriptor N): METHOD TARGET HTTP/1.1`."""
        return self.daemon.log.read_text(errors="replace").splitlines()
