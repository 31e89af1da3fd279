"""One decision for all open items of a department, a kind or a file; a row with a decision of its own keeps it."""

from __future__ import annotations

import pytest

from collab_xl.catalogue import LANGS
from collab_xl.merge.many_at_once import Wish, answers_for_many, many_words, wish_in
from collab_xl.model.merge import Candidate, Item, Kind
from collab_xl.model.plan import Provenance


def item(name: str, *departments: str, kind: Kind = Kind.CONFLICT, file: str = "") -> Item:
    candidates = tuple(Candidate(1, Provenance(department=d, file=file or f"{d}.xlsx")) for d in departments)
    return Item(name, kind, "tasks", name, "progress", 0, 0, candidates)


ITEMS = {
    i.id: i
    for i in (
        item("a", "市场部"),
        item("b", "市场部", kind=Kind.RIGHTS),
        item("c", "市场部", file="另一份.xlsx"),
        item("d", "研发部"),
        item("e", "市场部", "研发部"),
        item("f", "市场部", kind=Kind.NOT_ENTERED),
    )
}


def decided(wish: Wish, alone: set[str] = frozenset()) -> dict[str, str]:  # type: ignore[assignment]
    return {a.item: a.choice for a in answers_for_many([wish], ITEMS, alone)}


@pytest.mark.parametrize(("scope", "taken"), [(0, "abc"), (2, "ab"), (4, "acde")])
@pytest.mark.parametrize("lang", LANGS)
def test_each_entry_of_the_drop_down_and_what_it_decides(lang: str, scope: int, taken: str) -> None:
    """A row between two departments is decided by neither; what waits for the master to be mended is not taken in."""
    words = many_words(lang)
    take = wish_in(words[scope], ITEMS["a"], "对过了")
    assert take is not None
    assert decided(take) == dict.fromkeys(taken, "submission")
    keep = wish_in(words[scope + 1], ITEMS["a"], "")
    assert keep is not None
    assert set(decided(keep).values()) == {"master"}
    assert {a.reason for a in answers_for_many([take], ITEMS, ())} == {"对过了"}


def test_a_row_with_a_decision_of_its_own_keeps_it() -> None:
    wish = wish_in(many_words("zh")[0], ITEMS["a"], "")
    assert wish is not None
    assert decided(wish, {"b"}) == {"a": "submission", "c": "submission"}


def test_other_words_and_a_row_of_two_departments_say_nothing_of_many() -> None:
    assert wish_in("采用报送", ITEMS["a"], "") is None
    assert wish_in(None, ITEMS["a"], "") is None
    assert wish_in(many_words("zh")[0], ITEMS["e"], "") is None
