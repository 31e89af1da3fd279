"""Results are fetched while the caller works; errors on either side are raised."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from collab_xl.intake.pool import Result, SafePool
from collab_xl.project.fetching import fetched_during


def test_both_sides_go_on_at_the_same_time():
    worked = threading.Event()
    fetching = threading.Event()

    def results() -> Iterator[int]:
        yield 1
        fetching.set()
        assert worked.wait(10), "the work did not go on while results were fetched"
        yield 2

    def work() -> None:
        assert fetching.wait(10), "no result was fetched while the work went on"
        worked.set()

    assert fetched_during(results(), work) == [1, 2]


def test_an_error_of_the_results_is_raised():
    def results() -> Iterator[int]:
        yield 1
        raise ValueError("told")

    with pytest.raises(ValueError, match="told"):
        fetched_during(results(), lambda: None)


def test_an_error_of_the_work_ends_the_fetching():
    fetched: list[int] = []
    started = threading.Event()

    def results() -> Iterator[int]:
        for n in range(1_000_000):
            started.set()
            fetched.append(n)
            yield n

    def work() -> None:
        started.wait(10)
        raise KeyError("master")

    with pytest.raises(KeyError):
        fetched_during(results(), work)
    assert len(fetched) < 1_000_000
    assert not any(t.daemon and t.name.startswith("Thread") and "fetch" in t.name for t in threading.enumerate())


def test_a_pool_goes_on_while_the_caller_is_busy():
    with SafePool(workers=1) as pool:
        found: list[Result[int]] = fetched_during(pool.map(abs, [-1, -2, -3]), lambda: sum(range(300_000)))
    assert [r.value for r in found] == [1, 2, 3]
