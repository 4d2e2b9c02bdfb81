"""nginx before a registry: what ends TLS in front of most of them, with client certificates and old versions of TLS."""
import pathlib

from . import pki, process


class Nginx(process.Server):
    """On a free loopback port, before `upstream` ("host:port").

    With `client_ca` (a file) only clients with a certificate of that authority are let in; `protocols` is what
    ssl_protocols says. `log()` holds a line a request: method, path, status, version of TLS, the client's subject."""

    def __init__(self, upstream: str, certificate: pki.Certificate, client_ca: pathlib.Path | None = None,
                 protocols: str = "TLSv1.2 TLSv1.3"):
        folder = process.run_dir() / f"nginx-{process.Daemon.count}"
        folder.mkdir()
        self.access = folder / "access.log"
        verify = f"ssl_verify_client on; ssl_client_certificate {client_ca};" if client_ca else ""
        temporary = " ".join(f"{kind}_temp_path {folder / kind};"
                             for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))

        def command(port):
            settings = folder / "nginx.conf"
            settings.write_text(f"""
                daemon off; user root; worker_processes 1; pid {folder / 'pid'}; error_log stderr info;
                events {{ worker_connections 256; }}
                http {{
                    log_format seen '$request_method $uri $status $ssl_protocol "$ssl_client_s_dn"';
                    access_log {self.access} seen; {temporary}
                    server {{
                        listen 127.0.0.1:{port} ssl;
                        ssl_certificate {certificate.certificate}; ssl_certificate_key {certificate.key};
                        ssl_protocols {protocols}; {verify}
                        location / {{ proxy_pass http://{upstream}; proxy_set_header Host $http_host;
                                      proxy_set_header X-Forwarded-Proto https; proxy_buffering off; }}
                    }}
                }}""")
            return [process.need("nginx", "nginx-light"), "-e", "stderr", "-c", settings]

        self.start("nginx", command)
        self.url = f"https://{self.host}"

    def log(self) -> list:
        return self.access.read_text().splitlines() if self.access.exists() else []
