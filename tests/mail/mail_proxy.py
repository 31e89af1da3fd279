"""Stands between the product and the mail server of the tests, and behaves as servers in the world do: cuts connections, answers slowly,
refuses the folder to a program that has not said its name (163, 126)."""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from mail_server import MailServer

UNSAFE = b"NO EXAMINE Unsafe Login. Please contact kefu@188.com for help\r\n"


@dataclass
class Proxy:
    server: MailServer
    port: int = 0
    cuts: list[int] = field(default_factory=list)
    """For each connection that comes: after how many bytes of the server it is cut. Later ones are left alone."""
    wants_id: bool = False
    slow_seconds: float = 0
    without: list[bytes] = field(default_factory=list)
    """Capabilities of the server that are not told."""
    connections: int = 0

    def take(self, plain: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server.certificate, self.server.folder / "key.pem")
        left = self.cuts.pop(0) if self.cuts else -1
        self.connections += 1
        with suppress(OSError):
            client = context.wrap_socket(plain, server_side=True)
            server = self.server.trusting().wrap_socket(
                socket.create_connection(("127.0.0.1", self.server.port)), server_hostname="localhost"
            )
            said_who = threading.Event()
            threading.Thread(target=self._asks, args=(client, server, said_who), daemon=True).start()
            self._answers(client, server, left)

    def _asks(self, client: ssl.SSLSocket, server: ssl.SSLSocket, said_who: threading.Event) -> None:
        with suppress(OSError):
            while data := client.recv(1 << 16):
                if re.match(rb"\w+ ID ", data):
                    said_who.set()
                if self.wants_id and not said_who.is_set() and (found := re.match(rb"(\w+) (SELECT|EXAMINE) ", data)):
                    client.sendall(found[1] + b" " + UNSAFE)
                    continue
                server.sendall(data)
        with suppress(OSError):
            server.close()

    def _answers(self, client: ssl.SSLSocket, server: ssl.SSLSocket, left: int) -> None:
        while data := server.recv(1 << 14):
            if self.slow_seconds:
                time.sleep(self.slow_seconds)
            if 0 <= left < len(data):
                client.sendall(data[:left])
                for end in (client, server):
                    with suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)
                    end.close()
                return
            if b"CAPABILITY" in data:
                for word in self.without:
                    data = re.sub(rb" " + word + rb"(?=[ \]\r])", b"", data)
            left -= len(data) if left >= 0 else 0
            client.sendall(data)


@contextmanager
def proxy(server: MailServer) -> Iterator[Proxy]:
    listening = socket.create_server(("127.0.0.1", 0))
    out = Proxy(server, listening.getsockname()[1])

    def serve() -> None:
        with suppress(OSError):
            while True:
                plain, _ = listening.accept()
                threading.Thread(target=out.take, args=(plain,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield out
    finally:
        listening.close()
