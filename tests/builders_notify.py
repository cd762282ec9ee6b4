"""Builders for telling people: a web and a mail server on loopback that keep what they get, news, a certificate."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import ipaddress
import json
import socketserver
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from syncjob.notify.news import News

IST = dt.timezone(dt.timedelta(hours=5, minutes=30))
NIGHT = dt.datetime(2026, 11, 21, 2, 0, tzinfo=IST)


def make_news(exit_code: int = 0, **given: Any) -> News:
    """An unremarkable run of forty rows."""
    usual: dict[str, Any] = {
        "job": "leads",
        "account": "acme1",
        "exit_code": exit_code,
        "at": NIGHT,
        "seconds": 131.4,
        "run_id": "20261121-0200-k3f9",
        "counts": {"created": 10, "unchanged": 30},
        "requests": 48,
        "retries": 1,
        "contacts": 814,
        "files": "/srv/results/20261121-0200-k3f9",
    }
    return News(**{**usual, **given})


def bad_news(bad: int = 12, reason: str = "number_missing", **given: Any) -> News:
    """A run of which some rows ended bad."""
    counts = {"created": 28, "invalid": bad}
    return make_news(3, **{"counts": counts, "bad": bad, "reasons": {reason: bad}, **given})


@dataclass
class Web:
    """A web server: what it got, as (method, path, body), and the statuses it answers with, the last one for ever."""

    url: str = ""
    got: list[tuple[str, str, bytes]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=lambda: [200])
    location: str = ""

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _ in self.got]

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, _, body in self.got]


@contextmanager
def web(context: ssl.SSLContext | None = None) -> Iterator[Web]:
    """A web server on loopback, with TLS where a context is given."""
    kept = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kept.got.append((self.command, self.path, body))
            kept.headers.append(dict(self.headers))
            self.send_response(kept.statuses[0] if len(kept.statuses) == 1 else kept.statuses.pop(0))
            if kept.location:
                self.send_header("Location", kept.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - the name that http.server calls

        def log_message(self, *_: object) -> None: ...

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None: ...  # a client that doesn't trust us hangs up

    with Server(("127.0.0.1", 0), Handler) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        kept.url = f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"
        with _serving(server):
            yield kept


@dataclass
class Post:
    """A mail server: what it got, as (addresses, mail), and how it refuses."""

    port: int = 0
    got: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    offers: Sequence[str] = ()
    refuses: dict[str, str] = field(default_factory=dict)  # beginning of a line → the answer to it

    @property
    def mails(self) -> list[EmailMessage]:
        return [mail for _, mail in self.got]


@contextmanager
def post(context: ssl.SSLContext | None = None) -> Iterator[Post]:
    """A mail server on loopback; with a context it offers STARTTLS."""
    kept = Post(offers=("STARTTLS",) if context else ())

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(line.encode() + b"\r\n")

        def finish(self) -> None:
            super().finish()
            self.request.close()  # with TLS another socket than the server knows

        def handle(self) -> None:
            self.say("220 sink")
            to: list[str] = []
            while line := self.rfile.readline().decode().strip():
                kept.said.append(line)
                verb = line.upper()
                refused = next((answer for start, answer in kept.refuses.items() if verb.startswith(start.upper())), "")
                if refused:
                    self.say(refused)
                elif verb.startswith("EHLO"):
                    lines = ["sink", *kept.offers]
                    for at, offer in enumerate(lines, 1):
                        self.say(f"250{' ' if at == len(lines) else '-'}{offer}")
                elif verb == "STARTTLS" and context:
                    self.say("220 go on")
                    super().finish()
                    self.request = context.wrap_socket(self.request, server_side=True)
                    self.setup()
                elif verb.startswith("AUTH"):
                    self.say("235 welcome")
                elif verb == "DATA":
                    self.say("354 go on")
                    body = b""
                    while (part := self.rfile.readline()) != b".\r\n":
                        body += part
                    mail = email.message_from_bytes(body, policy=email.policy.default)
                    assert isinstance(mail, EmailMessage)
                    kept.got.append((to, mail))
                    self.say("250 kept")
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    to += [line.partition("<")[2].partition(">")[0]] if verb.startswith("RCPT") else []
                    self.say("250 fine")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None: ...

    with Server(("127.0.0.1", 0), Handler) as server:
        kept.port = server.server_address[1]
        with _serving(server):
            yield kept


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS for 127.0.0.1, and the file with which a client may trust it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(host, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = made.public_bytes(serialization.Encoding.PEM)
    both, trusted = folder / "server.pem", folder / "trusted.pem"
    both.write_bytes(private + public)
    trusted.write_bytes(public)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context, trusted
