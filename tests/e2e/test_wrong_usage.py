"""A command line that cannot be read is told in the user's language, with exit code 2."""

from __future__ import annotations

import json
import sys

import pytest

from collab_xl import cli
from collab_xl.catalogue import text

CASES = [
    (["nosuch"], "command", "nosuch", "collab-xl"),
    (["templates", "nosuch"], "command", "nosuch", "collab-xl templates"),
    (["check"], "argument", "MASTER", "collab-xl check"),
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
    assert text("verbs.error.usage_wrong.what", lang, command=command) in said.err
    assert text(f"verbs.usage.{kind}", lang, word=word) in said.err
    assert f"{command} --help" in said.err


def test_a_script_gets_one_object(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["collab-xl", "check", "--json"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert json.loads(capsys.readouterr().out)["error"] == "usage_wrong"
