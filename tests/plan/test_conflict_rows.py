"""What a row of the conflicts sheet shows about its candidates."""

from __future__ import annotations

from datetime import datetime

import pytest

from collab_xl.forms import load
from collab_xl.model.merge import Candidate, Item, Kind
from collab_xl.model.plan import Provenance
from collab_xl.plan.rows import candidate_text


@pytest.mark.parametrize(("lang", "words"), [("zh", "该部门无权改"), ("en", "not permitted to edit this")])
def test_a_hand_made_proposal_says_that_its_department_has_no_right(lang: str, words: str) -> None:
    source = Provenance("0" * 64, "市场部", "", "li@example.com", datetime(2026, 11, 20, 9))
    for no_right in (True, False):
        item = Item("1", Kind.HAND_MADE, "tasks", "RW-001", "risk", None, "a", (Candidate("b", source, no_right=no_right),))
        said = candidate_text(item, load().form("tasks"), lang)
        assert (words in said) is no_right
        assert said.startswith("b")
        assert "市场部" in said
