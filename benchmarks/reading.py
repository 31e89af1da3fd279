"""Measure reading on sheets of trackers: which tables are found, which rows are their headings, which column is what.

    python -m benchmarks.reading              # four sets of 60 generated sheets, the cases and samples that are here
    python -m benchmarks.reading --list       # also every column that was not read rightly
    python -m benchmarks.reading --questions  # also every question with its suggestion, and whether that is right
    python -m benchmarks.reading --json FILE  # the figures
    python -m benchmarks.reading --seed 31337 # the four sets made anew from another seed, and nothing else
    python -m benchmarks.reading --forget 0.25  # sheets with a quarter of their known headings made unknown

Each step is printed as it is and once more with the steps before given by the truth (by what a person can say: `Told`), so that one
sees which step loses. A column is right (its field), asked (a question suggests its field), missed, or wrong (read as something else).
"""

from __future__ import annotations

import argparse
import json
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.forgotten import Forget, forgetful
from benchmarks.reading_kept import kept_sheets
from benchmarks.reading_odd import odd_sheets
from benchmarks.reading_sheets import Sheet, Truth, sheets
from benchmarks.samples import TRUTHS, sample
from collab_xl.book.csv_file import read_csv
from collab_xl.book.other_formats import other_format, read_other
from collab_xl.book.read import Book, read_book
from collab_xl.forms import load
from collab_xl.forms.in_use import InUse
from collab_xl.model.directory import Directory
from collab_xl.model.place import column_letters
from collab_xl.model.submission_log import InMemory
from collab_xl.read.asking import Question
from collab_xl.read.context import Context
from collab_xl.read.sheet import Parsed
from collab_xl.read.told import Told
from collab_xl.verbs.asking.questions import with_answer
from collab_xl.verbs.receiving.reading import Job, survey_book, survey_job

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "benchmarks" / "reading_cases.toml"
MEANINGS = tomllib.loads((ROOT / "benchmarks" / "reading_meanings.toml").read_text(encoding="utf-8"))["states"]
BESIDE = next((p / "shared" / "cases" for p in ROOT.parents if (p / "shared" / "cases").exists()), ROOT / "none")
SEED, HELD_OUT, THIRD, FOURTH = 2026, 4711, 1729, 6174
"""The third set has other headings and oddities (`reading_odd`)."""


@dataclass
class Figures:
    """Counts of one set of sheets."""

    name: str
    sheets: int = 0
    tables: Counter[str] = field(default_factory=Counter)
    """true · found · asked · form (found as another form) · extra (a table where none is)"""
    headings: Counter[str] = field(default_factory=Counter)
    """one · one exact · more · more exact: true tables by their number of heading rows"""
    columns: Counter[str] = field(default_factory=Counter)
    """true · right · asked · wrong · missed; `asked other`: a question with a wrong suggestion"""
    questions: Counter[str] = field(default_factory=Counter)
    """all · right · not needed; `most` in one file"""
    seconds: float = 0.0
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """Every question: the file, what is asked, the suggestion, and whether that is right by the truth."""
    verdicts: Counter[str] = field(default_factory=Counter)

    def line(self) -> str:
        t, h, c, q = self.tables, self.headings, self.columns, self.questions

        def share(n: int, of: int) -> str:
            return f"{n}/{of} {100 * n / of:.0f}%" if of else "–"

        return " | ".join((
            f"| {self.name}", share(t["found"] + t["asked"], t["true"]), f"{t['asked']}", f"{t['form']}+{t['extra']}",
            share(h["one exact"], h["one"]), share(h["more exact"], h["more"]),
            share(c["right"], c["true"]), share(c["asked"], c["true"]), share(c["missed"], c["true"]), share(c["wrong"], c["true"]),
            f"{q['all']} ({q['right']} right, most {q['most']})", f"{1000 * self.seconds / max(self.sheets, 1):.0f} |",
        ))  # fmt: skip


_COLUMNS = (
    *("set", "tables found or asked", "asked", "other form + none there", "headings exact, one row", "several rows"),
    *("columns right", "asked", "missed", "wrong", "questions", "ms a sheet"),
)
HEAD = "\n".join((f"| {' | '.join(_COLUMNS)} |", f"|{'---|' * len(_COLUMNS)}"))


