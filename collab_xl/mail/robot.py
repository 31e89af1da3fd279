"""Post a text into a group of 企业微信, 钉钉 or 飞书 by its robot's webhook. Effect: network, the system's keyring (decision 0039).

The webhook's address is a secret: whoever has it can write into the group. It is in the keyring of the operating system, for each project
and service, or for a machine without one in the environment; in no workbook, ledger, log, message or traceback.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import os
import socket
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from collab_xl.errors import CollabError
from collab_xl.model.robot import Robot

HOSTS = {
    Robot.WECOM: ("qyapi.weixin.qq.com",),
    Robot.DINGTALK: ("oapi.dingtalk.com",),
    Robot.FEISHU: ("open.feishu.cn", "open.larksuite.com"),
}
"""Where their webhooks are; an organisation that runs the service itself has a host of its own."""
KEYS = {Robot.WECOM: "key", Robot.DINGTALK: "access_token"}
"""What the address has after `?`; that of 飞书 ends with its token."""
SIGNED = frozenset({Robot.DINGTALK, Robot.FEISHU})
"""Services whose robots may want a signature."""
SECONDS = 10
"""For the connection, and for the answer."""
MOST_ANSWER = 65536


@dataclass(frozen=True)
class Hook:
    """Where a robot listens. `where`: keyring or environment."""

    robot: Robot
    url: str = field(repr=False)
    secret: str = field(default="", repr=False)
    where: str = ""


class FoundHook(NamedTuple):
    """`problem`: why the keyring could not be asked."""

    hook: Hook | None
    problem: str = ""


class NotPosted(Exception):
    """`certain`: it is not in the group; else the answer was not heard, so it may be. The text has no secret in it."""

    def __init__(self, said: str, *, certain: bool) -> None:
        super().__init__(said)
        self.certain = certain


def variables(robot: Robot) -> tuple[str, str]:
    """Environment variables of the address and of the signing secret, for a machine without a keyring."""
    name = f"COLLAB_XL_ROBOT_{robot.upper()}"
    return name, f"{name}_SECRET"


def hook_of(robot: Robot, project: str, lang: str) -> FoundHook:
    """Raises CollabError `robot_address` for an address in the environment that is none."""
    address, secret = (os.environ.get(name, "").strip() for name in variables(robot))
    if address:
        return FoundHook(checked(Hook(robot, address, secret, "environment"), lang))
    import keyring
    from keyring.errors import KeyringError

    try:
        kept = keyring.get_password(_service(robot), project)
    except KeyringError as error:
        return FoundHook(None, type(error).__name__)
    url, _, secret = (kept or "").partition("\n")
    return FoundHook(Hook(robot, url, secret, "keyring") if url else None)


def keep_hook(hook: Hook, project: str, lang: str) -> None:
    """Raises CollabError `robot_no_keyring`."""
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(_service(hook.robot), project, f"{hook.url}\n{hook.secret}")
    except KeyringError as error:
        name = variables(hook.robot)[0]
        raise CollabError("robot_no_keyring", reason=type(error).__name__, variable=name, lang=lang) from None


def checked(hook: Hook, lang: str) -> Hook:
    """The hook, if its address can be that of such a robot. Raises CollabError `robot_address`, which does not repeat it."""
    try:
        parts = urllib.parse.urlsplit(hook.url)
        query, host = urllib.parse.parse_qs(parts.query), parts.hostname or ""
        fits = parts.scheme == "https" and bool(host) and parts.username is None and parts.port != 0
    except ValueError:
        fits, query, host = False, {}, ""
    fits = fits and hook.url.isascii() and hook.url.isprintable() and " " not in hook.url
    others = {name for robot, names in HOSTS.items() if robot is not hook.robot for name in names}
    key = KEYS.get(hook.robot)
    if not fits or host in others or not (query.get(key) if key else parts.path.rpartition("/hook/")[2].strip("/")):
        raise CollabError("robot_address", example=example(hook.robot), lang=lang)
    return hook


def example(robot: Robot) -> str:
    path = {
        Robot.WECOM: "/cgi-bin/webhook/send?key=…",
        Robot.DINGTALK: "/robot/send?access_token=…",
        Robot.FEISHU: "/open-apis/bot/v2/hook/…",
    }
    return f"https://{HOSTS[robot][0]}{path[robot]}"


def post(hook: Hook, said: str, timestamp: float) -> None:
    """Post one text. Raises NotPosted."""
    url, body = _signed(hook, said, timestamp)
    request = urllib.request.Request(
        url, json.dumps(body, ensure_ascii=False).encode(), {"Content-Type": "application/json; charset=utf-8", "User-Agent": "collab-xl"}
    )
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=ssl.create_default_context()), _Stays())
    until = time.monotonic() + SECONDS
    try:
        with opener.open(request, timeout=SECONDS) as response:
            data = _read(response, until)
    except urllib.error.HTTPError as error:
        # 4xx and a redirect: refused. 5xx: a proxy may have lost the answer of a service that took it.
        raise NotPosted(f"HTTP {error.code}", certain=error.code < 500) from None
    except urllib.error.URLError as error:  # the request has not left
        raise NotPosted(_without(hook, _said(error.reason)), certain=True) from None
    except (OSError, http.client.HTTPException) as error:
        raise NotPosted(_without(hook, _said(error)), certain=False) from None
    _judge(hook, data)


def _judge(hook: Hook, data: bytes) -> None:
    """Raises NotPosted. Each service answers HTTP 200 also where it refuses; what it did stands in the answer."""
    try:
        answer = json.loads(data)
    except ValueError:
        answer = None
    number = (
        next((answer[name] for name in ("errcode", "code", "StatusCode") if name in answer), None) if isinstance(answer, dict) else None
    )
    if not isinstance(number, int):
        begins = " ".join(data[:80].decode("utf-8", "replace").split())
        raise NotPosted(_without(hook, f"HTTP 200, {begins!r}"), certain=False)
    if number != 0:
        words = next((str(answer[name]) for name in ("errmsg", "msg", "StatusMessage") if answer.get(name)), "")
        raise NotPosted(_without(hook, f"{number} {' '.join(words.split())[:200]}".strip()), certain=True)


def _signed(hook: Hook, said: str, timestamp: float) -> tuple[str, dict[str, Any]]:
    """Address and body, with the signature where there is a secret."""
    if hook.robot is Robot.FEISHU:
        body: dict[str, Any] = {"msg_type": "text", "content": {"text": said}}
        if hook.secret:
            seconds = str(int(timestamp))
            body |= {"timestamp": seconds, "sign": _hmac(f"{seconds}\n{hook.secret}", "")}
        return hook.url, body
    url = hook.url
    if hook.robot is Robot.DINGTALK and hook.secret:
        millis = str(int(timestamp * 1000))
        sign = urllib.parse.urlencode({"timestamp": millis, "sign": _hmac(hook.secret, f"{millis}\n{hook.secret}")})
        url += f"&{sign}"
    return url, {"msgtype": "text", "text": {"content": said}}


def _hmac(key: str, message: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()


class _Stays(urllib.request.HTTPRedirectHandler):
    """A redirect is not followed: the text would go elsewhere."""

    def redirect_request(self, *args: Any, **more: Any) -> None:
        return None


def _read(response: Any, until: float) -> bytes:
    """Raises TimeoutError for an answer that comes too slowly."""
    data = b""
    while len(data) < MOST_ANSWER and (piece := response.read1(4096)):
        data += piece
        if time.monotonic() > until:
            raise TimeoutError("timed out")
    return data


def _said(error: object) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, (TimeoutError, socket.timeout)):
        return f"timed out ({SECONDS} s)"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def _without(hook: Hook, said: str) -> str:
    """Without the secrets, should an answer repeat them."""
    parts = urllib.parse.urlsplit(hook.url)
    tokens = [value for values in urllib.parse.parse_qs(parts.query).values() for value in values]
    for secret in (hook.url, hook.secret, *tokens, parts.path.rpartition("/")[2]):
        if len(secret) > 5:
            said = said.replace(secret, "…")
    return said


def _service(robot: Robot) -> str:
    return f"collab-xl robot {robot}"
