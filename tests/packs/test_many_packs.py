"""Many packs are built by several processes; they are the same bytes, and a worker that fails costs no pack."""

from __future__ import annotations

import importlib
import os

import pytest
from test_pack_workbook import PEOPLE, planned

from collab_xl.build.pack import PackJob, build_pack_job
from collab_xl.forms import load

issue = importlib.import_module("collab_xl.verbs.issue")
JOB = PackJob(planned(), load(), "zh", PEOPLE, "token", "项目", "P1", {("tasks", "status"): ("搞定",)})


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issue, "MANY", 3)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def test_workers_build_the_same_bytes() -> None:
    here = build_pack_job(JOB)
    assert list(issue._built([JOB] * 4)) == [here] * 4


def test_what_a_worker_could_not_build_is_built_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issue, "SECONDS", 0.0)  # every worker is too slow
    assert list(issue._built([JOB] * 3)) == [build_pack_job(JOB)] * 3


def test_few_packs_start_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(issue.SafePool, "__enter__", refused)
    assert len(list(issue._built([JOB] * 2))) == 2


def test_an_error_is_raised_here() -> None:
    bad = PackJob(JOB.plan, JOB.schema, "no language", JOB.directory, "token", "项目", "P1", {})
    with pytest.raises(KeyError):
        list(issue._built([bad] * 3))
