"""Reading jobs with a fault of the program put in: a child process imports them by name and runs the real job with one function broken."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from collab_xl.intake.package import PackageScan
from collab_xl.model.submission_log import Content
from collab_xl.verbs.receiving import reading, returning
from collab_xl.verbs.receiving.reading import Job, Reading, Survey

MARK = "坏了"
"""A file with this in its name meets the fault."""


def _broken(*_: Any, **__: Any) -> Any:
    return {}["risks"]


def read_job(job: Job) -> Reading:
    with patch.object(reading, "parse_table" if MARK in job.file else "_unused", _broken, create=True):
        return reading.read_job(job)


def read_job_with_a_broken_scan(job: Job) -> Reading:
    with patch.object(reading, "look" if MARK in job.file else "_unused", _broken, create=True):
        return reading.read_job(job)


def scan_job_broken(item: tuple[str, Content]) -> PackageScan:
    with patch.object(reading, "look", _broken):
        return reading.scan_job(item)


def survey_job(job: Job) -> Survey:
    with patch.object(reading, "parse_sheet" if MARK in job.file else "_unused", _broken, create=True):
        return reading.survey_job(job)


def return_job(job: returning.ReturnJob) -> returning.MarkedBook:
    with patch.object(returning, "extension", _broken):
        return returning.return_job(job)
