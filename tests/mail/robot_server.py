"""The robots of 企业微信, 钉钉 and 飞书 on loopback over TLS, as they answer (docs/facts/robots.md): HTTP 200 also where they refuse."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY, SECRET = "6f0c4a5e-key-of-the-robot", "SECd00000000000000000000000000000000secret"
PATHS = {
    "wecom": f"/cgi-bin/webhook/send?key={KEY}",
    "dingtalk": f"/robot/send?access_token={KEY}",
    "feishu": f"/open-apis/bot/v2/hook/{KEY}",
}


@dataclass
class Group:
    """What came, and what a test says it shall do with the next ones."""

    posts: list[tuple[str, str]] = field(default_factory=list)
    """Robot and text of what was taken."""
    asked: int = 0
    answers: list[tuple[int, Any]] = field(default_factory=list)
    """Status and answer of the next requests, instead of taking them; a text is sent as it is."""
    silent: threading.Event = field(default_factory=threading.Event)
    """The next requests are taken and answered when `released` is set."""
    released: threading.Event = field(default_factory=threading.Event)
    cut: int = 0
    """The connection ends after it was taken, before the answer, for so many."""
    signed: bool = False
    """钉钉 and 飞书 want a signature with SECRET."""
    port: int = 0
    now: float = 0.0

    def url(self, robot: str) -> str:
        return f"https://localhost:{self.port}{PATHS[robot]}"

    def texts(self, robot: str) -> list[str]:
        return [said for name, said in self.posts if name == robot]


def _hmac(key: str, message: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()


def _answer(group: Group, path: str, body: dict[str, Any]) -> dict[str, Any]:
    at, query = urlsplit(path).path, {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
    if at == "/cgi-bin/webhook/send":
        if query.get("key") != KEY:
            return {"errcode": 93000, "errmsg": f"invalid webhook url, hint: [1732], from ip: 127.0.0.1, key {query.get('key')}"}
        said = body["text"]["content"] if body["msgtype"] == "text" else ""
        if not said or len(said.encode()) > 2048:
            return {"errcode": 40058, "errmsg": "text.content exceed max length 2048"}
        group.posts.append(("wecom", said))
        return {"errcode": 0, "errmsg": "ok"}
    if at == "/robot/send":
        if query.get("access_token") != KEY:
            return {"errcode": 300005, "errmsg": "token is not exist"}
        stamp = query.get("timestamp", "")
        if group.signed and query.get("sign") != _hmac(SECRET, f"{stamp}\n{SECRET}"):
            return {"errcode": 310000, "errmsg": "sign not match, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]"}
        group.now = int(stamp or 0) / 1000
        group.posts.append(("dingtalk", body["text"]["content"]))
        return {"errcode": 0, "errmsg": "ok"}
    if at != f"/open-apis/bot/v2/hook/{KEY}":
        return {"code": 19001, "msg": "param invalid: incoming webhook access token invalid"}
    if group.signed and body.get("sign") != _hmac(f"{body.get('timestamp')}\n{SECRET}", ""):
        return {"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time", "data": {}}
    group.posts.append(("feishu", body["content"]["text"]))
    return {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}


@contextmanager
def robot_server(certificate: Path, key: Path) -> Iterator[Group]:
    group = Group()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            group.asked += 1
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = group.answers.pop(0) if group.answers else (200, _answer(group, self.path, body))
            if group.silent.is_set():
                group.released.wait(30)
            if group.cut:
                group.cut -= 1
                self.close_connection = True
                return
            data = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", group.url("wecom"))
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    group.port = server.server_address[1]
    running = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    running.start()
    try:
        yield group
    finally:
        group.released.set()
        server.shutdown()
        server.server_close()
        running.join(5)
