"""The token of a pack: it proves that this project issued the pack to this department for this week. Pure.

HMAC-SHA256 over the values of the hidden sheet, with the 32 random bytes in the ledger as key (docs/facts/merge.md, Packs).
"""

from __future__ import annotations

import hashlib
import hmac

from collab_xl.model.pack_texts import VISIBLE_DIGITS


def make_token(secret: bytes, project_id: str, pack: str, department: str, week: str, schema: str) -> str:
    """64 hexadecimal digits. Each part is hashed with its length, so that different claims never give the same message."""
    message = b"collab-xl/pack/1"
    for part in (project_id, pack, department, week, schema):
        data = part.encode("utf-8", "surrogatepass")
        message += len(data).to_bytes(4, "big") + data
    return hmac.new(secret, message, hashlib.sha256).hexdigest()


def visible_ok(digits: str, secret: bytes, project_id: str, pack: str, department: str, week: str, schema: str) -> bool:
    """Whether the first digits of a token, as the instruction sheet of a pack shows them, belong to these claims."""
    expected = make_token(secret, project_id, pack, department, week, schema)[:VISIBLE_DIGITS]
    return hmac.compare_digest(expected.encode(), digits.encode("utf-8", "surrogatepass"))


def token_ok(token: str, secret: bytes, project_id: str, pack: str, department: str, week: str, schema: str) -> bool:
    """Whether the token belongs to these claims. The comparison takes the same time for every wrong token."""
    expected = make_token(secret, project_id, pack, department, week, schema)
    return hmac.compare_digest(expected.encode(), token.strip().lower().encode("utf-8", "surrogatepass"))
