"""Every row of docs/practice.md is tried: its example is run on the demo's master, and what the row promises must be seen.

The example is read from the page. `practice.toml` says of each row what a person does before (types a cell, puts a file there) and what
must stand on a sheet, in a file or in the answer afterwards. The master is the demo's on Monday morning, when the replies have been
merged and nothing was judged yet; something of what a row shows must not be there before its example has run.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, time
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import rtoml
from command_line import command_line, environment
from test_practice import commands_of, rows
from workbooks import workbook_at

from benchmarks.play_scenes import own_forms, type_into_list
from collab_xl.book.read import read_book
from collab_xl.catalogue import LANGS, text
from collab_xl.demo import desk, scenario
from collab_xl.demo.answers import NEW, Written
from collab_xl.demo.filling import fill
from collab_xl.forms import load
from collab_xl.forms.folders import OWN_FORMS
from collab_xl.verbs.demo import DemoRun
from collab_xl.verbs.report import no_progress

PEOPLE = scenario.departments("zh")
ROOT = Path(__file__).resolve().parents[2]
ROWS: Sequence[Mapping[str, Any]] = rtoml.load(Path(__file__).with_name("practice.toml"))["row"]
BEFORE = f"""
import datetime
from collab_xl.excel import libreoffice
from collab_xl.verbs.times import clock
clock._set_to.set({scenario.MERGED_AT!r})
libreoffice.shutil.which = lambda program: None
"""
"""The Monday of the demo; and no LibreOffice, which takes long and is tested elsewhere."""


@dataclass
class Desk:
    """A folder with the demo's master, and what was said there."""

    folder: Path
    lang: str
    said: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    until: ExitStack = field(default_factory=ExitStack)
    name: str = ""
    words: dict[str, str] = field(default_factory=dict)

    @property
    def master(self) -> Path:
        return self.folder / (self.name or text("demo.master", self.lang))

    def found(self, pattern: str) -> list[Path]:
        """Files of the folder. A department stands in braces, by its Chinese name."""
        named = re.sub(r"{(.+?)}", lambda m: scenario.department(m[1], self.lang), pattern)
        return [p for p in sorted(self.folder.glob(named)) if p.is_file()]

    def one(self, pattern: str) -> Path:
        found = self.found(pattern)
        assert len(found) == 1, (pattern, found, [str(p.relative_to(self.folder)) for p in self.folder.rglob("*.xlsx")])
        return found[0]

    def run(self, command: str) -> None:
        """A command of the page, with the demo's names in place of the page's."""
        named = {"主表.xlsx": self.master.name, **self.words, **{d.name: scenario.department(d.name, self.lang) for d in PEOPLE}}
        words = [named.get(word, word) for word in command.split()]
        if words[0] == "python":
            done = subprocess.run(
                [sys.executable, *words[1:], "--weeks", "2", "--lang", self.lang], cwd=self.folder, env=environment(), capture_output=True
            )
            self.said += (done.stdout + done.stderr).decode().splitlines()
            assert done.returncode == 0, self.said
            return
        back = command_line(*words[1:], cwd=self.folder, before=BEFORE, env={"COLLAB_XL_LANG": self.lang, "COLUMNS": "400", **self.env})
        self.said += (back.out + back.err).splitlines()
        assert back.code in (0, 3, 4), self.said


def in_language(value: Any, lang: str) -> Any:
    """A table of the two languages stands for its text in one of them, wherever it is."""
    if isinstance(value, Mapping):
        if value.keys() == set(LANGS):
            return value[lang]
        return {k: in_language(v, lang) for k, v in value.items()}
    return [in_language(v, lang) for v in value] if isinstance(value, list) else value


# what a person does


def typed(at: Desk, cells: Sequence[Sequence[Any]]) -> None:
    desk.change(at.master, [(form, key, name, value) for form, key, name, value in cells], at.lang, scenario.AS_OF)


def new_rows(at: Desk, forms: Mapping[str, Any]) -> None:
    desk.change(at.master, (), at.lang, scenario.AS_OF, {form: [_parsed(row) for row in lines] for form, lines in forms.items()})


