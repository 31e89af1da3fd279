"""After every verb one line says what to do next, as a command that exists; with `--no-write` nothing is said to have been done."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.small_project import DAY, WEEK, Project

from collab_xl import verbs
from collab_xl.addin.message_text import message
from collab_xl.catalogue import LANGS, texts
from collab_xl.desk.worker import result_of
from collab_xl.errors import CollabError
from collab_xl.verbs.next_step import NextStep
from collab_xl.verbs.report import Report, no_progress
from collab_xl.verbs.table import VERBS

ON_A_MASTER = {
    "request": {}, "issue": {}, "send": {"what": "packs"}, "collect": {"mail": False}, "check": {}, "preview": {}, "consolidate": {},
    "resolve": {}, "flag": {}, "week": {}, "compare": {}, "baseline set": {}, "progress": {}, "agenda": {}, "close": {}, "undo": {},
    "redo": {}, "log": {}, "status": {}, "export": {"mspdi": True}, "gantt": {}, "calendar": {}, "lessons": {},
    "forms list": {}, "forms add": {"forms": ["resources"]}, "forms upgrade": {}, "forms apply": {}, "baseline list": {},
    "baseline compare": {},
    "baseline sign": {"department": {"zh": "市场部", "en": "市场部"}},
}  # fmt: skip
"""Verb → what it gets besides the master."""
BEFORE = {"baseline compare": ["baseline set"], "baseline sign": ["baseline set"], "undo": ["flag"], "redo": ["flag", "undo"]}
DONE = {
    "zh": re.compile(r"已(?:写|下发|生成|撤销|收回|重做|处理|存为|存档|设定|更新|签认基准|加上|记住)|汇总完成|写好|重新列出(?!”)"),
    "en": re.compile(
        r"(?<!would be )\b(?:issued for|written(?! as| again)|undid|redid|took out|consolidated \(|decided \(|is set:|has signed)",
        re.I,
    ),
}
"""What a verb says when it has written."""
NOT_WRITTEN = re.compile(r"--no-write|将|没有|would|nothing", re.I)


def ran(project: Project, verb: str, *, write: bool = True) -> Report:
    found = next(each for each in VERBS if each.name == verb)
    function = found.load()
    takes = inspect.signature(function).parameters
    given = {"as_of": DAY, "progress": no_progress, "lang": project.lang, "write": write, "fallback": project.lang}
    more = {k: v[project.lang] if isinstance(v, dict) else v for k, v in ON_A_MASTER[verb].items()}
    words = [project.master] + ([more.pop("forms")] if verb == "forms add" else [])
    return function(*words, **{k: v for k, v in given.items() if k in takes}, **more)


@pytest.fixture(scope="module", params=LANGS)
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Report], dict[str, Report]]:
    """Language, the report of every verb on a master that has issued packs, and that of the same with `--no-write`."""
    lang: str = request.param
    folder = tmp_path_factory.mktemp(f"next-{lang}")
    project, written, looked = Project.again(folder / "a", lang), {}, {}
    verbs.forms_add(project.master, ["signatures"], as_of=DAY, lang=lang)
    takes_write = {v.name for v in VERBS if "no_write" in v.takes}
    for n, name in enumerate(ON_A_MASTER):
        here = project.copy(folder / str(n))
        for first in BEFORE.get(name, ()):
            ran(here, first)
        try:
            if name in takes_write:
                looked[name] = ran(here, name, write=False)
            written[name] = ran(here, name)
        except CollabError as error:
            raise AssertionError(f"{name}: {error}") from error
    return lang, written, looked


def commands(line: str) -> Iterator[str]:
    yield from re.findall(r"collab-xl ([a-z]+(?: [a-z]+)?)", line)


def test_every_verb_says_what_to_do_next(seen: tuple[str, dict[str, Report], dict[str, Report]]) -> None:
    lang, written, _ = seen
    known = {v.name for v in VERBS} | {"portfolio"}
    assert len(written) > 25
    for name, report in written.items():
        assert report.next is not None, name
        line = report.next.as_command(lang, "主表.xlsx")
        assert not re.search(r"[{}]|“”|None", line), line
        for command in commands(line):
            assert command in known or command.split()[0] in known, line
        ribbon = message(name.replace(" ", ""), report, "", None)
        assert report.next.as_button(lang) in ribbon
        if name != "export":  # not on the desk
            assert "collab-xl" not in result_of(report, master="主表.xlsx").lines[-1], name


def test_no_write_says_what_would_be_done(seen: tuple[str, dict[str, Report], dict[str, Report]]) -> None:
    lang, _, looked = seen
    assert len(looked) > 20
    for name, report in looked.items():
        said = " ".join(report.lines)
        assert not DONE[lang].search(re.sub(r"[（(][^（）()]*--no-write[^（）()]*[）)]", "", said)), f"{name}: {said}"
        assert NOT_WRITTEN.search(said) or name == "forms upgrade", f"{name}: {said}"  # it has nothing to upgrade
        assert report.next is not None, name


def test_what_was_written_is_not_said_in_the_conditional(seen: tuple[str, dict[str, Report], dict[str, Report]]) -> None:
    _, written, looked = seen
    for name in looked:
        said = " ".join(written[name].lines)
        if name not in ("close", "send", "preview"):  # they ask before they archive, write drafts, and say what consolidating would do
            assert not re.search(r"(?:^|：|，)将(?!到期)|\bwould\b|--no-write", said), f"{name}: {said}"


@pytest.mark.parametrize("lang", LANGS)
def test_every_sentence_of_a_next_step_is_used_and_names_its_command(lang: str) -> None:
    package = Path(verbs.__file__).parent
    source = "".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    keys = [key.removeprefix("verbs.next.") for key in texts(lang) if key.startswith("verbs.next.")]
    assert len(keys) > 60
    assert [key for key in keys if f'"{key}"' not in source and f"verbs.next.{key}" not in source] == []


def test_a_path_with_blanks_can_be_copied() -> None:
    assert NextStep("flag", "flag").command("en", "my master.xlsx") == 'collab-xl flag "my master.xlsx"'
    assert NextStep("rule", "explain", "T301").command("en", "x.xlsx") == "collab-xl explain T301"
    assert WEEK == "2026-W47"


def test_preview_asks_for_the_answers_first(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p")
    path = project.reply("市场部", {("tasks", "RW-001"): {"status": "快弄好了呀"}}, "reply")
    report = verbs.preview(project.master, (path,), as_of=DAY, lang="zh", progress=no_progress)
    assert report.json["questions"] != []
    assert report.next is not None
    assert report.next.key == "questions"
