"""A master that is sent in is refused by what it says of itself: its thirty sheets are not read."""

from __future__ import annotations

from pathlib import Path

from collab_xl.model.directory import Directory
from collab_xl.model.submission_log import InMemory
from collab_xl.read.context import Context
from collab_xl.verbs.receiving.reading import Job, read_job, survey_job

TEMPLATE = Path(__file__).parents[2] / "workbook_templates" / "master.zh.xlsx"


def test_no_sheet_of_a_master_is_read_where_packs_are_received() -> None:
    job = Job("0", "主表.xlsx", InMemory(TEMPLATE.read_bytes()), Context("zh", Directory()))
    reading = read_job(job)
    assert reading.scan.claims["kind"] == "master"
    assert not reading.tables
    assert not reading.findings
    assert survey_job(job).sheets, "an import reads it"
