"""Every rule on its own example (docs/rules/examples.toml), its page, its switch."""

from __future__ import annotations

import ast
import importlib.util
import re
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import rtoml
import tables as written

from collab_xl.catalogue import LANGS, codes, finding_text, texts
from collab_xl.forms import Schema, load, templates_folder
from collab_xl.forms.read import form_of
from collab_xl.model.baseline import Agreement
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.finding import Finding, Severity
from collab_xl.model.record import replace
from collab_xl.read.remarks import SEVERITY as READING
from collab_xl.rules.check import check
from collab_xl.rules.codes import OTHERS, RULES, all_rules, installed_rules, rule_text
from collab_xl.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
FRIDAY = date(2026, 11, 20)


def make_rules() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_rules", ROOT / "docs" / "make_rules.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGES = make_rules()
EXAMPLES = PAGES.examples()


def schema_of(example: dict[str, Any]) -> Schema:
    """The installed forms, with the rules the example gives one of them."""
    schema = load()
    for form_id, rules in example.get("rules", {}).items():
        data = rtoml.loads((templates_folder() / "forms" / form_id / "form.toml").read_text(encoding="utf-8"))
        changed = form_of({**data, "rules": {**data["rules"], **rtoml.loads(rules)}})
        schema = replace(schema, forms=tuple(changed if form.id == form_id else form for form in schema.forms))
    return schema


def run(example: dict[str, Any], which: str, settings: Settings | None = None) -> list[Finding]:
    """What is found on the `fails` or `passes` of an example."""
    sheets = example[which]
    tables = {form: written.table(form, text) for form, text in sheets.items() if form != "departments"}
    directory = written.directory(sheets["departments"]) if "departments" in sheets else Directory()
    earlier = {(str(form), str(key), str(field)): value for form, key, field, value in example.get("history", [])}
    fixed = {(str(form), str(key), str(field)): value for form, key, field, value in example.get("agreed", [])}
    agreed = Agreement("启动", date(2026, 11, 13), fixed) if fixed else None
    return check(tables, schema_of(example), directory, settings or Settings(), Calendar(), FRIDAY, earlier, agreed=agreed)


def test_every_rule_has_an_example_and_every_example_a_rule() -> None:
    assert len(RULES) > 30
    assert EXAMPLES.keys() == installed_rules().keys()


@pytest.mark.parametrize("code", EXAMPLES)
def test_it_reports_the_failing_example(code: str) -> None:
    example = EXAMPLES[code]
    found = [f for f in run(example, "fails") if f.code == code]
    assert [str(f.at) for f in found if f.at] == example["at"]
    assert found
    assert {f.severity for f in found} == {installed_rules()[code].severity}
    schema = schema_of(example)
    looked_at = set(installed_rules()[code].forms(schema))
    # What a form covers (the tasks of the responsibility matrix) is reported at the rows it does not cover.
    referred_to = {field.of for form_id in looked_at for field in schema.form(form_id).parents()}
    assert {f.form for f in found if f.form} <= looked_at | referred_to


@pytest.mark.parametrize("code", EXAMPLES)
def test_it_is_silent_about_the_passing_example(code: str) -> None:
    example = EXAMPLES[code]
    assert any(example["passes"].values())
    assert [str(f.at) for f in run(example, "passes") if f.code == code] == []


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_settings_switch_it_off_or_make_it_an_error(code: str) -> None:
    example = EXAMPLES[code]
    off = run(example, "fails", Settings(rules={code: "off"}))
    assert code not in {f.code for f in off}
    louder = run(example, "fails", Settings(rules={code: "error"}))
    assert {f.severity for f in louder if f.code == code} == {Severity.ERROR}


@pytest.mark.parametrize("lang", LANGS)
def test_its_words_have_no_place_left_open(lang: str) -> None:
    seen = 0
    for code, example in EXAMPLES.items():
        for finding in run(example, "fails"):
            for part in ("what", "why", "fix"):
                said = finding_text(finding, part, lang)
                assert "{" not in said, f"{code}: {said}"
                assert said.strip()
                seen += 1
    assert seen > 100


@pytest.mark.parametrize("lang", LANGS)
def test_all_rules_lists_every_code_of_the_catalogue(lang: str) -> None:
    listed = all_rules(lang)
    known = {found[1] for key in texts(lang) if (found := re.fullmatch(r"\w+\.([A-Z]\d{3})\.what", key))}
    assert {rule.code for rule in listed} == known
    assert known >= RULES.keys()
    assert all(rule.family_name and rule.what and rule.why and rule.fix for rule in listed)


def test_an_unknown_code_is_no_rule() -> None:
    with pytest.raises(KeyError):
        rule_text("X999", "zh")


def test_the_pages_are_what_the_script_writes() -> None:
    wanted = PAGES.pages()
    assert len(wanted) > len(RULES)
    stale = [
        name for name, text in wanted.items() if not (PAGES.FOLDER / name).is_file() or (PAGES.FOLDER / name).read_text("utf-8") != text
    ]
    left = [p.name for p in PAGES.FOLDER.glob("*.md") if p.name not in wanted]
    assert (stale, left) == ([], []), "run `python docs/make_rules.py`"


def test_the_list_knows_the_severities_of_the_other_stages() -> None:
    assert {code: OTHERS.get(code) for code in READING} == dict(READING)
    assert not OTHERS.keys() & RULES.keys()
    reported = {}
    for path in sorted((ROOT / "collab_xl" / "merge").glob("*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            match call:
                case ast.Call(args=[ast.Constant(str(code)), ast.Attribute(value=ast.Name("Severity"), attr=severity), *_]):
                    reported[code] = Severity[severity]
    assert len(reported) >= 5
    assert {code: OTHERS[code] if code in OTHERS else RULES[code].severity for code in reported} == reported
    unknown = [r.code for r in all_rules("zh") if r.severity is None and r.family != "S"]
    assert unknown == [], "give them a severity in rules/codes.py"


def test_no_severity_is_registered_for_a_code_without_words() -> None:
    assert [code for code in RULES if code not in codes()] == []


def test_it_is_quiet_about_an_empty_master() -> None:
    assert run({"fails": {"requirements": "| 需求编号 |", "tasks": "| 任务ID |", "problems": "| 问题编号 |"}}, "fails") == []


def test_examples_raise_only_what_they_are_about_in_their_family() -> None:
    """A passing example is a row a person may copy: nothing in it is an error."""
    wrong = {code: [f"{f.code} {f.at}" for f in run(e, "passes") if f.severity is Severity.ERROR] for code, e in EXAMPLES.items()}
    assert {code: found for code, found in wrong.items() if found} == {}
