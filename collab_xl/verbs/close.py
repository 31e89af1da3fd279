"""Verb `close`: what a project still has open, its archive folder, and later the proof that the archive is whole (decision 0049)."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from collab_xl.build.pack import PROJECT_IN_NAME, safe_name
from collab_xl.catalogue import text
from collab_xl.errors import FINDINGS, OK, CollabError
from collab_xl.os_errors import reason
from collab_xl.project.archive_folder import MANIFEST, seal
from collab_xl.project.archive_folder import verify as compared
from collab_xl.project.durable import write_all_durably, write_durably
from collab_xl.project.run import Where
from collab_xl.verbs.baselines import BaselineState, baseline_states, signed_text
from collab_xl.verbs.closing.archive_pages import pages_as_pdf
from collab_xl.verbs.closing.archive_tables import archive_tables
from collab_xl.verbs.closing.open_items import OpenItem, open_items, retrospective_by
from collab_xl.verbs.free_path import free_path
from collab_xl.verbs.next_step import NextStep
from collab_xl.verbs.portfolios.data import files_of
from collab_xl.verbs.report import Listing, Progress, Report
from collab_xl.verbs.session import Session, opened

LEFT_OUT = ("backups", "logs", "lock", "quarantine", "ledger.db")
"""Of the project's folder: copies of the master, what nobody needs later, refused files, and the ledger, which is copied apart."""
SHOWN = 30


def close(
    where: Where,
    *,
    as_of: date,
    out: Path | None = None,
    verify: Path | None = None,
    confirmed: bool = False,
    write: bool = True,
    lang: str | None,
    progress: Progress,
) -> Report:
    """Verb `close`: the master stays as it is.

    Args:
        out: where the archive folder is put; by default beside the master.
        verify: an archive folder to compare with its manifest; then nothing else is done.
        confirmed: archive although something is open.
    """
    with opened(where, write=False, as_of=as_of, lang=lang) as session:
        if verify is not None:
            return _verified(session, verify)
        items = list(open_items(session))
        due, held = retrospective_by(session)
        lines = [text("verbs.say.close_open" if items else "verbs.say.close_all_closed", session.lang, n=len(items))]
        if due is not None:
            said = "verbs.say.close_retrospective_held" if held else "verbs.say.close_retrospective"
            lines.append(text(said, session.lang, day=due.isoformat()))
        baselines = baseline_states(session)
        lines += _baseline_lines(baselines, session.lang)
        body: dict[str, object] = {
            "version": "collab-xl/close/1",
            "baselines": [{"id": b.baseline.id, "name": b.baseline.name, "state": b.state} for b in baselines],
            "open": [{"kind": item.kind, "sheet": item.sheet, "row_id": item.key, "what": item.what} for item in items],
            "retrospective_by": due.isoformat() if due and not held else None,
            "folder": None,
        }
        listings = (_listing(items, session.lang),) if items else ()
        if not write or (items and not confirmed):
            lines.append(text("verbs.say.no_write" if not write else "verbs.say.close_ask", session.lang))
            step = NextStep("close_open") if items else NextStep("close_archive", "close")
            return session.report(body, tuple(lines), listings, FINDINGS if items else OK, then=step)
        folder, sha256, files, missing = _archived(session, where, items, out, progress)
        if missing:
            reasons = dict.fromkeys(missing.values())
            lines += [
                text("verbs.say.close_pages_missing", session.lang, weeks=tuple(w for w, why in missing.items() if why == each), why=each)
                for each in reasons
            ]
        lines.append(text("verbs.say.close_done", session.lang, folder=folder, files=files, sha256=sha256[:16], manifest=MANIFEST))
        body |= {"folder": str(folder), "sha256": sha256, "pages_missing": missing}
        step = NextStep("close_keep", "close")
        return session.report(body, tuple(lines), listings, FINDINGS if items else OK, then=step)


def _verified(session: Session, folder: Path) -> Report:
    found = compared(folder, session.lang)
    facts = {"folder": folder, "files": found.files, "sha256": found.sha256[:16]}
    lines = [text("verbs.say.close_whole" if found.is_whole else "verbs.say.close_not_whole", session.lang, **facts)]
    if found.left:
        lines.append(text("verbs.say.close_left", session.lang, n=len(found.left), names=found.left[:5]))
    columns = tuple(text(f"verbs.column.{c}", session.lang) for c in ("state", "file"))
    rows = [
        (text(f"verbs.say.close_{state}", session.lang), name)
        for state, names in (("changed", found.changed), ("missing", found.missing), ("added", found.added))
        for name in names
    ]
    body = {
        "version": "collab-xl/close/1",
        "folder": str(folder),
        "files": found.files,
        "changed": list(found.changed),
        "missing": list(found.missing),
        "added": list(found.added),
        "left": list(found.left),
        "sha256": found.sha256,
    }
    step = NextStep("close_whole" if found.is_whole else "close_broken")
    listings = (Listing("", columns, tuple(rows)),) if rows else ()
    return session.report(body, tuple(lines), listings, OK if found.is_whole else FINDINGS, then=step)


