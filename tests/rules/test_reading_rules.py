"""Every rule of reading on its example (docs/rules/reading.toml): reported, not reported, switched off, more severe, in both languages."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from collab_xl.catalogue import LANGS, finding_text, text
from collab_xl.forms import Schema, load
from collab_xl.model.directory import Department, Directory
from collab_xl.model.finding import Finding, Severity, switched
from collab_xl.model.pack_texts import mark
from collab_xl.model.place import Area, parse_a1
from collab_xl.model.record import replace
from collab_xl.model.sheets import NumberFormats, Snapshot, TableRef
from collab_xl.model.values import Value
from collab_xl.plan.mail_text import own_templates
from collab_xl.read.calendar import calendar_of
from collab_xl.read.context import Context
from collab_xl.read.mail_texts import mail_texts_of
from collab_xl.read.outside import around, typed_on
from collab_xl.read.own_words import words_of
from collab_xl.read.remarks import SEVERITY
from collab_xl.read.sheet import parse_sheet
from collab_xl.read.table import parse_table
from collab_xl.rules.codes import OTHERS, all_rules, installed_rules

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES: dict[str, dict[str, Any]] = tomllib.loads((ROOT / "docs" / "rules" / "reading.toml").read_text("utf-8"))
PEOPLE = Directory.of((Department("市场部"), Department("研发部", aliases=("技术部",)), Department("销售部")))
SHEET = "任务"


def with_kinds(schema: Schema, kinds: Mapping[str, str]) -> Schema:
    """The forms with another kind for some columns: one that no installed form has."""
    forms = (replace(form, fields=tuple(replace(f, kind=kinds.get(f.id, f.kind)) for f in form.fields)) for form in schema.forms)
    return replace(schema, forms=tuple(forms)) if kinds else schema


def formats_of(codes: Mapping[str, str]) -> NumberFormats:
    """Number formats by cell."""
    cells = {parse_a1(cell): code for cell, code in codes.items()}
    return NumberFormats(lambda col: {r: code for (r, c), code in cells.items() if c == col}, frozenset(codes.values()))


def findings(example: Mapping[str, Any], rows: Sequence[Sequence[Value]], lang: str = "zh", *, failing: bool = True) -> list[Finding]:
    schema = with_kinds(load(), example.get("kinds", {}))
    if "list" in example:
        service = schema.service(example["list"])
        ids = [next(c.id for c in service.columns if c.heading["zh"] == heading) for heading in rows[0]]
        listed = [{**dict(zip(ids, row, strict=True)), "_row": n} for n, row in enumerate(rows[1:], 4)]
        if service.id == "mail_texts":
            return mail_texts_of(listed, own_templates("zh"), SHEET)[1]
        return words_of(listed, schema, "zh", SHEET)[1] if service.id == "words" else calendar_of(listed, True, SHEET)[1]
    period = tuple(example["period"]) if "period" in example else None
    context = Context(lang, PEOPLE if example.get("directory") else Directory(), period)
    below = example.get("more", []) if failing else []
    width = max(map(len, rows))
    cells = [[None if v == "" else v for v in [*row, *[None] * (width - len(row))]] for row in [*rows, *below]]
    formulas = {parse_a1(cell): text for cell, text in example.get("formulas", {}).items()} if failing else {}
    table = "Requirements" if example.get("form") == "requirements" else "Tasks"
    names = example["named"] if "named" in example and failing else [str(h) for h in rows[0]]
    ref = TableRef(table, SHEET, Area(1, 1, len(rows), len(names)), tuple(names))
    snapshot = Snapshot(
        SHEET,
        1,
        1,
        cells,
        formulas=formulas,
        uncached=frozenset(formulas),
        errors={parse_a1(cell): text for cell, text in example.get("errors", {}).items()} if failing else {},
        number_formats=formats_of(example.get("formats", {})),
        merges=tuple(Area.parse(m) for m in example.get("merges", ())) if failing else (),
        tables=(ref,) if example.get("ours") else (),
    )
    if example.get("front"):
        return typed_on(snapshot, {mark(text("model.pack.words_to_pmo", "zh"))}, "front")
    if example.get("pack"):
        read, found = parse_table(snapshot, ref, schema.form("tasks"), context)
        return found + around(snapshot, read, schema.form("tasks"), {})
    return (
        parse_table(snapshot, ref, schema.form("tasks"), context)[1]
        if example.get("ours")
        else parse_sheet(snapshot, schema, context).findings
    )


def test_every_rule_of_reading_has_an_example() -> None:
    assert len(SEVERITY) > 50
    assert EXAMPLES.keys() == SEVERITY.keys()


@pytest.mark.parametrize("code", EXAMPLES)
def test_it_reports_the_failing_example(code: str) -> None:
    example = EXAMPLES[code]
    found = [f for f in findings(example, example["fails"]) if f.code == code]
    assert sorted({f.at.cell for f in found if f.at}) == sorted(example["at"])
    assert {f.severity for f in found} == {SEVERITY[code]}


@pytest.mark.parametrize("code", EXAMPLES)
def test_it_is_silent_about_the_passing_example(code: str) -> None:
    example = EXAMPLES[code]
    found = findings(example, example["passes"], failing=False)
    assert [str(f.at) for f in found if f.code == code] == []
    assert [f.code for f in found if f.severity is Severity.ERROR] == []


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_settings_switch_it_off_or_give_it_another_severity(code: str) -> None:
    example = EXAMPLES[code]
    found = findings(example, example["fails"])
    assert code not in {f.code for f in switched(found, {code: "off"})}
    for word in Severity:
        assert {f.severity for f in switched(found, {code: word.value}) if f.code == code} == {word}


@pytest.mark.parametrize("lang", LANGS)
def test_its_words_have_no_place_left_open(lang: str) -> None:
    seen = 0
    for code, example in EXAMPLES.items():
        for finding in findings(example, example["fails"], lang):
            for part in ("what", "why", "fix"):
                said = finding_text(finding, part, lang)
                assert "{" not in said, f"{code}: {said}"
                assert said.strip()
                seen += 1
    assert seen > 150


def test_every_code_of_the_catalogue_is_proven_somewhere() -> None:
    """Rules of check and reading by their examples; the codes of merging, issuing and intake by a test that names the code."""
    tested = "\n".join(
        path.read_text("utf-8")
        for path in (ROOT / "tests").rglob("*")
        if path.suffix in (".py", ".json", ".toml") and path.name != Path(__file__).name and "rules" not in path.name
    )
    codes = {rule.code for rule in all_rules("zh")}
    assert len(codes) > 150
    assert installed_rules().keys() | SEVERITY.keys() <= codes
    elsewhere = codes - installed_rules().keys() - SEVERITY.keys()
    assert {code for code in elsewhere if code[0] in "HVRTPQ"} <= OTHERS.keys()
    assert [code for code in sorted(elsewhere) if code not in tested] == []
