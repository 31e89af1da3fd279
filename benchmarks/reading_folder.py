"""Measure reading on a folder of workbooks with a truth made by hand beside them.

    python -m benchmarks.reading_folder FOLDER TRUTH.toml          # the figures, tables with rows and mere headings apart
    python -m benchmarks.reading_folder FOLDER TRUTH.toml --list   # also all that is not right, and every question
    python -m benchmarks.reading_folder FOLDER TRUTH.toml --forget 0.5 --seed 1  # with half of the known headings made unknown

Folders inside are read too. The truth lists `[[table]]` with file (its path from FOLDER), sheet, form, headings and columns
(letter → field); any table it does not list is none of ours.
`may`: columns that may be read so or left. `or`: another form that is as right. `optional`: right whether found or not.
`rows = false`: a template, headings alone. `cross`: a cross-table, explained is enough.
"""

from __future__ import annotations

import argparse
import time
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.forgotten import Forget, forgetful
from benchmarks.reading import read
from collab_xl.book.other_formats import other_format, read_other
from collab_xl.book.read import read_book
from collab_xl.errors import CollabError
from collab_xl.forms import load
from collab_xl.model.place import column_letters
from collab_xl.model.sheets import Snapshot
from collab_xl.read.asked_words import KINDS
from collab_xl.read.asking import Question
from collab_xl.read.headings import fold
from collab_xl.read.sheet import Parsed
from collab_xl.verbs.asking.questions import MOST, asked, decisions

BOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".et")


@dataclass
class Figures:
    name: str
    tables: Counter[str] = field(default_factory=Counter)
    columns: Counter[str] = field(default_factory=Counter)

    def lines(self) -> str:
        def of(counts: Counter[str], names: str) -> str:
            return " · ".join(f"{n} {counts[n]}" for n in names.split())

        t = of(self.tables, "true found asked explained missed form headings extra")
        return f"{self.name}: tables {t}\n  columns {of(self.columns, 'true right asked missed wrong')}"


