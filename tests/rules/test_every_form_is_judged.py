"""Every form is judged: by a rule that not every form has, by a clock, or by a block or figure of the report."""

from __future__ import annotations

import pytest

from collab_xl.forms import Form, Schema, load
from collab_xl.forms.form import Rules
from collab_xl.model.record import replace
from collab_xl.rules.codes import rules_of


def looked_at_by(form: Form, schema: Schema) -> set[str]:
    """The rules, clocks, blocks and figures that apply to this form and not to a form with only a key and a title."""
    bare = replace(
        form,
        fields=tuple(replace(f, required=f.role == "key") for f in form.fields if f.role in ("key", "title")),
        due=None,
        clocks=(),
        escalations=(),
        rules=Rules(),
        block=None,
        figures=(),
    )
    found = {code for code, rule in rules_of(schema).items() if rule.looks_at(form, schema) and not rule.looks_at(bare, schema)}
    found |= {f"clock {clock.id}" for clock in form.clocks} | {f"figure {figure.id}" for figure in form.figures}
    return found | ({"block"} if form.block else set())


@pytest.mark.parametrize("form", load().forms, ids=lambda form: form.id)
def test_an_installed_form_is_looked_at(form: Form) -> None:
    assert looked_at_by(form, load())


def test_a_form_that_nothing_looks_at_is_seen() -> None:
    form = load().form("problems")
    unseen = replace(
        form,
        fields=tuple(replace(f, required=f.kind == "key", role=f.role if f.role in ("key", "title") else "") for f in form.fields[:1])
        + tuple(replace(f, required=False) for f in form.fields if f.role == "title"),
        due=None, clocks=(), escalations=(), rules=Rules(), block=None,
    )  # fmt: skip
    assert looked_at_by(unseen, load()) == set()
    assert looked_at_by(replace(unseen, fields=form.fields), load()) > {"P402", "P401", "V104"}
