"""The default folder of `collect`: the one in the settings, else the inbox folder next to the master."""

from __future__ import annotations

from pathlib import Path

from collab_xl.catalogue import LANGS, text
from collab_xl.errors import CollabError
from collab_xl.os_errors import reason
from collab_xl.verbs.session import Session


def inbox_folder(session: Session, *, make: bool) -> Path:
    """The folder for mails and filled packs, as an absolute path.

    The path in the settings is relative to the master's folder and must exist. Without one it is `收件` or `inbox` next to the master,
    in the other language if that one exists already; it is made if needed.

    Raises:
        CollabError: `inbox_missing` (facts `path`, `sheet`), `cannot_write_into`.
    """
    beside = session.path.absolute().parent
    said = session.settings.inbox.strip("\"'“” ")
    if said:
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
