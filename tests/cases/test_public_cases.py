"""The cases beside the repository (`shared/cases/public`): each asks through the command line for what its README says is right."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = next((p / "shared" / "cases" / "public" for p in ROOT.parents if (p / "shared" / "cases" / "public").is_dir()), None)
CASES = (
    "01-js-dates-43-seconds", "04-chinese-builtin-date-formats", "06-new-excel-errors", "12-encrypted-by-company-software",
    "14-feishu-export", "15-csv-guards", "16-wbs-ten", "20-one-column-sorted", "21-master-saved-by-libraries",
    "25-tracker-written-by-sheetjs", "26-times-without-a-day", "27-year-without-its-notice",
)  # fmt: skip
FROM_NPM = {
    "01-js-dates-43-seconds": ("xlsx",),
    "21-master-saved-by-libraries": ("xlsx", "exceljs"),
    "25-tracker-written-by-sheetjs": ("xlsx",),
}
"""Case → the packages of npm that make its inputs."""
NODE_PATH = os.environ.get("NODE_PATH", str(ROOT / "node_modules"))


def missing(case: str) -> str:
    """What of the case is not here; "" if all is."""
    if PUBLIC is None or not (PUBLIC / case).is_dir():
        return f"shared/cases/public/{case} beside the repository"
    packages = FROM_NPM.get(case, ())
    if packages and shutil.which("node") is None:
        return "node"
    return ", ".join(f"{name} of npm (NODE_PATH)" for name in packages if not (Path(NODE_PATH) / name).is_dir())


def command(folder: Path) -> Path:
    """A command that runs this repository's command line."""
    path = folder / "collab-xl"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "from collab_xl.cli import main; main()" "$@"\n', encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_every_case_has_its_test() -> None:
    if PUBLIC is None:
        pytest.skip("missing: shared/cases/public beside the repository")
    assert {path.parent.name for path in PUBLIC.glob("*/check.py")} == set(CASES)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_a_public_case_is_right(case: str, tmp_path: Path) -> None:
    if what := missing(case):
        pytest.skip(f"missing: {what}")
    assert PUBLIC is not None
    folder = shutil.copytree(PUBLIC, tmp_path / "public")
    told = {"COLLAB_XL": str(command(tmp_path)), "NODE_PATH": NODE_PATH, "TMPDIR": str(tmp_path), "PYTHONWARNINGS": "ignore"}
    env = {**os.environ, **told, "PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))}
    done = subprocess.run([sys.executable, str(folder / case / "check.py")], cwd=folder, env=env, capture_output=True, timeout=900)
    said = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, said + done.stderr.decode("utf-8", "replace")[-2000:]
    assert "ok   " in said
