"""A command line that cannot be read is told in the user's language, with exit code 2."""

from __future__ import annotations

import json
import re
import sys
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from e2e.small_project import Project

from collab_xl import cli
from collab_xl.catalogue import text
from collab_xl.command_help import placeholder
from collab_xl.model.similar import nearest
from collab_xl.options import day
from collab_xl.verbs.times import clock
from collab_xl.verbs.times.spoken_day import named_week, weeks_in_year

CASES = [
    (["nosuch"], "command", "nosuch", "collab-xl"),
    (["templates", "nosuch"], "command", "nosuch", "collab-xl templates"),
    (["check"], "argument", "MASTER.xlsx", "collab-xl check"),
    (["check", "a.xlsx", "--wrong"], "option", "--wrong", "collab-xl check"),
    (["explain", "T301", "more"], "extra", "more", "collab-xl explain"),
    (["check", "a.xlsx", "--as-of"], "value", "--as-of", "collab-xl check"),
]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("words", "kind", "word", "command"), CASES)
def test_each_mistake_is_named_and_the_help_to_look_at(
    words: list[str], kind: str, word: str, command: str, lang: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["collab-xl", *words])
    monkeypatch.setenv("COLLAB_XL_LANG", lang)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert said.out == ""
    assert text(f"verbs.usage.{kind}", lang, word=placeholder(word, lang)).rstrip("。.").removesuffix(" is missing") in said.err
    assert f"{command} --help" in said.err


