"""The default folder of `collect`: the one in the settings, else the inbox folder next to the master."""

from __future__ import annotations

from pathlib import Path

from collab_xl.catalogue import LANGS, text
from collab_xl.errors import CollabError
from collab_xl.os_errors import reason
from collab_xl.project.trust import confirmed
from collab_xl.verbs.next_step import NextStep
from collab_xl.verbs.session import Session


def inbox_folder(session: Session, *, make: bool) -> Path:
    """The folder for mails and filled packs, as an absolute path.

    The path in the settings is relative to the master's folder and must exist. It is not touched before a person confirmed it, unless it
    is below that folder or this user made the project here: opening a folder on a network sends the name and a proof of the password
    of the user to whoever wrote the path. Without one it is `收件` or `inbox` next to the master,
    in the other language if that one exists already; it is made if needed.

    Raises:
        CollabError: `inbox_unconfirmed`, `inbox_missing` (facts `path`, `sheet`), `cannot_write_into`.
    """
    beside = session.path.absolute().parent
    said = named_inbox(session)
    if said:
        if not _allowed(session, said):
            raise CollabError("inbox_unconfirmed", path=said, file=session.path.name, sheet=session.sheet_of("settings"), lang=session.lang)
        folder = beside / Path(said).expanduser()
        if not folder.is_dir():
            raise CollabError("inbox_missing", path=folder, sheet=session.sheet_of("settings"), lang=session.lang)
        return folder
    names = sorted(LANGS, key=lambda lang: lang != session.book_lang)
    folders = [beside / text("verbs.word.inbox", lang) for lang in names]
    found = next((folder for folder in folders if folder.is_dir()), None)
    if found is None and make:
        try:
            folders[0].mkdir()
        except OSError as error:
            raise CollabError("cannot_write_into", path=beside, reason=reason(error), lang=session.lang) from error
    return found or folders[0]


def to_collect(session: Session) -> NextStep:
    """The next step where nothing is ready to be merged."""
    return NextStep("collect", "collect", facts={"folder": named_inbox(session) or text("verbs.word.inbox", session.book_lang)})


def named_inbox(session: Session) -> str:
    """The folder that the settings name, "" for none."""
    return session.settings.inbox.strip("\"'“” ")


def _allowed(session: Session, said: str) -> bool:
    project, master = session.master.project_id, session.path
    if confirmed(project, master, said):
        return True
    if said.startswith(("\\\\", "//", "\\/", "/\\")):
        return False
    return _is_below(said) or confirmed(project, master)


def _is_below(said: str) -> bool:
    """Whether the path stays below the folder it is relative to, on every system."""
    parts = said.replace("\\", "/").split("/")
    return not (":" in said or said.startswith(("/", "\\", "~")) or ".." in [part.strip() for part in parts])