def _parsed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}


def each(at: Desk, said: Mapping[str, Any]) -> None:
    """The same cells in several rows; a blank text empties a cell."""
    cells = {name: None if value == "" else value for name, value in said["cells"].items()}
    typed(at, [(said["form"], key, name, value) for key in said["keys"] for name, value in cells.items()])


def listed(at: Desk, said: Mapping[str, Any]) -> None:
    type_into_list(at.master, said["list"], said.get("where", {}), said["cells"])


def made(at: Desk, said: Mapping[str, Any]) -> None:
    """A workbook as somebody else keeps it."""
    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for name, lines in said["sheets"].items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append([None if cell == "" else cell for cell in line])
    book.save(at.folder / said["name"])


def filled(at: Desk, said: Mapping[str, Any]) -> None:
    """Cells of a workbook that was made: in the row with the word, under the heading; or beside their label."""
    path = at.one(said["file"])
    book = workbook_at(path)
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for name, value in said.get("labels", {}).items():
                if row[0].value == name:
                    row[1].value = datetime.combine(value, time()) if type(value) is date else value
            if "row" in said and said["row"] in [cell.value for cell in row]:
                column = next(c.column for line in sheet.iter_rows(max_row=row[0].row) for c in line if c.value == said["heading"])
                row[column - 1].value = said["value"]
    book.save(at.folder / said.get("as", path.relative_to(at.folder)))


def mailed(at: Desk, said: Mapping[str, Any]) -> None:
    """A department answers with its pack, and with files beside it."""
    people = {d.name: d.emails[0] for d in scenario.departments(at.lang)}
    name = scenario.department(said["department"], at.lang)
    pack = at.one(f"outbox/*{name}*.xlsx")
    message = EmailMessage()
    message["From"], message["Subject"] = people[name], "W47"
    message["Date"], message["Message-ID"] = "Mon, 23 Nov 2026 08:00:00 +0800", "<practice@example.com>"
    message.set_content(" ")
    answers = [Written(form, NEW if key == "NEW" else key, cells) for form, key, cells in said["answers"]]
    message.add_attachment(fill(pack, answers, at.lang), "application", "octet-stream", filename=pack.name)
    for file in said.get("files", ()):
        message.add_attachment(b"%PDF-1.7\n%practice\n", "application", "octet-stream", filename=file)
    (at.folder / "inbox" / "90.eml").write_bytes(bytes(message))


def copied(at: Desk, name: str) -> None:
    """The project once more, in a folder of its own."""
    (at.folder / name).mkdir(parents=True)
    shutil.copy(at.master, at.folder / name)
    shutil.copytree(at.master.with_suffix(".collab"), at.folder / name / f"{at.master.stem}.collab")


def moved(at: Desk, said: Sequence[str]) -> None:
    (at.folder / said[1]).parent.mkdir(exist_ok=True, parents=True)
    at.one(said[0]).rename(at.folder / said[1])


def moved_folder(at: Desk, said: Sequence[str]) -> None:
    (found,) = (path for path in at.folder.glob(said[0]) if path.is_dir())
    found.rename(at.folder / said[1])


def with_own_forms(at: Desk, folder: str) -> None:
    at.until.enter_context(own_forms(ROOT / folder))
    at.env[OWN_FORMS] = str(ROOT / folder)


def other_master(at: Desk, name: str) -> None:
    at.name = name


STEPS: Mapping[str, Callable[[Desk, Any], None]] = {
    "type": typed,
    "each": each,
    "new": new_rows,
    "list": listed,
    "book": made,
    "fill": filled,
    "mail": mailed,
    "copy": copied,
    "move": moved,
    "move_folder": moved_folder,
    "own_forms": with_own_forms,
    "master": other_master,
    "command": lambda at, words: at.run(f"collab-xl {words}"),
}


# what is seen


def lines_of(book_path: Path, sheet: str | None = None) -> Iterator[str]:
    book = read_book(book_path)
    for name in book.sheets if sheet is None else [sheet]:
        for row in book.snapshot(name).cells:
            yield " | ".join(_shown(v) for v in row if v is not None)


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d") if value.time() == time() else value.strftime("%Y-%m-%d %H:%M")
    return str(value)


