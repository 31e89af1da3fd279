"""What the desk remembers between two days: masters used before, language, size of the window. A small file of this user.

Effects: reads and writes `desk.json`. If it cannot be read or written, the desk starts as if it were new; nothing else is lost.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from dataclasses import asdict, dataclass
from typing import Final

from collab_xl.catalogue import LANGS
from collab_xl.desk.state import MOST_MASTERS
from collab_xl.user_logs import user_file

FILE: Final = "desk.json"


@dataclass(frozen=True)
class Memory:
    """What is kept. `lang` is "" until a person chose one."""

    masters: tuple[str, ...] = ()
    lang: str = ""
    preview: bool = True
    size: str = ""
    """`1100x760`; "" for the default."""


def remembered() -> Memory:
    """What the file says; a value of another kind is left out."""
    with contextlib.suppress(OSError, ValueError, RuntimeError):
        data = json.loads(user_file(FILE).read_text(encoding="utf-8"))
        if isinstance(data, dict):
            listed = data.get("masters")
            masters = [m for m in listed if isinstance(m, str) and m and "\0" not in m] if isinstance(listed, list) else []
            size = str(data.get("size") or "")
            return Memory(
                tuple(dict.fromkeys(masters))[:MOST_MASTERS],
                data["lang"] if data.get("lang") in LANGS else "",
                data.get("preview") is not False,
                size if len(size) < 12 and size.replace("x", "").isdigit() and size.count("x") == 1 else "",
            )
    return Memory()


def remember(memory: Memory) -> None:
    """Replace the file."""
    with contextlib.suppress(OSError, RuntimeError):
        path = user_file(FILE)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
        temporary.write_text(json.dumps(asdict(memory), ensure_ascii=False, indent=1), encoding="utf-8", errors="replace")
        os.replace(temporary, path)
