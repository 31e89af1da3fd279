"""How many workers read an inbox, and that they start before the verb needs them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from collab_xl.intake import readers

ALL = min(4, os.cpu_count() or 1)


@pytest.mark.parametrize(
    ("sizes", "workers"),
    [([30_000] * 8, 1), ([9 << 20] * 2, 1), ([200_000] * 8, ALL), ([1] * 2000, 1)],
    ids=["a small project", "two large files", "many packs", "many tiny files"],
)
def test_one_worker_is_enough_for_little(sizes: list[int], workers: int) -> None:
    assert readers.pool_for(sizes).count == workers


def test_the_workers_begun_early_are_used_once(tmp_path: Path) -> None:
    folder, file = tmp_path / "inbox", tmp_path / "one.xlsx"
    folder.mkdir()
    for n in range(3):
        (folder / f"{n}.xlsx").write_bytes(b"x" * (1 << 20))
    file.write_bytes(b"x")
    readers.begin([folder, file])
    with readers.pool_for([1]) as begun:
        assert begun.count == ALL, "the sizes of the files in the folder count"
    assert readers.pool_for([1]) is not begun


def test_nothing_begins_for_inputs_that_are_not_there(tmp_path: Path) -> None:
    readers.begin([tmp_path / "missing.xlsx", tmp_path])
    assert not readers._started