class Measure:
    """The figures of a folder: with rows, headings alone, questions; and what is not right in words."""

    def __init__(self, forget: Forget | None = None) -> None:
        self.forget = forget
        self.with_rows, self.bare = Figures("with rows"), Figures("headings alone")
        self.questions: Counter[str] = Counter()
        self.said: list[str] = []
        self.unread: list[str] = []
        self.seconds: list[float] = []

    def add(self, path: Path, truths: list[dict[str, Any]], name: str = "") -> None:
        name = name or path.name
        data = path.read_bytes()
        began = time.process_time()
        lang = "en" if path.name.isascii() else "zh"
        try:
            book = read_other(data, path.name) if other_format(data) else read_book(data, path.name)
            only = next((sheet for sheet in book.sheets if book.snapshot(sheet).cells), "") if truths else ""
            rows: dict[str, list[int]] = {}
            for t in truths:
                rows.setdefault(t.get("sheet", only), []).extend(range(t["headings"][0], t["headings"][1] + 1))
            book = forgetful(book, name, self.forget, lang, rows) if self.forget else book
            first, later = read(path.name, data, lang, book if self.forget else None)
        except CollabError as error:
            self.unread.append(f"{name}: {error}")
            for truth in (t for t in truths if not t.get("optional", False)):
                out = self.with_rows if truth.get("rows", True) else self.bare
                out.tables.update(("true", "missed"))
                out.columns.update({"true": len(truth["columns"]), "missed": len(truth["columns"])})
            return
        self.seconds.append(time.process_time() - began)
        once = {asked("", "", q).id: q for _, parsed in first for q in reversed(parsed.questions)}
        asked_for = decisions(list(once.values()), load())
        shown = [q for each in asked_for[:MOST] for q in each]
        only = next((sheet for sheet, _ in first if book.snapshot(sheet).cells), "")
        answered = {asked("", "", q).id for q in shown}
        for (sheet, parsed), (_, after) in zip(first, later, strict=True):
            wanted = [t for t in truths if t.get("sheet", only) == sheet]
            parsed.questions = [q for q in parsed.questions if asked("", "", q).id in answered]
            self._sheet(f"{Path(name).with_suffix('')} | {sheet}", book.snapshot(sheet), parsed, after, wanted, shown)
        self.questions["most in a file"] = max(self.questions["most in a file"], len(asked_for))
        self.questions["decisions"] += min(MOST, len(asked_for))

    def _sheet(
        self, name: str, snapshot: Snapshot, parsed: Parsed, after: Parsed, wanted: list[dict[str, Any]], shown: list[Question]
    ) -> None:
        """`shown`: the questions of the file. The same question of another sheet is not put again: the answer counts here too."""
        put = {id(q) for q in shown}
        starts = {(a.first_row, c): a.first_col for a in snapshot.merges for c in range(a.first_col, a.last_col + 1)}

        def letter(row: int, col: int) -> str:
            return column_letters(starts.get((row, col), col))

        got = list(zip(parsed.tables, parsed.located, strict=True))
        heads = [q for q in parsed.questions if q.kind == "heading"]
        self.questions["all"] += sum(id(q) in put for q in parsed.questions)
        used = {id(q) for q in parsed.questions} - put
        for truth in wanted:
            out = self.with_rows if truth.get("rows", True) else self.bare
            first, last = truth["headings"]
            hit = next((g for g in got if g[0].heading_rows[0] <= last and first <= g[0].heading_rows[1]), None)
            optional = truth.get("optional", False)
            forms = {t["form"]: t for t in (truth, *truth.get("or", []))}
            own = {*truth["columns"], *truth.get("may", {})}

            def place(q: Question, own: set[str] = own) -> str:
                at = column_letters(q.at.col)
                return at if at in own else letter(q.at.row, q.at.col)

            near = {place(q): q for q in heads if first <= q.at.row <= last + 1}
            here = {h: column_letters(c) for c, (h, f) in (hit[1].columns if hit else {}).items() if not f}
            alike = {at: q for h, at in here.items() for q in shown if q.kind == "heading" and hit and _answers(q, hit[0].form, h)}
            used |= {id(q) for q in near.values()}
            right = {f: _about(f) for f in forms}
            suggested = any(q.form in forms and q.suggestion in right[q.form] and _is_right(at, q, forms[q.form]) for at, q in near.items())
            if hit:
                got.remove(hit)
            if hit is None and suggested and (later := next((g for g in zip(after.tables, after.located, strict=True)), None)):
                hit, kind = later, "asked"
                near |= {at: q for q in after.questions if q.kind == "heading" and (at := place(q)) not in near}
            elif hit is None:
                explained = truth.get("cross", False) and bool(parsed.cross)
                kind = "explained" if explained else "missed"
            else:
                kind = "found" if hit[0].form in forms else "form"
            if optional and kind in ("missed", "explained"):
                continue
            out.tables["true"] += 1
            out.tables[kind] += 1
            if kind != "found":
                self.said.append(f"{name}: {truth['form']} in row {first} {kind} {hit[0].form if hit else parsed.why_none}")
            if hit and hit[0].heading_rows != (first, last):
                out.tables["headings"] += 1
                self.said.append(f"{name}: headings {hit[0].heading_rows}, {(first, last)} expected")
            meant = forms.get(hit[0].form, truth) if hit else truth
            same = kind in ("found", "asked")
            rows = hit[1].heading_rows if hit and hit[1].heading_rows else (first, last)
            read_as: dict[str, tuple[str, ...]] = {}
            names: dict[str, str] = {}
            for col, (heading, fields) in (hit[1].columns if hit else {}).items():
                own = (letter(r, col) for r in range(rows[1], rows[0] - 1, -1) if snapshot.value(r, col) is not None or (r, col) in starts)
                at = next(own, column_letters(col))
                read_as[at], names[at] = (*read_as.get(at, ()), *fields), heading
            self._columns(out, name, meant, same, read_as, names, near, alike, hit[0].form if hit else "")
        self.with_rows.tables["extra"] += sum(bool(t.rows) for t, _ in got)
        self.bare.tables["extra"] += sum(not t.rows for t, _ in got)
        self.said += [f"{name}: extra {t.form} in row {t.heading_rows[0]} with {len(t.rows)} rows" for t, _ in got]
        for q in parsed.questions:
            if q.kind in KINDS and id(q) in put:
                self.questions["of words"] += 1
                self.said.append(f"{name} {q.at.cell}: asked {q.kind} {q.found} → {q.suggestion!r} [{q.form}]")
            elif id(q) not in used:
                self.questions["not needed"] += 1
                self.said.append(f"{name}: asked {q.kind} {q.found} → {q.suggestion} [{q.form}], not needed")

    def _columns(
        self,
        out: Figures,
        name: str,
        meant: dict[str, Any],
        same: bool,
        read_as: dict[str, tuple[str, ...]],
        names: dict[str, str],
        near: dict[str, Any],
        alike: dict[str, Any],
        form: str,
    ) -> None:
        columns: dict[str, str] = meant["columns"]
        may: dict[str, str] = meant.get("may", {})
        out.columns["true"] += len(columns)
        for at, wanted in columns.items():
            right = wanted.split("|")
            fields = read_as.get(at, ()) if same else ()
            question = near.get(at, alike.get(at))
            if set(fields) & set(right):
                kind = "right"
            elif fields:
                kind = "wrong"
            else:
                kind = "asked" if question and question.suggestion in right and question.form == (form or meant["form"]) else "missed"
            out.columns[kind] += 1
            if kind != "right" and same:
                self.said.append(f"{name} {at} {names.get(at, '')!r}: {wanted} {kind} {'+'.join(fields)}")
        for at, fields in read_as.items():
            if same and fields and at not in columns and not set(fields) & set(may.get(at, "").split("|")):
                out.columns["wrong"] += 1
                self.said.append(f"{name} {at} {names[at]!r}: nobody's, read as {'+'.join(fields)}")
        for at, q in near.items():
            good = _is_right(at, q, meant)
            self.questions["right" if good else "wrong"] += 1
            self.said.append(f"{name} {at}: asked {q.found} → {q.suggestion or q.options[:4]} [{q.form}], {'right' if good else 'WRONG'}")


