"""Faults of this program while it works on one item: that item is skipped, the others go on, and the report names the fault."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.faults import Fault, keep, trace_of
from collab_xl.intake.pool import Result

NAMED = 3
"""Number of files a line names."""


class Faults:
    """Collects the faults of one run and keeps their tracebacks in `logs`."""

    def __init__(self, when: datetime, logs: Path | None) -> None:
        self.when, self.logs = when, logs
        self.found: list[Fault] = []

    def of(self, file: str, sha256: str, doing: str, error: Exception) -> Fault:
        """The fault of one item. A refusal (of the disk, the ledger, or a CollabError) is raised again: it stops the run."""
        if isinstance(error, (CollabError, OSError, sqlite3.Error)):
            raise error
        return self._keep(file, sha256, doing, type(error).__name__, trace_of(error))

    def of_result(self, file: str, sha256: str, doing: str, result: Result[Any]) -> Fault:
        """A fault in a worker; `result.trace` is its traceback."""
        return self._keep(file, sha256, doing, result.detail.partition(":")[0], result.trace)

    def _keep(self, file: str, sha256: str, doing: str, error: str, trace: str) -> Fault:
        fault = keep(trace, error=error, file=file, data_sha256=sha256, doing=doing, when=self.when, beside=self.logs)
        if fault not in self.found:
            self.found.append(fault)
        return fault


def fault_lines(faults: Sequence[Fault], lang: str) -> list[str]:
    """Lines for a person: which files, that the fault is the program's, and where the details are. Empty without faults."""
    if not faults:
        return []
    files = tuple(fault.file for fault in faults[:NAMED])
    logs = tuple(dict.fromkeys(fault.log or "–" for fault in faults[:NAMED]))
    return [text("verbs.say.faults", lang, count=len(faults), files=files, logs=logs)]