def _verdict(q: Question, columns: Mapping[str, str]) -> str:
    """right, wrong, no suggestion, or not judged: of days, scales and words that `MEANINGS` does not list."""
    if q.kind == "heading":
        return "right" if columns.get(column_letters(q.at.col)) == q.suggestion else "wrong"
    states = MEANINGS.get(q.words[0]) if q.kind == "word" and q.words else None
    if not q.suggestion:
        return "no suggestion"
    if states is None:
        return "not judged"
    choice = next(c for c in load().form(q.form).field(q.field).choices if c.id == q.suggestion)
    return "right" if choice.state in states else "wrong"


def measure(out: Figures, name: str, both: tuple[Sheets, Sheets], truths: dict[str, list[Truth]]) -> None:
    """Add one file. `truths`: sheet name (or "" for the only sheet) → its tables. Columns of a table that was asked about count as they
    are read after the answer."""
    parsed, after = both
    questions = [q for _, p in parsed for q in p.questions]
    heads = [q for q in questions if q.kind == "heading"]
    out.questions["all"] += len(questions)
    out.questions["most"] = max(out.questions["most"], len(questions))
    columns = {letter: f for tables in truths.values() for t in tables for letter, f in t.columns.items()}
    for q in questions:
        verdict = _verdict(q, columns)
        out.verdicts[verdict] += 1
        out.asked.append(f"{name} {q.at}: {q.found!r} → {q.suggestion.replace(chr(9), '=').replace(chr(10), ', ') or '–'}: {verdict}")
    for (sheet, p), (_, later) in zip(parsed, after, strict=True):
        wanted = truths.get(sheet, truths.get("", []) if len(parsed) == 1 else [])
        out.sheets += 1
        got = list(zip(p.tables, p.located, strict=True))
        for truth in wanted:
            first, last = truth.headings
            several = "more" if last > first else "one"
            out.tables["true"] += 1
            out.headings[several] += 1
            out.columns["true"] += len(truth.columns)
            asked = (
                {
                    letter: q
                    for q in heads
                    if q.at.sheet == p.questions[0].at.sheet and first <= q.at.row <= last + 1
                    if (letter := column_letters(q.at.col)) in truth.columns or len(wanted) == 1
                }
                if p.questions
                else {}
            )
            here = [g for g in got if g[0].heading_rows[0] <= last and first <= g[0].heading_rows[1]]
            numbers = {_number(c) for c in truth.columns}
            hit = max((g for g in here if numbers & set(g[1].columns)), key=lambda g: len(numbers & set(g[1].columns)), default=None)
            if hit:
                got.remove(hit)
            title = load().form(truth.form).id_of("title")
            title_col = next((c for c, f in truth.columns.items() if f == title), "")
            read = {column_letters(c): fields for c, (_, fields) in hit[1].columns.items()} if hit else {}
            if hit and hit[0].form != truth.form:
                out.tables["form"] += 1
                out.said.append(f"{name}: {hit[0].form} instead of {truth.form}")
            elif hit:
                out.tables["found"] += 1
            elif title_col in asked and asked[title_col].suggestion == title and asked[title_col].form == truth.form:
                out.tables["asked"] += 1
                hit = next(((t, where) for t, where in zip(later.tables, later.located, strict=True) if t.form == truth.form), None)
                read = {column_letters(c): fields for c, (_, fields) in hit[1].columns.items()} if hit else {}
                asked |= {column_letters(q.at.col): q for q in later.questions if q.kind == "heading"}
            else:
                out.said.append(f"{name}: {truth.form} in row {first} missed" + (f" ({p.why_none})" if p.why_none else ""))
            if hit and hit[0].heading_rows == truth.headings:
                out.headings[f"{several} exact"] += 1
            elif hit:
                out.said.append(f"{name}: headings {hit[0].heading_rows}, {truth.headings} expected")
            for letter, f in truth.columns.items():
                same = hit is None or hit[0].form == truth.form
                if same and f in read.get(letter, ()):
                    kind = "right"
                elif letter in asked and asked[letter].suggestion == f and asked[letter].form == truth.form:
                    kind = "asked"
                elif read.get(letter) and same:
                    kind = "wrong"
                else:
                    kind = "missed"
                    out.columns["asked other"] += letter in asked
                out.columns[kind] += 1
                if kind != "right":
                    heading = hit[1].columns.get(_number(letter), ("?", ()))[0] if hit else ""
                    extra = (
                        f" as {'+'.join(read.get(letter, ()))}"
                        if kind == "wrong"
                        else f" → {asked[letter].suggestion}"
                        if letter in asked
                        else ""
                    )
                    out.said.append(f"{name} {letter} {heading!r}: {f} {kind}{extra}")
            for letter, fields in read.items():
                if (
                    fields
                    and letter not in truth.columns
                    and hit
                    and hit[0].form == truth.form
                    and (not truth.plain or letter not in truth.plain)
                ):
                    out.columns["wrong"] += 1
                    out.said.append(f"{name} {letter} {hit[1].columns[_number(letter)][0]!r}: own column read as {fields}")
            for letter, q in asked.items():
                out.questions["right"] += truth.columns.get(letter) == q.suggestion
                if letter not in truth.columns:
                    out.questions["not needed"] += 1
                    out.said.append(f"{name} {letter}: asked whether {q.found} is {q.suggestion}, it is nobody's")
        out.tables["extra"] += len(got)
        out.said += [f"{name}: {t.form} in row {t.heading_rows[0]}, where none is" for t, _ in got]