def _is_right(at: str, q: Question, truth: Mapping[str, Any]) -> bool:
    """Whether the suggestion is what the truth says of the column."""
    across = load().form(q.form).matrix
    known = f"{truth['columns'].get(at, '')}|{truth.get('may', {}).get(at, '')}".split("|")
    return (across is not None and q.suggestion in across.who) or q.suggestion in known


def _answers(q: Question, form_id: str, heading: str) -> bool:
    """Whether the answer to a question is also one for a column of the same heading on another sheet of the file."""
    return q.form == form_id and fold(q.found) == fold(heading)


def _about(form_id: str) -> tuple[str, ...]:
    """The fields without which a form is not read: what its rows are about; what stands across a matrix."""
    form = load().form(form_id)
    return (form.id_of("title"), *(form.matrix.who if form.matrix else ()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--forget", type=float, default=0.0, help="the share of the known headings that is made unknown")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    truth = tomllib.loads(given.truth.read_text(encoding="utf-8"))
    measure = Measure((given.forget, given.seed) if given.forget else None)
    for path in sorted(given.folder.rglob("*")):
        name = path.relative_to(given.folder).as_posix()
        if path.suffix.lower() in BOOKS and name not in truth.get("skip", []):
            measure.add(path, [t for t in truth["table"] if t["file"] == name], name)
    print(measure.with_rows.lines(), measure.bare.lines(), sep="\n")
    print("questions:", " · ".join(f"{n} {c}" for n, c in measure.questions.items()), "· unread files", len(measure.unread))
    spent = sorted(measure.seconds) or [0.0]
    print(f"{len(spent)} files: {1000 * sum(spent) / len(spent):.0f} ms of processor time each, most {1000 * spent[-1]:.0f}")
    if given.list:
        print(*measure.unread, *measure.said, sep="\n")


if __name__ == "__main__":
    main()
