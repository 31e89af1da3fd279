"""`collab-xl addin …` as a person runs it: two builds are one file, an installation into a folder comes and goes, refusals are in words."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from e2e.command_line import command_line

from collab_xl import __version__
from collab_xl.addin.build import build
from collab_xl.addin.installed import settings_in
from collab_xl.catalogue import LANGS, texts


def env(tmp_path: Path, **more: str) -> dict[str, str]:
    """A home of its own: what is installed is noted there and nowhere else."""
    home = {name: str(tmp_path) for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA")}
    return {**home, "XDG_STATE_HOME": str(tmp_path / "state"), **more}


def test_two_builds_by_two_processes_in_two_places_are_one_file(tmp_path: Path) -> None:
    built = []
    for name, zone, lang in (("a", "Asia/Shanghai", "zh"), ("乙", "America/New_York", "en")):
        folder = tmp_path / name
        done = command_line("addin", "build", "--out", folder, "--json", env=env(tmp_path, TZ=zone, COLLAB_XL_LANG=lang), real=True)
        assert done.code == 0, done.err
        data = (folder / "collab_xl.xlam").read_bytes()
        assert done.json["size_bytes"] == len(data)
        built.append((data, done.json["sha256"]))
    assert built[0] == built[1]
    assert built[0][0] == build()


def test_without_a_folder_it_is_built_here(tmp_path: Path) -> None:
    done = command_line("addin", "build", cwd=tmp_path, env=env(tmp_path, COLLAB_XL_LANG="en"))
    assert done.code == 0
    assert (tmp_path / "collab_xl.xlam").read_bytes() == build()
    assert "SHA-256" in done.out


def test_a_file_may_be_named(tmp_path: Path) -> None:
    done = command_line("addin", "build", "--out", "dist/collab_xl-0.1.0.xlam", cwd=tmp_path, env=env(tmp_path))
    assert done.code == 0, done.err
    assert (tmp_path / "dist" / "collab_xl-0.1.0.xlam").read_bytes() == build()


def test_a_company_builds_one_with_its_own_path_of_python(tmp_path: Path) -> None:
    python = "C:\\Program Files\\collab\\python.exe"
    done = command_line("addin", "build", "--python", python, cwd=tmp_path, env=env(tmp_path))
    assert done.code == 0, done.err
    assert settings_in((tmp_path / "collab_xl.xlam").read_bytes())["INTERPRETER_WIN"] == python


@pytest.mark.parametrize("lang", LANGS)
def test_a_folder_of_ones_own_comes_and_goes(lang: str, tmp_path: Path) -> None:
    folder = tmp_path / "加载项"
    folder.mkdir()
    said = env(tmp_path, COLLAB_XL_LANG=lang)
    assert command_line("addin", "install", "--to", "加载项", cwd=tmp_path, env=said).code == 0
    written = settings_in((folder / "collab_xl.xlam").read_bytes())
    assert written["VERSION"] == __version__
    assert sys.executable in written.values(), "this machine's interpreter"
    gone = command_line("addin", "uninstall", env=said)
    assert gone.code == 0
    assert str(folder) in gone.out
    assert not list(folder.iterdir())
    nothing = command_line("addin", "uninstall", env=said)
    assert (nothing.code, nothing.out.count("\n")) == (0, 2), "nothing deleted; how to have it again"


@pytest.mark.parametrize("lang", LANGS)
def test_refusals_say_what_why_and_what_to_do(lang: str, tmp_path: Path) -> None:
    said = env(tmp_path, COLLAB_XL_LANG=lang)
    for words in (("install", "--to", tmp_path / "none"), ("build", "--python", "python"), ("build", "--out", tmp_path / "file" / "x")):
        (tmp_path / "file").write_text("")
        done = command_line("addin", *words, cwd=tmp_path, env=said)
        assert (done.code, done.out) == (5, ""), words
        assert done.err.count("\n") == 3, done.err
        assert "None" not in done.err


@pytest.mark.parametrize("lang", LANGS)
def test_the_examples_of_the_help_run(lang: str, tmp_path: Path) -> None:
    said = env(tmp_path, COLLAB_XL_LANG=lang)
    for name, code in (("addin_build", 0), ("addin_install", 5 if sys.platform == "darwin" else 0), ("addin_uninstall", 0)):
        example = texts(lang)[f"verbs.help.{name}"].rpartition("collab-xl ")[2]
        done = command_line(*example.split(), cwd=tmp_path, env=said)
        assert done.code == code, (example, done.err)
        assert example in command_line(*example.split()[:2], "--help", env={**said, "COLUMNS": "200"}).out
    assert (tmp_path / "dist" / "collab_xl.xlam").is_file()


def test_a_verb_without_its_second_word_is_wrong_usage(tmp_path: Path) -> None:
    assert command_line("addin", env=env(tmp_path)).code == 2
    assert command_line("addin", "remove", env=env(tmp_path)).code == 2