def _number(letters: str) -> int:
    out = 0
    for c in letters:
        out = out * 26 + ord(c) - 64
    return out


def all_forms() -> tuple[InUse, ...]:
    return tuple(InUse(f.id, f.version) for f in load().forms)


Sheets = list[tuple[str, Parsed]]


def read(name: str, data: bytes, lang: str, book: Book | None = None, forget: Forget | None = None, **told: Any) -> tuple[Sheets, Sheets]:
    """The sheets as read, and as read after a person said yes to what a table of theirs is about. `book`: instead of the bytes."""
    context = Context(lang, Directory(), **told)
    if forget and book is None:
        opened = read_csv(data, name) if name.endswith(".csv") else read_other(data, name) if other_format(data) else read_book(data, name)
        book = forgetful(opened, name, forget, lang)

    def survey(context: Context) -> Sheets:
        job = Job("", name, InMemory(data), context, forms=all_forms())
        return list((survey_book(book, job) if book else survey_job(job)).sheets)

    first = survey(context)
    for _, parsed in first:
        for q in () if parsed.tables else parsed.questions:
            form = load().form(q.form) if q.kind == "heading" else None
            if form and q.suggestion in (form.id_of("title"), *(form.matrix.who if form.matrix else ())):
                context = with_answer(context, q, q.suggestion)
    return first, first if not context.headings else survey(context)


def of_sheets(name: str, made: Iterable[Sheet], given: bool = False, forget: Forget | None = None) -> Figures:
    """The generated sheets; `given`: the place and form of each table are said by the truth."""
    out = Figures(name)
    for sheet in made:
        told = _told(sheet.tables) if given else {}
        if given and not sheet.tables:
            continue
        start = time.process_time()
        parsed = read(f"{sheet.name}.xlsx", sheet.data, sheet.lang, None, forget, **told)
        out.seconds += time.process_time() - start
        measure(out, sheet.name, parsed, {"": sheet.tables})
    return out


def _told(tables: Sequence[Truth]) -> dict[str, Any]:
    return {"told": Told(form=tables[0].form, headings=tables[0].headings)} if tables else {}


def of_cases(forget: Forget | None = None) -> Figures | None:
    """The small trackers beside the repository, if they are there."""
    folder = BESIDE / "trackers"
    if not CASES.exists() or not folder.exists():
        return None
    out = Figures("cases")
    for case in tomllib.loads(CASES.read_text(encoding="utf-8"))["case"]:
        path = folder / case["file"]
        if not path.exists():
            continue
        truths: dict[str, list[Truth]] = {}
        for t in case.get("table", []):
            truths.setdefault(t.get("sheet", ""), []).append(Truth(t["form"], tuple(t["headings"]), t["columns"]))
        start = time.process_time()
        parsed = read(path.name, path.read_bytes(), case.get("lang", "zh"), None, forget)
        out.seconds += time.process_time() - start
        measure(out, path.stem, parsed, truths)
    return out


