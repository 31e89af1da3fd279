"""Layouts people use, one feature at a time, in pairs and thrown together: every table found, every record and value right."""

from __future__ import annotations

import itertools
import random

import pytest
from layouts import FEATURES, FORMS, Layout, allowed, build

from collab_xl.model.directory import Directory
from collab_xl.model.submission_log import InMemory
from collab_xl.read.context import Context
from collab_xl.verbs.receiving.reading import Job, survey_job


def differences(layout: Layout) -> list[str]:
    """What is read otherwise than the layout says; nothing when all is right."""
    data = build(layout)
    survey = survey_job(Job("", "book.xlsx", InMemory(data), Context(layout.lang, Directory())))
    found = [t for _, parsed in survey.sheets for t in parsed.tables]
    findings = [f for _, parsed in survey.sheets for f in parsed.findings]
    out: list[str] = []
    got = [(t.form, t.sheet, t.heading_rows, list(t.rows)) for t in found]
    wanted = [(e.form, e.sheet, e.heading_rows, sorted(e.records)) for e in layout.expected]
    if got != wanted:
        return [f"tables {got}, wanted {wanted}"]
    for table, expected in zip(found, layout.expected, strict=True):
        if dict(table.columns) != expected.columns:
            out.append(f"columns {dict(table.columns)}, wanted {expected.columns}")
            continue
        for i, row in enumerate(table.rows):
            for f, value in expected.records[row].items():
                if table.get(i, f) != value:
                    out.append(f"{table.at(i, f)}: {table.get(i, f)!r}, wanted {value!r}")
    out += [f"{f.at} {f.code} {f.found}" for f in findings if f.severity == "error"]
    return out


ONE = [frozenset(), *(frozenset({f}) for f in FEATURES)]
TWO = [frozenset(p) for p in itertools.combinations(FEATURES, 2) if allowed(frozenset(p))]


def thrown(count: int, seed: int) -> list[Layout]:
    rng = random.Random(seed)
    out: list[Layout] = []
    while len(out) < count:
        features = frozenset(rng.sample(FEATURES, rng.randint(3, 9)))
        if not all(allowed(frozenset(p)) for p in itertools.combinations(features, 2)):
            continue
        form = rng.choice(list(FORMS))
        others = [f for f in FORMS if f != form]
        layout = Layout(features, form, rng.choice(["zh", "zh", "en"]), rng.randint(3, 6), rng.randrange(10_000))
        if rng.random() < 0.3:
            layout.beside = rng.choice(others)
        if rng.random() < 0.3:
            layout.below = rng.choice(others)
        out.append(layout)
    return out


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("form", list(FORMS))
def test_each_feature_alone(form: str, lang: str) -> None:
    wrong = {str(layout): diff for features in ONE if (diff := differences(layout := Layout(features, form, lang)))}
    assert wrong == {}


def test_features_in_pairs() -> None:
    assert len(TWO) > 500
    rng = random.Random(7)
    some = rng.sample(TWO, 120)
    wrong = {
        str(layout): diff for f in some if (diff := differences(layout := Layout(f, rng.choice(list(FORMS)), rng.choice(["zh", "en"]))))
    }
    assert wrong == {}


def test_features_thrown_together() -> None:
    wrong = {str(layout): diff for layout in thrown(120, 1) if (diff := differences(layout))}
    assert wrong == {}


@pytest.mark.slow
def test_every_pair_and_a_thousand_mixtures() -> None:
    every = [Layout(f, form, lang) for f in TWO for form in FORMS for lang in ("zh", "en")] + thrown(1000, 2)
    wrong = {str(layout): diff for layout in every if (diff := differences(layout))}
    assert wrong == {}
