"""A small internet on loopback: sites by their real names, TLS included, reached through a proxy.

    with Internet({"registry-1.docker.io": [fault, ...], "nexus.corp:8082": [...]}, upstream=registry.host) as net:
        ferry("nginx", *net.options)

Each site is a Front before `upstream`; one without a port speaks TLS on 443, with a certificate for its name; one with a
port speaks plain http there, or TLS where its name begins with "https://". What is asked for elsewhere is in `strays`."""
import http.client
import re
import socket
import threading

from . import front, pki, process


class Internet(process.Stopped):
    def __init__(self, sites: dict, upstream: str | None = None):
        self.sites, self.strays = {}, []
        names = [re.sub(r"^https://|:\d+$", "", site) for site in sites]
        self.certificate = pki.issued("internet", ",".join(f"DNS:{name}" for name in dict.fromkeys(names)))
        for site, faults in sites.items():
            secure = site.startswith("https://") or ":" not in site
            place = site.removeprefix("https://")
            self.sites[place if ":" in place else place + ":443"] = front.Front(
                upstream, faults, certificate=self.certificate if secure else None)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.options = ["--proxy", self.url, "--ca-cert", str(self.certificate.ca)]
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def __getitem__(self, site: str) -> front.Front:
        return self.sites[site if ":" in site else site + ":443"]

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket):
        try:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(65536)
                if not piece:
                    return
                head += piece
            head, _, rest = head.partition(b"\r\n\r\n")
            line, _, fields = head.decode("latin-1").partition("\r\n")
            method, target, _ = line.split(" ", 2)
            place = target if method == "CONNECT" else re.match(r"http://([^/]+)", target).group(1)
            if ":" not in place:
                place += ":80"
            if place not in self.sites:
                self.strays.append(place)
                client.sendall(b"HTTP/1.1 502 no such host\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            with socket.create_connection(("127.0.0.1", self.sites[place].port)) as server:
                if method == "CONNECT":
                    client.sendall(b"HTTP/1.1 200 connected\r\n\r\n")
                else:
                    path = re.sub(r"^http://[^/]+", "", target) or "/"
                    fields = re.sub(r"(?im)^(proxy-)?connection:.*\r\n", "", fields + "\r\n")
                    server.sendall(f"{method} {path} HTTP/1.1\r\n{fields}Connection: close\r\n\r\n".encode("latin-1"))
                server.sendall(rest)
                back = threading.Thread(target=self._pump, args=(server, client), daemon=True)
                back.start()
                self._pump(client, server)
                back.join()
        except (OSError, http.client.HTTPException):
            pass
        finally:
            client.close()

    @staticmethod
    def _pump(source: socket.socket, drain: socket.socket):
        try:
            while data := source.recv(65536):
                drain.sendall(data)
        except OSError:
            pass
        try:
            drain.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def stop(self):
        self.listener.close()
        for site in self.sites.values():
            site.stop()
