"""What was mailed about a pack, a submission or a row, in one cell of 提交台账 and 升级清单.

In: the mails of the ledger.  Out: texts.  Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from collab_xl.catalogue import text
from collab_xl.model.outgoing import MailKind, MailState, Outgoing
from collab_xl.model.record import Struct, field

SAID = frozenset({MailState.DRAFTED, MailState.SENT, MailState.UNKNOWN})
"""States of which somebody should know; the others are on their way for seconds, or nothing came of them."""
SHA_SHOWN = 16
"""Characters of a file's sha256 on 提交台账."""


class MailNotes(Struct, frozen=True):
    packs: Mapping[str, str] = field(default_factory=dict)
    """Pack id → 填报包 and 催报."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The first characters of a sha256 → 回执 and 退回."""
    rows: Mapping[str, str] = field(default_factory=dict)
    """`form:key` → 升级."""


def mail_notes(mails: Iterable[Outgoing], bounced: Collection[str], lang: str) -> MailNotes:
    """The newest mail of each kind about each thing; of reminders also how many were sent. `bounced`: Message-IDs that came back."""
    newest: dict[tuple[str, MailKind], Outgoing] = {}
    sent: dict[str, int] = {}
    for mail in mails:  # in the order planned
        if mail.state in SAID:
            for about in mail.about:
                newest[about, mail.kind] = mail
                sent[about] = sent.get(about, 0) + (mail.kind is MailKind.CHASE and mail.state is MailState.SENT)
    found: dict[str, list[str]] = {}
    for (about, kind), mail in newest.items():
        times = sent[about] if kind is MailKind.CHASE else 0
        name = text(f"model.mail_kind.{kind}", lang) + (text("plan.mail.times", lang, n=times) if times > 1 else "")
        state = text("plan.mail.came_back", lang) if mail.message_id in bounced else mail_state(mail, lang)
        found.setdefault(about, []).append(f"{name} {state}")
    comma = text("plan.mail.stop", lang)
    notes = {about: comma.join(said) for about, said in found.items()}
    kinds = {about: kind for about, kind in newest}
    return MailNotes(
        {about: said for about, said in notes.items() if kinds[about] in (MailKind.PACK, MailKind.CHASE)},
        {about[:SHA_SHOWN]: said for about, said in notes.items() if kinds[about] in (MailKind.RECEIPT, MailKind.RETURN)},
        {about.rpartition(":")[0]: said for about, said in notes.items() if kinds[about] is MailKind.ESCALATION},
    )


def mail_state(mail: Outgoing, lang: str) -> str:
    """`已发送 11-20 17:42`."""
    at = f"{mail.state_at:%m-%d %H:%M}" if mail.state_at else ""
    return text(f"model.mail_state.{mail.state}", lang, at=at).strip()
