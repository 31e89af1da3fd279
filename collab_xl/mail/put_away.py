"""Mark or move the mails that a committed run has taken in, where a setting says so. Effect: changes the mailbox; no mail is deleted.

In: where the mails are (`Mark`).  Out: how many are put away, and why the others are not.  A mail is moved by MOVE (RFC 6851); where the
server does not know it, by a copy, and only when the server has confirmed it the first one is removed, by its UID alone (RFC 4315). Without
both a move would have to remove what others have marked as deleted too: then mails are marked instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from collab_xl.mail.account import Account
from collab_xl.mail.fetching import Mark
from collab_xl.mail.imap import leave, signed_in
from collab_xl.model.outside_text import encodable

KEYWORD = "CollabXL"
"""Set beside \\Seen where the folder takes keywords, so that a rule of a mail program can find them."""
AT_ONCE = 200


@dataclass
class PutAway:
    """`marked`, `moved`: how many. `why`: what stopped the rest, in the server's words; "" if nothing did."""

    marked: int = 0
    moved: int = 0
    cannot_move: bool = False
    """The server knows no safe way to move, so they were marked."""
    why: str = ""


def put_away(account: Account, marks: Sequence[Mark], how: str, folder: str, lang: str) -> PutAway:
    """`how`: mark or folder. What fails is said and nothing is raised but CollabError of `signed_in`."""
    out = PutAway()
    client = signed_in(account, lang)
    try:
        selected = client.select_folder(account.folder)
        here = [uid for validity, uid in marks if validity == int(selected.get(b"UIDVALIDITY", 0))]
        move = how == "folder"
        if move and not (client.has_capability("MOVE") or client.has_capability("UIDPLUS")):
            move, out.cannot_move = False, True
        if move and not client.folder_exists(folder):
            client.create_folder(folder)
            client.subscribe_folder(folder)
        keywords = any(flag in (b"\\*", KEYWORD.encode()) for flag in selected.get(b"PERMANENTFLAGS", ()))
        for some in _groups(here):
            client.add_flags(some, [b"\\Seen", *([KEYWORD.encode()] if keywords else [])], silent=True)
            if move:
                _move(client, some, folder)
                out.moved += len(some)
            else:
                out.marked += len(some)
    except (OSError, IMAPClientError) as error:
        out.why = " ".join(encodable(str(error)).split())[:200] or type(error).__name__
    finally:
        leave(client)
    return out


def _groups(uids: Sequence[int]) -> Iterator[list[int]]:
    for at in range(0, len(uids), AT_ONCE):
        yield list(uids[at : at + AT_ONCE])


def _move(client: IMAPClient, uids: list[int], folder: str) -> None:
    if client.has_capability("MOVE"):
        client.move(uids, folder)
        return
    client.copy(uids, folder)
    client.add_flags(uids, [b"\\Deleted"], silent=True)
    client.uid_expunge(uids)