def lines_at(at: Desk, where: str) -> list[str]:
    """`said` · `list:<service sheet>` · `form:<form>` · `page:<defined name>`: that sheet of the master · `file:<pattern>`."""
    kind, _, name = where.partition(":")
    if kind == "said":
        return at.said
    if kind == "file":
        out: list[str] = []
        for path in at.found(name):
            is_book = path.suffix == ".xlsx"
            out += lines_of(path) if is_book else path.read_text("utf-8", "replace").replace("\n ", "").splitlines()
            out.append(path.name)
        return out
    book, schema = read_book(at.master), load()
    if kind == "page":
        sheet = book.names[name][0]
    else:
        sheet = book.tables[schema.service(name).table if kind == "list" else schema.form(name).table].sheet
    return list(lines_of(at.master, sheet))


def missing(at: Desk, sees: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """What is not seen: each is a place and words that must stand in one row or line there."""
    kept: dict[str, list[str]] = {}
    for where, *_ in sees:
        kept.setdefault(where, lines_at(at, where))
    return [one for one in sees if not any(all(word in line for word in one[1:]) for line in kept[one[0]])]


@pytest.fixture(scope="session")
def monday(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def folder(lang: str) -> Path:
        if lang not in made:
            made[lang] = tmp_path_factory.mktemp(f"practice-{lang}") / "demo"
            made[lang].mkdir()
            run = DemoRun(made[lang], lang, no_progress)
            run.earlier_weeks()
            run.replies_merged()
        return made[lang]

    return folder


def test_every_row_of_the_page_is_tried() -> None:
    assert [row["row"] for row in ROWS] == [cells[0].split("，")[0].split("：")[0] for cells in rows()]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    "number",
    [pytest.param(n, id=row["row"].split()[0], marks=[pytest.mark.slow] if row.get("slow") else []) for n, row in enumerate(ROWS)],
)
def test_its_example_shows_what_the_row_promises(number: int, lang: str, monday: Callable[[str], Path], tmp_path: Path) -> None:
    row, (_, _, _, example) = in_language(ROWS[number], lang), rows()[number]
    at = Desk(tmp_path / "demo", lang, words={ROWS[number]["words"]["zh"]: row["words"]} if "words" in row else {})
    shutil.copytree(monday(lang), at.folder)
    commands = commands_of(example)
    assert commands
    assert row["sees"]
    before = missing(at, row["sees"])
    with at.until:
        for step in row.get("steps", []):
            if step == "run":
                at.run(commands.pop(0))
                continue
            ((name, said),) = step.items()
            STEPS[name](at, said)
        for command in commands:
            at.run(command)
    assert before or row.get("there_before"), "what the row shows is there without its example"
    assert not (unseen := missing(at, row["sees"])), "\n".join(told(at, one) for one in unseen)
    assert missing(at, row.get("not", [])) == row.get("not", [])


@pytest.mark.parametrize("lang", LANGS)
def test_the_log_names_what_it_counts(lang: str, monday: Callable[[str], Path], tmp_path: Path) -> None:
    at = Desk(tmp_path / "demo", lang)
    shutil.copytree(monday(lang), at.folder)
    at.run("collab-xl week 主表.xlsx")
    at.run("collab-xl send 主表.xlsx chase")
    at.said.clear()
    at.run("collab-xl log 主表.xlsx")
    said = "".join(line for line in at.said)
    assert text("verbs.figure.milestones_late", lang) in said
    assert f"{text('verbs.figure.what', lang)} {text('model.mail_kind.chase', lang)}" in said
    assert not re.findall(r"\b[a-z]+_[a-z_]+\b", said), "a name of the program's own"


def told(at: Desk, one: Sequence[str]) -> str:
    """What stands where something was not seen: the lines that have the first word, or the last ones."""
    lines = lines_at(at, one[0])
    return "\n".join([f"not seen: {one}", *([line for line in lines if one[1] in line] or lines)[-40:]])