def test_a_script_gets_one_object(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["collab-xl", "check", "--json"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert json.loads(capsys.readouterr().out)["error"] == "usage_wrong"


def told(words: list[str], lang: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setattr(sys, "argv", ["collab-xl", *words])
    monkeypatch.setenv("COLLAB_XL_LANG", lang)
    with pytest.raises(SystemExit):
        cli.main()
    said = capsys.readouterr()
    return said.out + said.err


MEANT = [
    (["conslidate"], "consolidate"),
    (["汇总"], "consolidate"),
    (["templates", "biuld"], "build"),
    (["check", "a.xlsx", "--as-fo", "1"], "--as-of"),
    (["week", "a.xlsx", "--weeks", "47"], "--week"),
]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("words", "meant"), MEANT)
def test_a_typo_gets_a_suggestion(
    words: list[str], meant: str, lang: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = told(words, lang, monkeypatch, capsys)
    assert f"是不是 {meant}？" in said if lang == "zh" else f"Did you mean {meant}?" in said


def test_a_word_like_none_gets_no_suggestion(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert "是不是" not in told(["xyzzy"], "zh", monkeypatch, capsys)


@pytest.mark.parametrize("words", [["主表.xlsx", "check"], ["--as-of", "11-20", "check", "主表.xlsx"]])
def test_a_file_or_option_before_the_command_is_explained(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rest = " ".join(word for word in words if word != "check")
    assert f"先写命令，再写文件和选项：collab-xl check {rest}。" in told(words, "zh", monkeypatch, capsys)


ENGLISH = ("Usage:", "Options:", "Arguments:", "Commands:", "Show this", "[OPTIONS]", "[ARGS]", "[required]", "[default")


@pytest.mark.parametrize("words", [["--help"], ["check", "--help"], ["portfolio", "--help"], ["demo", "--help"], ["templates", "--help"]])
def test_help_in_chinese_has_no_english_heading(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = told(words, "zh", monkeypatch, capsys)
    assert said.startswith("用法：collab-xl ")
    assert "显示这段说明。" in said
    assert not [word for word in ENGLISH if word in said]
    assert "..." not in said.replace("[参数]...", "").replace("]...", "").replace("INPUT...", "")
    assert not re.findall(r"(?<![\w./])(?:MASTER|INPUT|FOLDER|NAME|DATE|CODE|FORM|FILE|PATH)\b", said)


def test_the_language_may_be_typed_before_or_after(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--help", "--lang", "zh"], ["--lang", "zh", "--help"], ["--lang=zh", "check", "--help"]):
        assert "用法：collab-xl" in told(words, "en", monkeypatch, capsys), words
    assert "没有语言“fr”" in told(["--lang", "fr", "check"], "zh", monkeypatch, capsys)


DAYS = {
    "2026-11-20": "2026-11-20", "2026/11/20": "2026-11-20", "2026.11.20": "2026-11-20", "20261120": "2026-11-20",
    "2026年11月20日": "2026-11-20", "11-20": "2026-11-20", "11月20日": "2026-11-20", "20 Nov": "2026-11-20", "1月5日": "2027-01-05",
    "前天": "2026-11-23", "明天": "2026-11-26", "下周一": "2026-11-30", "W46": "2026-11-15", "第46周": "2026-11-15",
    "2026-W46": "2026-11-15", "2026年第46周": "2026-11-15", "上周": "2026-11-22",
    "this week": "2026-11-25", "last week": "2026-11-22", "Nov 20, 2026": "2026-11-20",
    "今天": "2026-11-25", "昨天": "2026-11-24", "today": "2026-11-25", "上周五": "2026-11-20", "last Friday": "2026-11-20",
}  # fmt: skip


@pytest.mark.parametrize("said", DAYS)
def test_the_day_is_read_as_in_a_sheet(said: str) -> None:
    with clock.at(datetime(2026, 11, 25, 9)):
        assert day(said) == date.fromisoformat(DAYS[said])


WEEKS = {
    "2026-W46": "2026-W46", "2026W46": "2026-W46", "W46": "2026-W46", "46": "2026-W46", "第46周": "2026-W46", "46周": "2026-W46",
    "2026年第46周": "2026-W46", "2026年46周": "2026-W46", "week 46": "2026-W46", "W46 2026": "2026-W46", "W1": "2027-W01",
    "本周": "2026-W48", "这一周": "2026-W48", "this week": "2026-W48", "上周": "2026-W47", "last week": "2026-W47", "上上周": "2026-W46",
    "下周": "2026-W49", "next week": "2026-W49", "W60": None, "2026-W60": None, "2027年第53周": None, "20261116": None, "11月": None,
}  # fmt: skip


@pytest.mark.parametrize("said", WEEKS)
def test_the_week_is_read_in_every_usual_form(said: str) -> None:
    assert named_week(said, date(2026, 11, 25)) == WEEKS[said]


def test_a_week_that_a_year_does_not_have_says_how_many_it_has() -> None:
    assert weeks_in_year("2026-W60") == (2026, 53)
    assert weeks_in_year("2027年第53周") == (2027, 52)
    assert weeks_in_year("下个月") is None


SIMILAR = {
    ("法务部", "财务部", "市场部"): "", ("市厂部", "市场部"): "", ("研发一部", "研发部", "市场部"): "研发部",
    ("研发", "研发部", "客服部"): "研发部",
    ("产品研法中心", "产品研发中心"): "产品研发中心", ("部研发", "研发部"): "研发部", ("Marketng", "Marketing", "Sales"): "Marketing",
    ("需求", "需求登记表", "任务跟踪表"): "需求登记表", ("xyz", "risks"): "",
}  # fmt: skip


@pytest.mark.parametrize("words", SIMILAR)
def test_a_name_is_suggested_only_where_it_is_likely(words: tuple[str, ...]) -> None:
    assert nearest(words[0], words[1:], 0.6) == SIMILAR[words]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a master, one of its packs, a tracker and a folder of replies."""
    made = tmp_path_factory.mktemp("files") / "p"
    project = Project.again(made)
    project.packs["市场部"].replace(made / "市场部 填报.xlsx")
    (made / "inbox").mkdir()
    book = openpyxl.Workbook()
    book.active.append(["任务名称", "负责部门"])  # type: ignore[union-attr]
    book.save(made / "旧表.xlsx")
    return made


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["send", "chase", "主表.xlsx", "--no-write"], "collab-xl send 主表.xlsx chase --no-write"),
        (["baseline", "set", "一期", "主表.xlsx"], "collab-xl baseline set 主表.xlsx 一期"),
        (["consolidate", "inbox", "主表.xlsx"], "collab-xl consolidate 主表.xlsx inbox"),
        (["import", "旧表.xlsx", "主表.xlsx", "--yes"], "collab-xl import 主表.xlsx 旧表.xlsx --yes"),
        (["consolidate", "市场部 填报.xlsx", "主表.xlsx"], 'collab-xl consolidate 主表.xlsx "市场部 填报.xlsx"'),
        (["check", "."], "collab-xl check 主表.xlsx"),
        (["check", "主.xlsx"], "collab-xl check 主表.xlsx"),
        (["collect", "主表.xlsx", "市场部", "填报.xlsx"], 'collab-xl collect 主表.xlsx "市场部 填报.xlsx"'),
        (["check", "市场部", "填报.xlsx"], 'collab-xl check "市场部 填报.xlsx"'),
    ],
)
def test_a_file_in_the_wrong_place_gets_the_right_line(
    words: list[str], line: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    assert line in told(words, "zh", monkeypatch, capsys)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["issue", "主表.xlsx", "--department", "研发一部"], "是不是“研发部”？"),
        (["issue", "主表.xlsx", "--department", "法务部"], "没有叫“法务部”的部门"),
        (["progress", "主表.xlsx", "--department", "研发一部"], "是不是“研发部”？"),
        (["send", "主表.xlsx", "packs", "--department", "研发一部"], "是不是“研发部”？"),
        (["week", "主表.xlsx", "--week", "2026-W60"], "2026 年只有 53 周"),
        (["explain", "P4O1"], "是不是“P401”？"),
        (["forms", "add", "主表.xlsx", "risk"], "是不是“risks”？"),
        (["issue", "主表.xlsx", "--with", "需求"], "是不是“需求登记表”？"),
        (["send", "主表.xlsx", "packz"], "是不是“packs”？"),
        (["import", "新.xlsx", "旧表.xlsx", "--sheet", "Shet"], "是不是“Sheet”？"),
        (["import", "新.xlsx", "旧表.xlsx", "--form", "任务追踪表"], "是不是“任务跟踪表”？"),
        (["import", "新.xlsx", "旧表.xlsx", "--map", "A=任务名"], "是不是“任务名称”？"),
    ],
)
def test_a_mistyped_name_gets_the_nearest(
    words: list[str], said: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    shown = told(words, "zh", monkeypatch, capsys)
    assert said in shown
    assert "“法务部”" not in shown or "是不是" not in shown
