"""One desk for each user: the first start keeps a lock and listens on the loopback, a second start asks it to come to the front and ends.

Effects: a lock file, and beside it a file with the port and a secret word, readable by this user alone. Whoever does not say the word is
not answered. The system frees the lock when the process ends, however it ends; a file that is left over is written anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import threading
import time
from pathlib import Path
from typing import Final

from collab_xl.errors import CollabError
from collab_xl.project.file_lock import FileLock
from collab_xl.user_logs import user_file

LOCK, PLACE = "desk.lock", "desk.port"
HOST: Final = "127.0.0.1"
RAISE, RAISED = b"raise ", b"raised\n"
SECONDS: Final = 5.0
"""How long a second start waits for the first one, which may still be starting."""
_PAUSE: Final = 0.05


class OnlyOne:
    """The right to be the desk of this user, from `taken` until `close`."""

    def __init__(self, lock: FileLock) -> None:
        self._lock = lock
        self._asked, self._over = threading.Event(), threading.Event()
        self._word = secrets.token_hex(16)
        self._server = socket.create_server((HOST, 0), backlog=4)
        place = user_file(PLACE)
        temporary = place.with_name(f".{secrets.token_hex(8)}.tmp")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            json.dump({"port": self._server.getsockname()[1], "word": self._word, "pid": os.getpid()}, file)
        os.replace(temporary, place)
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def asked(self) -> bool:
        """Whether a second start has asked since the last look."""
        asked = self._asked.is_set()
        self._asked.clear()
        return asked

    def close(self) -> None:
        """Let the next start be the desk."""
        self._over.set()
        with contextlib.suppress(OSError):  # wakes the thread that waits for a client; not every system lets us
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._lock.release()

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:  # closed
                return
            if self._over.is_set():
                client.close()
                return
            with contextlib.suppress(OSError), client:
                client.settimeout(1.0)
                if secrets.compare_digest(_line(client), RAISE + self._word.encode()):
                    self._asked.set()
                    client.sendall(RAISED)


def taken() -> OnlyOne | None:
    """Be the desk of this user; None if there is one, which was asked to come to the front."""
    lock = FileLock(user_file(LOCK))
    lock.path.parent.mkdir(parents=True, exist_ok=True)
    try:
        lock.acquire("", wait_seconds=0)
    except CollabError as error:
        if error.code != "master_busy":
            raise
        raise_other()
        return None
    return OnlyOne(lock)


def raise_other(seconds: float = SECONDS) -> bool:
    """Ask the desk that is open to come to the front. False if it does not answer in time."""
    until = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            place = json.loads(Path(user_file(PLACE)).read_text(encoding="ascii"))
            with socket.create_connection((HOST, int(place["port"])), timeout=1.0) as server:
                server.sendall(RAISE + str(place["word"]).encode("ascii") + b"\n")
                if _line(server) + b"\n" == RAISED:
                    return True
        if time.monotonic() >= until:
            return False
        time.sleep(_PAUSE)


def _line(connection: socket.socket) -> bytes:
    """One short line without its end."""
    data = b""
    while not data.endswith(b"\n") and len(data) < 100:
        more = connection.recv(100 - len(data))
        if not more:
            break
        data += more
    return data.removesuffix(b"\n")
