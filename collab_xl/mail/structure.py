"""What a mail consists of, read from its BODYSTRUCTURE (RFC 3501, 7.4.2) before anything of it is fetched. Pure.

A mail is fetched if anything in it may be a filled sheet, or says what became of a mail of ours. In doubt it is: what is not fetched is
seen by nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

from collab_xl.intake.evidence_kinds import KINDS
from collab_xl.intake.mail_file import headers_of, senders_of, subject_of, words
from collab_xl.intake.mail_reports import is_automatic
from collab_xl.model.outside_text import decoded

MAX_PARTS, MAX_DEPTH = 500, 12
MAX_WORDS = 1 << 20
"""Bytes of a mail that is fetched for its words only."""
SMALL = 64 << 10
"""Bytes of a picture that may be evidence; smaller ones are logos."""
_NEVER = frozenset({"pdf", "pkcs7-signature", "x-pkcs7-signature", "pgp-signature", "pgp-encrypted"})
_SEEN_ONLY = ("image", "audio", "video")
_BODY = frozenset({("text", "plain"), ("text", "html"), ("text", "calendar"), ("text", "enriched"), ("text", "x-amp-html")})
_SHEETS = (".xls", ".et", ".ods", ".csv", ".tsv", ".zip", ".eml", ".msg", ".rar", ".7z", ".wps", ".numbers", ".dat")


class Part(NamedTuple):
    kind: str
    """Type and subtype in lower case."""
    name: str
    """The name of the file, decoded; "" without one."""
    size_bytes: int


def parts_of(structure: Any) -> list[Part]:
    """The parts that are not multipart themselves, in order; those of mails inside are not looked into."""
    return list(_parts(structure, MAX_DEPTH))[:MAX_PARTS]


def _parts(node: Any, depth: int) -> Iterator[Part]:
    if not isinstance(node, (tuple, list)) or not node or not depth:
        return
    if isinstance(node[0], (tuple, list)):  # multipart: its parts, then its subtype; the library puts the parts into one list
        inner = (
            node[0] if node[0] and isinstance(node[0][0], (tuple, list)) else [child for child in node if isinstance(child, (tuple, list))]
        )
        for child in inner:
            yield from _parts(child, depth - 1)
        return
    kind = f"{_text(node[0])}/{_text(node[1]) if len(node) > 1 else ''}".lower()
    size = node[6] if len(node) > 6 and isinstance(node[6], int) else 0
    yield Part(kind, _name(node), size)


def _name(node: Sequence[Any]) -> str:
    """From the type's parameters and from the disposition's: `name`, `filename`, also in pieces or encoded (RFC 2231)."""
    found: dict[str, bytes] = {}
    for field in node:
        _collect(field, found, 3)
    for key in ("filename", "name"):
        pieces = [found[k] for k in sorted(found) if k == key or k.startswith(f"{key}*")]
        if pieces:
            whole = b"".join(pieces)
            return words(decoded(whole, "utf-8"))
    return ""


def _collect(field: Any, found: dict[str, bytes], depth: int) -> None:
    """Pairs (key, value) anywhere in the lists of a part: servers place them differently."""
    if not isinstance(field, (tuple, list)) or not depth:
        return
    flat = list(field)
    for key, value in pairwise(flat):
        if isinstance(key, bytes) and isinstance(value, bytes):
            name = key.decode("ascii", "replace").lower()
            if name.partition("*")[0] in ("name", "filename"):
                found.setdefault(name, value)
    for inner in flat:
        _collect(inner, found, depth - 1)


def _text(value: Any) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value or "")


class OneMail(Protocol):
    @property
    def size_bytes(self) -> int: ...
    @property
    def parts(self) -> tuple[Part, ...]: ...
    @property
    def headers(self) -> bytes: ...


def is_wanted(mail: OneMail, known: Collection[str]) -> bool:
    """Whether a mail is fetched: by its parts; because a machine may have written it; or for the words or the evidence of somebody who
    reports to us."""
    if may_matter(mail.parts):
        return True
    proves = any(map(_may_prove, mail.parts))
    if mail.size_bytes > MAX_WORDS and not proves:
        return False
    headers = headers_of(mail.headers)
    senders = senders_of(headers)
    if any(sender.casefold() in known for sender in senders):
        return True
    return mail.size_bytes <= MAX_WORDS and is_automatic(headers, senders, subject_of(headers))


def may_matter(parts: Sequence[Part]) -> bool:
    """Whether a mail of these parts is fetched whoever wrote it."""
    return any(_may_matter(part) for part in parts)


def _may_prove(part: Part) -> bool:
    """Whether a part may be evidence: a document or a picture with a name. An encoded byte takes 1.37 bytes of the mail."""
    name = part.name.lower()
    return any(name.endswith(ending) for ending in KINDS) and (not part.kind.startswith("image/") or part.size_bytes > SMALL)


def _may_matter(part: Part) -> bool:
    name = part.name.lower()
    if any(ending in name for ending in _SHEETS):
        return True
    kind, _, subtype = part.kind.partition("/")
    if kind == "message":
        return True  # a mail inside, or what a server says about one of ours
    if kind in _SEEN_ONLY or subtype in _NEVER:
        return False
    return bool(name) or (kind, subtype) not in _BODY