def of_samples(forget: Forget | None = None) -> Figures:
    """The samples with their truth, cell by cell in `benchmarks.samples`."""
    out = Figures("samples")
    for path in sorted(TRUTHS.glob("*.truth.toml")):
        file = sample(path.name[:2])
        if file is None:
            continue
        truth = tomllib.loads(path.read_text(encoding="utf-8"))
        start = time.process_time()
        parsed = read(file.name, file.read_bytes(), "zh" if path.name[:2] < "07" else "en", None, forget)
        out.seconds += time.process_time() - start
        names = [name for name, _ in parsed[0]]
        truths: dict[str, list[Truth]] = {}
        for t in truth["table"]:
            columns = {c: f.split("+")[0] for c, f in t["columns"].items() if not any(ch.isdigit() for ch in c)}
            if columns:
                sheet = t["sheet"] if isinstance(t["sheet"], str) else names[t["sheet"] - 1]
                truths.setdefault(sheet, []).append(Truth(t["form"], tuple(t["headings"]), columns))
        measure(out, file.stem[:2], tuple([(n, p) for n, p in sheets if n in truths] for sheets in parsed), truths)
    return out


def of_seed(seed: int) -> list[Figures]:
    """The four sets of generated sheets from a seed of one's own."""
    sets = {
        "generated": sheets(seed),
        "held out": sheets(seed, held_out=True),
        "third": odd_sheets(seed),
        "fourth": odd_sheets(seed, unseen=True),
    }
    return [of_sheets(f"{name}, seed {seed}", made) for name, made in sets.items()]


def forgotten(forget: Forget) -> list[Figures]:
    """The generated sheets and those that somebody kept, with a share of the known headings made unknown."""
    out = [of_sheets("generated", sheets(SEED), forget=forget), of_sheets("fourth", odd_sheets(FOURTH, unseen=True), forget=forget)]
    out += [of_sheets("kept by hand", kept_sheets(), forget=forget)]
    return out + [f for f in (of_cases(forget), of_samples(forget)) if f is not None]


def everything() -> list[Figures]:
    sets = {
        "generated": sheets(SEED),
        "held out": sheets(HELD_OUT, held_out=True),
        "third": odd_sheets(THIRD),
        "fourth, unseen": odd_sheets(FOURTH, unseen=True),
    }
    out = [of_sheets(name, made) for name, made in sets.items()]
    out += [of_sheets(f"{name}, place and form given", made, given=True) for name, made in sets.items()]
    out += [f for f in (of_sheets("kept by hand", kept_sheets()), of_cases(), of_samples()) if f is not None]
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--questions", action="store_true", help="every question with its suggestion, and whether that is right")
    parser.add_argument("--only", default="")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--forget", type=float, default=0.0, help="the share of the known headings that is made unknown")
    given = parser.parse_args()
    found = forgotten((given.forget, given.seed or 1)) if given.forget else everything() if given.seed is None else of_seed(given.seed)
    print(HEAD)
    for figures in found:
        print(figures.line())
    if given.list:
        for figures in found:
            if given.only in figures.name:
                print(f"\n## {figures.name}", *figures.said, sep="\n")
    for figures in found if given.questions else ():
        if given.only in figures.name:
            counts = " · ".join(f"{n} {verdict}" for verdict, n in sorted(figures.verdicts.items())) or "none"
            print(f"\n## Questions: {figures.name}: {counts}", *figures.asked, sep="\n")
    if given.json:
        given.json.write_text(
            json.dumps(
                [
                    {"set": f.name, "tables": f.tables, "headings": f.headings, "columns": f.columns, "questions": f.questions}
                    for f in found
                ],
                indent=1,
            )
        )


if __name__ == "__main__":
    main()