def _listing(items: list[OpenItem], lang: str) -> Listing:
    columns = tuple(text(f"verbs.column.{c}", lang) for c in ("state", "sheet", "row_key", "what"))
    rows = tuple((text(f"verbs.open.{item.kind}", lang), item.sheet, item.key, item.what) for item in items[:SHOWN])
    title = text("verbs.say.close_first", lang, shown=SHOWN, n=len(items)) if len(items) > SHOWN else ""
    return Listing(title, columns, rows)


def _archived(
    session: Session, where: Where, items: list[OpenItem], out: Path | None, progress: Progress
) -> tuple[Path, str, int, dict[str, str]]:
    """Make the folder: a copy of master and project folder that works like them, the tables as CSV, the weekly pages as data and as PDF, a
    page that explains.

    Returns the folder, the hash of the manifest, the number of files, and week → why its PDF is missing.
    Raises CollabError `cannot_write_into`.
    """
    lang = session.book_lang
    parts = (session.settings.project[:PROJECT_IN_NAME].strip(), text("verbs.archive.name", lang), session.as_of.isoformat())
    folder = free_path(out or session.path.parent, safe_name("_".join(filter(None, parts))), "")
    sidecar = session.master.sidecar
    try:
        folder.mkdir(parents=True)
        progress(text("verbs.archive.master", session.lang), 0, 4)
        shutil.copyfile(session.path, folder / session.path.name)
        own = folder / f"{session.path.stem}.collab"
        for path in sorted(sidecar.path.iterdir()) if sidecar.path.is_dir() else ():
            if path.name not in LEFT_OUT and not path.is_symlink():
                (shutil.copytree if path.is_dir() else shutil.copyfile)(path, _into(own / path.name))
        if session.master.has_ledger:
            session.master.ledger.copy_to(own / "ledger.db")
        progress(text("verbs.archive.tables", session.lang), 1, 4)
        (folder / "tables").mkdir()
        for table in archive_tables(session):
            write_all_durably(files_of(table, folder / "tables", table.name), code="cannot_write_into")
        progress(text("verbs.archive.weeks", session.lang), 2, 4)
        records = session.master.ledger.weeks(session.run_id) if session.master.has_ledger else []
        for record in records:
            if record.page is not None and record.page.facts:
                write_durably(_into(folder / "weeks" / f"{record.week}.json"), record.page.facts.encode(), code="cannot_write_into")
        missing: dict[str, str] = {}
        if records:
            _into(folder / "weeks" / "page")
            missing = pages_as_pdf(session, where, records, folder / "weeks")
        written = [text("verbs.archive.about", lang, project=session.settings.project or "–", day=session.as_of.isoformat()), ""]
        written += [text("verbs.archive.open", lang, n=len(items))] if items else [text("verbs.archive.none_open", lang)]
        written += [f"- {text(f'verbs.open.{i.kind}', lang)} {i.sheet} {i.key} {i.what}".replace("  ", " ") for i in items]
        written += ["", *_baseline_lines(baseline_states(session), lang)]
        written += [text("verbs.archive.page_missing", lang, week=week, why=why) for week, why in missing.items()]
        about = folder / f"{text('verbs.archive.read_me', lang)}.txt"
        write_durably(about, "\r\n".join(written).encode("utf-8-sig"), code="cannot_write_into")
    except OSError as error:
        raise CollabError("cannot_write_into", path=folder, reason=reason(error), lang=session.lang) from error
    progress(text("verbs.archive.seal", session.lang), 3, 4)
    facts = {
        "project": session.settings.project,
        "as_of": session.as_of.isoformat(),
        "run": session.run_id,
        "open": len(items),
        "pages_missing": missing,
    }
    sha256 = seal(folder, facts)
    return folder, sha256, compared(folder, session.lang).files, missing


def _baseline_lines(baselines: Sequence[BaselineState], lang: str) -> list[str]:
    """One line a baseline: name, day, who signed and who has not."""
    return [
        text(
            "verbs.say.close_baseline" + _signed_how(one),
            lang,
            baseline=f"{one.baseline.id} {one.baseline.name}",
            day=one.baseline.day.isoformat(),
            signed=tuple(map(signed_text, one.signed)) or "–",
            waiting=(*(s.department for s in one.unsigned), *one.withdrawn) or "–",
        )
        for one in baselines
    ]


def _signed_how(one: BaselineState) -> str:
    if one.withdrawn:
        return "_replaced"
    return "" if one.unsigned else "_all" if one.signatures else "_unasked"


def _into(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
