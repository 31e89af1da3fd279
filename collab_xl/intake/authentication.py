"""Read Authentication-Results (RFC 8601): did our mail server find that the sender is forged? Pure, in linear time.

Every server on the way may add such a header on top, and a sender can write any he likes below. So only the topmost one counts, and
others of the same server: the last server, which is ours, wrote it, or removed what others had written in its name.
"""

from __future__ import annotations

from collections.abc import Sequence

from collab_xl.model.regex import regex

MAX_HEADERS, MAX_LENGTH = 20, 2048


def dmarc_failed(headers: Sequence[object]) -> str:
    """The name of the server that stated `dmarc=fail` ("?" if it states no name), else "".

    Args:
        headers: the values of all Authentication-Results headers, in the order of the mail.
    """
    ours: str | None = None
    for header in headers[:MAX_HEADERS]:
        server, results = _parsed(str(header)[:MAX_LENGTH])
        ours = server if ours is None else ours
        if server == ours and any(method == "dmarc" and result in ("fail", "permerror") for method, result in results):
            return server or "?"
    return ""


_METHOD = regex(r"([A-Za-z][A-Za-z0-9-]*)(?:\s*/\s*\d+)?\s*=\s*([A-Za-z]+)")


def _parsed(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The name of the server ("" if the header begins with a result, as Exchange writes it), and (method, result) in lower case."""
    first, *others = _without_comments(text).split(";")
    parts = others
    server = first.split()[0].lower() if first.split() else ""
    if _METHOD.match(first.strip()):
        server, parts = "", [first, *others]
    return server, [(m[1].lower(), m[2].lower()) for part in parts if (m := _METHOD.match(part.strip()))]


def _without_comments(text: str) -> str:
    """The text without comments, which may be nested, and without quoted texts: both may contain semicolons."""
    out: list[str] = []
    depth, quoted, escaped = 0, False, False
    for c in text:
        if escaped:
            escaped = False
        elif c == "\\" and (quoted or depth):
            escaped = True
        elif quoted:
            quoted = c != '"'
        elif c == '"' and not depth:
            quoted = True
        elif c == "(":
            depth += 1
        elif c == ")" and depth:
            depth -= 1
        elif not depth:
            out.append(c)
    return "".join(out)
