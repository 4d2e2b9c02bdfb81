"""mitmproxy as the hostile middle: a forward proxy that opens TLS with a CA of its own and spoils what it carries."""
import json
import pathlib

from . import process


class Mitm(process.Server):
    """`hosts` leads "name:port" to servers on loopback (TLS where the client speaks TLS; their certificates are not
    checked); a name that it does not hold is unreachable. `ca` is the file that a client has to trust."""

    def __init__(self, hosts: dict):
        folder = process.run_dir() / f"mitm-{process.Daemon.count}"
        folder.mkdir()
        self.hosts, self.plan, self.seen = hosts, folder / "plan.json", folder / "requests"
        self.spoil()
        addon = pathlib.Path(__file__).with_name("mitm_addon.py")
        env = process.clean_environment(FERRY_MITM_PLAN=str(self.plan), FERRY_MITM_LOG=str(self.seen),
                                        HOME=str(folder), PYTHONDONTWRITEBYTECODE="1")
        self.start("mitmdump", lambda port: [
            process.need_if_packaged("mitmdump", "mitmproxy"), "--listen-host", "127.0.0.1", "--listen-port", str(port),
            "--set", f"confdir={folder}", "--set", "connection_strategy=lazy", "--ssl-insecure", "-s", addon], env)
        self.ca = folder / "mitmproxy-ca-cert.pem"
        self.url = f"http://{self.host}"

    def spoil(self, *faults: dict):
        """What happens to exchanges from now on (the kinds are those of mitm_addon); the log starts anew."""
        ready = self.plan.with_suffix(".new")
        ready.write_text(json.dumps({"hosts": self.hosts, "faults": faults}))
        self.seen.unlink(missing_ok=True)
        ready.rename(self.plan)

    def requests(self) -> list:
        """The requests that it could read since then: scheme, host, port, method, path, headers."""
        return [json.loads(line) for line in self.seen.read_text().splitlines()] if self.seen.exists() else []
