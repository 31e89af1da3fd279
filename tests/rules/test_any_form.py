"""For any valid form and any cells, check and flag return, twice the same result, with complete sentences."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from forms.generated import forms
from hypothesis import given, settings
from hypothesis import strategies as st
from rules.test_any_value import FRIDAY, PEOPLE, sheets

from collab_xl.catalogue import finding_text
from collab_xl.forms import load
from collab_xl.forms.read import form_of
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.record import replace
from collab_xl.model.values import same_value
from collab_xl.rules.case import Case
from collab_xl.rules.check import check
from collab_xl.rules.clocks import running
from collab_xl.rules.computed import COMPUTED
from collab_xl.rules.flag import flag
from collab_xl.settings import Settings

COMPUTES = {"late_days": "whole", "age_days": "whole", "gap": "percent"}


@st.composite
def more(draw: st.DrawFn) -> dict[str, Any]:
    """A generated form with what only some forms have: computed columns, several clocks, limits, one of a group, named checks."""
    data = draw(forms())
    fields = data["field"]
    roles = {f["role"] for f in fields if f.get("role")}
    ids = [f["id"] for f in fields]
    for name, kind in COMPUTES.items():
        if roles.issuperset(COMPUTED[name].roles) and draw(st.booleans()):
            fields.append({"id": name, "kind": kind, "access": "C", "compute": name, "zh": f"算{name}", "en": f"Computed {name}"})
    for clock in data.get("clock", ()):
        clock |= draw(st.sampled_from(({}, {"per": draw(st.sampled_from(ids))}, {"when": {"state": "open"}, "stops": ids[-2:]})))
    numbers = [f["id"] for f in fields if f["kind"] in ("whole", "amount", "percent")]
    if numbers and draw(st.booleans()):
        over = {"field": draw(st.sampled_from(numbers)), "limit": 0.2, "setting": "over.made.x", "code": "V113", "escalate": True}
        data["rules"]["over"] = [over]
    lists = [f for f in fields if f["kind"] in ("choice", "choices")]
    if lists and draw(st.booleans()):
        of = draw(st.sampled_from(lists))
        value = data["choices"][of["choices"]][0]["id"]
        per = draw(st.lists(st.sampled_from(ids), min_size=1, max_size=2))
        data["rules"]["exactly_one"] = [{"field": of["id"], "value": value, "per": per, "code": "V113"}]
    if draw(st.booleans()):
        data["rules"]["functions"] = draw(st.permutations(CHECKS))[: draw(st.integers(0, len(CHECKS)))]
    if draw(st.booleans()) and "due" in roles:
        data["due"] = data.get("due", {"warn": "T302", "overdue": "T306", "escalate": "T303", "listed": draw(st.booleans())})
    return data


CHECKS = (
    "same_title", "listed_twice", "owner_twice", "stale", "progress_back", "behind_plan", "predecessors", "late_predecessors",
    "parent_and_parts", "after_parent", "one_resource_twice",
)  # fmt: skip


ASKED = (st.data(), more(), st.sampled_from([PEOPLE, Directory()]), st.sampled_from(["working", "calendar"]))


@settings(max_examples=30, deadline=None)
@given(*ASKED)
def test_check_and_flag_answer_for_any_form_whatever_its_cells_hold(
    data: st.DataObject, made: dict[str, Any], people: Directory, count: str
) -> None:
    judged(data, made, people, count)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(*ASKED)
def test_check_and_flag_answer_for_very_many_forms(data: st.DataObject, made: dict[str, Any], people: Directory, count: str) -> None:
    judged(data, made, people, count)


def judged(data: st.DataObject, made: dict[str, Any], people: Directory, count: str) -> None:
    form = form_of(made)
    schema = replace(load(), forms=(*load().forms, form))
    names = data.draw(st.sets(st.sampled_from([f.id for f in load().forms]), max_size=3))
    tables = {f.id: data.draw(sheets(f)) for f in schema.forms if f.id in names or f.id == form.id}
    history = {(form.id, "RW-001", f.id): 0.5 for f in form.fields}
    options, calendar = Settings(day_count=count), Calendar()
    found = check(tables, schema, people, options, calendar, FRIDAY, history)
    assert found == check(dict(reversed(tables.items())), schema, people, options, calendar, FRIDAY, history)
    flags = flag(tables, options, calendar, FRIDAY, schema, people)
    assert [f for f in found if f.code.startswith("T")] == list(flags.findings)
    for finding in found:
        for lang in ("zh", "en"):
            assert finding_text(finding, "what", lang)
    for change in flags.changes:
        assert not same_value(change.old, change.new)
        assert schema.form(change.form).field(change.field).access == "C"
    for line in flags.overdue:
        assert line.days > 0
    assert [line.number for line in flags.escalations] == list(range(1, len(flags.escalations) + 1))
    for clock in running(Case(tables, schema, people, options, calendar, FRIDAY)):
        assert clock.is_out(date(9999, 12, 31)) or clock.until >= clock.since  # type: ignore[operator]
