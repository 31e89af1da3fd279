"""A command line that cannot be read is told in the user's language, with exit code 2."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime

import pytest

from collab_xl import cli
from collab_xl.catalogue import text
from collab_xl.options import day
from collab_xl.verbs import clock

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
    assert text(f"verbs.usage.{kind}", lang, word=word) in said.err
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


def test_the_language_may_be_typed_before_or_after(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--help", "--lang", "zh"], ["--lang", "zh", "--help"], ["--lang=zh", "check", "--help"]):
        assert "用法：collab-xl" in told(words, "en", monkeypatch, capsys), words
    assert "没有语言“fr”" in told(["--lang", "fr", "check"], "zh", monkeypatch, capsys)


DAYS = {
    "2026-11-20": "2026-11-20", "2026/11/20": "2026-11-20", "2026.11.20": "2026-11-20", "20261120": "2026-11-20",
    "2026年11月20日": "2026-11-20", "11-20": "2026-11-20", "11月20日": "2026-11-20", "20 Nov": "2026-11-20", "1月5日": "2027-01-05",
    "今天": "2026-11-25", "昨天": "2026-11-24", "today": "2026-11-25", "上周五": "2026-11-20", "last Friday": "2026-11-20",
}  # fmt: skip


@pytest.mark.parametrize("said", DAYS)
def test_the_day_is_read_as_in_a_sheet(said: str) -> None:
    with clock.at(datetime(2026, 11, 25, 9)):
        assert day(said) == date.fromisoformat(DAYS[said])
