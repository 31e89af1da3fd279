"""`forms list` and `forms check` from the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from forms.forms_of_tests import installed, visits, written
from typer.testing import CliRunner

from collab_xl import verbs
from collab_xl.cli import app
from collab_xl.errors import FINDINGS
from collab_xl.forms import BASIC, load

DAY = date(2026, 11, 20)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with installed(written(tmp_path / "forms", visits())):
        yield tmp_path


def run(*words: str | Path) -> tuple[int, dict[str, object]]:
    done = CliRunner().invoke(app, ["forms", *map(str, words), "--json"])
    return done.exit_code, json.loads(done.stdout)


def test_list_says_what_is_installed_in_use_and_new(folder: Path) -> None:
    master = folder / "m.xlsx"
    verbs.init(master, lang="zh", as_of=DAY, forms="tasks")
    code, body = run("list", master)
    assert code == 0
    states = {f["form"]: f["state"] for f in body["forms"]}  # type: ignore[attr-defined]
    assert states == {f.id: "current" if f.id in BASIC else "free" for f in load().forms}
    code, body = run("add", master, "visits")
    assert code == 0
    newer = visits()
    newer["version"] = 2
    newer["field"][8]["since"] = newer["choices"]["state"][3]["since"] = 2
    with installed(written(folder / "newer", newer)):
        body = run("list", master)[1]
        (mine,) = (f for f in body["forms"] if f["form"] == "visits")  # type: ignore[attr-defined]
        assert (mine["installed"], mine["in_use"], mine["state"], mine["table"]) == (2, 1, "older", "Visits")
        assert mine["new"] == ["客户等级", "作罢"]
    with installed(folder / "none"):
        body = run("list", master)[1]
        assert {f["form"]: f["state"] for f in body["forms"]}["visits"] == "lost"  # type: ignore[attr-defined]


def test_check_shows_every_fault_at_once(folder: Path) -> None:
    code, body = run("check")
    assert (code, body["faults"]) == (0, [])
    assert len(body["files"]) == len(load().forms)  # type: ignore[arg-type]
    broken = visits()
    broken["field"][1]["kind"] = "txt"
    broken["group"] = "middle"
    unknown = visits() | {"id": "calls", "table": "Calls", "key": {"prefix": "DH-", "width": 3}, "sheet": {"zh": "电话", "en": "Calls"}}
    unknown["rules"]["functions"] = ["weather"]
    with installed(written(folder / "broken", broken, unknown)):
        code, body = run("check", "--lang", "en")
    assert code == FINDINGS
    faults = {(Path(f["file"]).parent.name, f["key"]) for f in body["faults"]}  # type: ignore[attr-defined]
    assert faults == {("visits", "group"), ("visits", "field[2].kind"), ("calls", "rules.functions")}
    assert all(f["wrong"] and f["allowed"] for f in body["faults"])  # type: ignore[attr-defined]


def test_a_form_nobody_knows_is_wrong_usage(folder: Path) -> None:
    master = folder / "m.xlsx"
    verbs.init(master, lang="zh", as_of=DAY, forms="tasks")
    done = CliRunner().invoke(app, ["forms", "add", str(master), "vists"])
    assert done.exit_code == 2
    assert "visits" in done.output
