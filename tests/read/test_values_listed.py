"""What people write, cell by cell: tests/cases/values.tsv."""

from __future__ import annotations

import pytest
from values_as_listed import CONTEXTS, Case, cases

from collab_xl.model.finding import Severity
from collab_xl.read.remarks import SEVERITY

CASES = list(cases())


@pytest.mark.parametrize("case", CASES, ids=[f"line{c.line}" for c in CASES])
def test_a_cell_is_read_as_the_table_says(case: Case) -> None:
    assert case.read() == (case.value, case.codes), case


def test_the_table_is_large_and_knows_no_silent_loss() -> None:
    assert len(CASES) > 1_000
    assert {c.context for c in CASES} == set(CONTEXTS)
    assert len({c.place for c in CASES}) > 14
    for case in CASES:
        if case.value.startswith("?"):
            assert any(SEVERITY[code] is Severity.ERROR for code in case.codes), case
    said = {code for c in CASES for code in c.codes}
    assert said >= {code for code in SEVERITY if code.startswith("V")} - {
        "V209",
        "V212",
        "V213",
        "V218",
        "V223",
        "V232",
        "V246",
        "V250",
        "V252",
    }, "these need a second cell, V246 a number format, V218 a form with an amount (tests/forms)"
