"""The sample trackers: 01 to 06 were made for this project and lie in tests/cases/samples, 07 and 08 are public workbooks that may lie
beside the repository (shared/samples) and are read from there only."""

from __future__ import annotations

from pathlib import Path

import pytest

OWN = Path(__file__).resolve().parent / "cases" / "samples"
BESIDE = Path(__file__).resolve().parents[2] / "shared" / "samples"


def sample(start: str) -> Path:
    """The file whose name begins so. One that is not ours skips with its name when it is not there."""
    found = [p for folder in (OWN, BESIDE) for p in sorted(folder.glob(f"{start}*")) if p.suffix in (".xlsx", ".csv")]
    if not found:
        pytest.skip(f"missing: sample {start} beside the repository (shared/samples)")
    return found[0]


def samples(suffix: str = ".xlsx") -> list[Path]:
    """All that are there, ours first."""
    names: dict[str, Path] = {}
    for folder in (OWN, BESIDE):
        for path in sorted(folder.glob(f"*{suffix}")):
            names.setdefault(path.name, path)
    return list(names.values())
