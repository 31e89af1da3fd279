"""Every rule stands on sheet 检查规则 with a switch, and what is chosen there is what check does."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_project import DAY, DEPARTMENTS, PROBLEMS, REQUIREMENTS, TASKS

from collab_xl import verbs
from collab_xl.build.lists import rule_codes, rule_rows
from collab_xl.catalogue import LANGS, text
from collab_xl.demo import desk
from collab_xl.model.finding import Severity
from collab_xl.model.values import Value
from collab_xl.rules.codes import OTHERS, installed_rules
from collab_xl.settings import Settings

SWITCHED = sorted(installed_rules().keys() | OTHERS.keys())
CHOICES = {"on": None, "off": "off", "error": "error", "warning": "warning", "note": "note"}


def word(choice: str, lang: str) -> str:
    return text(f"build.set.word.{choice}" if choice in ("on", "off") else f"model.severity.{choice}", lang)


@pytest.mark.parametrize("lang", LANGS)
def test_every_rule_has_its_row(lang: str) -> None:
    assert len(SWITCHED) > 110
    assert rule_codes() == SWITCHED
    rows = {str(row[5]): row for row in rule_rows({}, lang)}
    for code in SWITCHED:
        assert rows[f"rule.{code}"][4] == word("on", lang)
        assert rows[f"rule.{code}"][2], "when it reports"
    kinds = [row[0] for row in rule_rows({}, lang)]
    assert len([1 for n, kind in enumerate(kinds) if n == 0 or kind != kinds[n - 1]]) == len(set(kinds)), "grouped by kind"


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("code", SWITCHED)
def test_what_the_drop_down_offers_is_understood(code: str, lang: str) -> None:
    for choice, meant in CHOICES.items():
        settings, bad = Settings.of({f"rule.{code}": word(choice, lang)})
        assert (settings.rules.get(code), bad) == (meant, [])
    assert Settings.of({f"rule.{code}": "也许"})[1] == [f"rule.{code}"]


def checked(folder: Path, lang: str, settings: dict[str, Value]) -> dict[str, str]:
    """Code → severity of what a check of the small project finds."""
    master = folder / "主表.xlsx"
    folder.mkdir()
    verbs.init(master, project="产品Q3上线", departments=DEPARTMENTS[:1], lang=lang, as_of=DAY, settings=settings)
    desk.fill_in(master, {"requirements": REQUIREMENTS, "tasks": TASKS, "problems": PROBLEMS}, lang, DAY)
    return {f["code"]: f["severity"] for f in verbs.check(master, as_of=DAY, write=False, lang=lang).json["findings"]}


@pytest.mark.parametrize("lang", LANGS)
def test_check_does_what_sheet_settings_says(lang: str, tmp_path: Path) -> None:
    before = checked(tmp_path / "a", lang, {})
    assert len(before) > 5
    assert checked(tmp_path / "b", lang, {f"rule.{code}": word("off", lang) for code in before}) == {}
    for severity in Severity:
        wanted = dict.fromkeys(before, severity.value)
        assert checked(tmp_path / severity.value, lang, {f"rule.{code}": word(severity.value, lang) for code in before}) == wanted
