"""A project played from its request form to its archive (benchmarks/play.py): few weeks here, eight in `make prove`."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.play import Play


@pytest.mark.parametrize("lang", ["zh"])
def test_a_project_from_request_to_archive(tmp_path: Path, lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collab_xl.excel.libreoffice.shutil.which", lambda program: None)  # its PDFs are tested elsewhere
    play = Play(tmp_path / "p", lang, 2)
    play.everything()
    assert (play.archive / "manifest.json").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_eight_weeks_from_request_to_archive(tmp_path: Path, lang: str) -> None:
    play = Play(tmp_path / "p", lang, 8)
    play.everything()
    assert len(list((play.archive / "weeks").glob("*.json"))) == 9
