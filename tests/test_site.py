"""The documentation site: it builds without a warning, loads nothing from a network, has each page in both languages, and the first day
can be walked through by typing what it says."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from e2e.command_line import command_line

from collab_xl.catalogue import LANGS
from collab_xl.options import PARAMETERS, TO_ALL
from collab_xl.verbs.table import VERBS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
DONE = {0, 3, 4}
LOADED = re.compile(
    r"""(?:<script[^>]*\ssrc|<link[^>]*rel="(?:stylesheet|preconnect|icon)"[^>]*href|<img[^>]*\ssrc)=["']?(https?:[^"'\s>]+)"""
)
COMMAND = re.compile(r"^(?:\$ |> )?(collab-xl .+)$", re.M)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(out)]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, [line for line in done.stderr.splitlines() if "WARNING" in line]
    return out


def pages(site: Path) -> dict[str, str]:
    return {path.relative_to(site).as_posix(): path.read_text("utf-8") for path in site.rglob("*.html") if path.name != "404.html"}


def test_nothing_is_loaded_from_a_network(site: Path) -> None:
    found = pages(site)
    assert len(found) > 300
    assert {name: LOADED.findall(text) for name, text in found.items() if LOADED.search(text)} == {}
    index = json.loads((site / "search" / "search_index.js").read_text("utf-8").partition("=")[2])
    assert {page["location"].startswith("en/") for page in index["docs"]} == {True, False}, "both languages are searched"
    if (ROOT / "node_modules" / "iframe-worker").is_dir():
        assert (site / "assets" / "shim.js").is_file()


def test_each_page_leads_to_itself_in_the_other_language(site: Path) -> None:
    for name, text in pages(site).items():
        switch = dict((lang, href) for href, lang in re.findall(r'<a href="([^"]+)" hreflang="(zh|en)"', text))
        assert set(switch) == set(LANGS), name
        assert all(((site / name).parent / href).resolve().is_file() for href in switch.values()), (name, switch)


def test_pages_for_people_are_in_both_languages() -> None:
    named = {lang: {path.name.removesuffix(f".{lang}.md") for path in DOCS.glob(f"*.{lang}.md")} for lang in LANGS}
    assert len(named["zh"]) > 10
    assert named["zh"] == named["en"]


def test_pages_from_data_are_current(tmp_path: Path) -> None:
    sys.path.insert(0, str(DOCS))
    try:
        from make_reference import write
    finally:
        sys.path.remove(str(DOCS))
    assert write(tmp_path) == 0
    made = sorted(tmp_path.glob("*.md"))
    assert len(made) == 4
    assert [path.name for path in made if (DOCS / path.name).read_text("utf-8") != path.read_text("utf-8")] == [], (
        "python docs/make_reference.py"
    )


@pytest.mark.parametrize("lang", LANGS)
def test_the_first_day_as_it_is_written(lang: str, tmp_path: Path) -> None:
    """A stranger types every command of the page, in an empty folder with the tracker of the page."""
    page = (DOCS / f"first-day.{lang}.md").read_text("utf-8")
    shutil.copy(DOCS / "files" / f"old-tracker.{lang}.xlsx", tmp_path)
    blocks = re.findall(r"```console\n\$ (.*?)\n(.*?)```", page, re.S)
    assert len(blocks) >= 6
    for command, printed in blocks:
        done = command_line(*shlex.split(command)[1:], cwd=tmp_path, env={"COLLAB_XL_LANG": lang})
        assert done.code in DONE, (command, done.code, done.err)
        assert printed.strip().splitlines()[0] in done.out + done.err, (command, done.out)


@pytest.mark.parametrize("lang", LANGS)
def test_commands_named_on_the_pages_exist(lang: str) -> None:
    """Their verbs and options. That the verbs run is shown by the examples of the help (test_readme.py)."""
    by_name = {verb.name: verb for verb in VERBS}
    seen = 0
    for path in DOCS.glob(f"*.{lang}.md"):
        for block in re.findall(r"```(?:console|)\n(.*?)```", path.read_text("utf-8"), re.S):
            for command in COMMAND.findall(block):
                words = command.split()[1:]
                if words[0].startswith("-"):
                    continue
                verb = by_name.get(" ".join(words[:2])) or by_name.get(words[0]) or by_name.get(f"{words[0]} make")
                assert verb is not None, (path.name, command)
                known = {flag for name in verb.takes for flag in getattr(PARAMETERS[name].shown, "param_decls", None) or ()}
                known |= {flag for shown in TO_ALL.values() for flag in shown.shown.param_decls} | {"--help"}
                assert {word for word in words if word.startswith("--")} <= known, (path.name, command)
                seen += 1
    assert seen > 20
