from datetime import date, datetime

import pytest

from collab_xl.errors import CollabError
from collab_xl.model.run import Run
from collab_xl.plan.undo_choice import run_to_redo, runs_to_undo

KINDS = {"data": (True, True), "conflicts": (False, True), "flag": (True, False), "issue": (False, False)}


def chain(*kinds: str) -> list[Run]:
    """Runs 1, 2, … of the kinds given; `undo 3,2` takes back runs 3 and 2, `redo 4` the undo 4."""
    runs = []
    for n, kind in enumerate(kinds, 1):
        undoes = tuple(f"R{int(u):04d}-aaaa" for u in kind.partition(" ")[2].split(",") if u)
        changed, merged = KINDS.get(kind, (True, False))
        moment = datetime(2026, 11, 20, 9)
        runs.append(Run(f"R{n:04d}-aaaa", n, None, kind, date(2026, 11, 20), moment, "zh", "", {}, undoes, changed, merged))
    return runs


def chosen(runs: list[Run], wanted: str | None = None) -> list[int]:
    return [run.number for run in runs_to_undo(runs, wanted)]


@pytest.mark.parametrize(
    ("kinds", "numbers"),
    [
        (["issue", "data", "issue"], [2]),
        (["data", "flag"], [2]),
        (["data", "conflicts"], [2]),  # a resolve that kept everything is a step of its own
        (["data", "flag", "undo 2"], [1]),  # the one before
        (["data", "flag", "undo 2", "issue"], [1]),
        (["data", "undo 1", "data"], [3]),
        (["data", "flag", "undo 2", "redo 3"], [2]),
        (["data", "flag", "data", "undo 3,2"], [1]),
        (["data", "undo 1", "undo 2"], [1]),  # recorded by an earlier version: a redo
    ],
)
def test_undo_takes_the_newest_undoable_run_that_is_not_taken_back_yet(kinds: list[str], numbers: list[int]) -> None:
    assert chosen(chain(*kinds)) == numbers


@pytest.mark.parametrize(
    ("kinds", "number"),
    [
        (["data", "flag", "undo 2"], 3),
        (["data", "flag", "undo 2", "undo 1"], 4),
        (["data", "flag", "undo 2", "undo 1", "redo 4"], 3),
        (["data", "flag", "undo 2", "issue", "issue"], 3),
        (["data", "flag", "undo 2", "data", "undo 4"], 5),
        (["data", "undo 1", "undo 2", "undo 1"], 4),
        (["data", "undo 1", "redo 2", "undo 1"], 4),
    ],
)
def test_redo_takes_the_latest_undo_in_effect(kinds: list[str], number: int) -> None:
    assert run_to_redo(chain(*kinds)).number == number


@pytest.mark.parametrize(
    "kinds",
    [
        [],
        ["data", "issue"],
        ["data", "undo 1", "data"],  # cut off
        ["data", "undo 1", "conflicts"],
        ["data", "undo 1", "redo 2"],
        ["data", "flag", "undo 2", "data", "undo 4", "redo 5"],
    ],
)
def test_nothing_to_redo(kinds: list[str]) -> None:
    with pytest.raises(CollabError) as refused:
        run_to_redo(chain(*kinds))
    assert refused.value.code == "nothing_to_redo"


@pytest.mark.parametrize("wanted", ["2", "R2", "r0002", "R0002-aaaa", " R0002-AAAA "])
def test_undo_run_takes_it_and_all_later_ones_latest_first(wanted: str) -> None:
    assert chosen(chain("data", "data", "issue", "flag", "conflicts", "undo 5", "data"), wanted) == [7, 4, 2]


@pytest.mark.parametrize(
    ("kinds", "wanted", "code"),
    [
        ([], None, "nothing_to_undo"),
        (["issue"], None, "nothing_to_undo"),
        (["data", "undo 1"], None, "nothing_to_undo"),
        (["data", "undo 1"], "2", "undo_of_undo"),
        (["data"], "9", "unknown_run"),
        (["data"], "R0001-bbbb", "unknown_run"),
        (["data"], "last", "unknown_run"),
        (["data", "undo 1"], "1", "already_undone"),
        (["data", "issue"], "2", "not_undoable"),
    ],
)
def test_what_cannot_be_undone_is_said(kinds: list[str], wanted: str | None, code: str) -> None:
    with pytest.raises(CollabError) as refused:
        chosen(chain(*kinds), wanted)
    assert refused.value.code == code


def test_conflicts_alone_can_be_undone_by_name() -> None:
    assert chosen(chain("data", "conflicts"), "2") == [2]
