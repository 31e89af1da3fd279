"""Urgent escalations must reach somebody within the hour, also where the mailbox or the sending server cannot be used.

Then only they are done: by SMTP if it works, else as drafts, else as files for a mail program; the robots are told in any case.
"""

from __future__ import annotations

from collections.abc import Sequence

from collab_xl.catalogue import error_text
from collab_xl.errors import CollabError
from collab_xl.mail.account import Account, account_of
from collab_xl.model.outgoing import Letter, MailKind, Outgoing
from collab_xl.model.record import replace
from collab_xl.verbs.report import no_progress
from collab_xl.verbs.sending.posting import PostOffice
from collab_xl.verbs.session import Session


def usable_account(session: Session, kind: MailKind | None, *, now: bool) -> tuple[Account | None, CollabError | None]:
    """The mailbox of the settings; for an escalation also none with the reason.

    Raises CollabError `mail_not_set` and as `account_of`.
    """
    try:
        account = account_of(session.settings, session.lang)
        if now and account is None:
            raise CollabError("mail_not_set", file=session.path.name, lang=session.lang)
    except CollabError as error:
        if kind is not MailKind.ESCALATION:
            raise
        return None, error
    return account, None


def only_urgent(letters: Sequence[Letter], closed: CollabError) -> list[Letter]:
    """The letters, of which those wait that are not urgent."""
    why = error_text(closed, str(closed.facts.get("lang", "")))[0]
    return [one if one.urgent or one.held else replace(one, held="no_mailbox", held_facts={"why": why}) for one in letters]


def rescued(post: PostOffice, mails: Sequence[Outgoing], *, closed: bool) -> tuple[list[Outgoing], str]:
    """Put planned mails where a person can send them from at once. Returns them in their new state, and `drafts` or `files`.

    Raises CollabError as `PostOffice.draft`, `cannot_write_into`.
    """
    try:
        there = post.folders().drafts if post.account is not None and not closed else ""
    except CollabError:
        there = ""
    return (post.draft(mails, no_progress), "drafts") if there else (post.file(mails), "files")
