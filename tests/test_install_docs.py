"""The install pages say what the program says: lines shown are the program's own, commands exist, both languages have the same parts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from e2e.command_line import command_line
from lxml import etree

from collab_xl import __version__
from collab_xl.addin.sources import macros_folder, read
from collab_xl.catalogue import LANGS, text
from collab_xl.kit.targets import PLATFORMS
from collab_xl.verbs.next_step import NextStep

ROOT = Path(__file__).resolve().parents[1]
STARTUP = r"C:\Users\li\AppData\Roaming\Microsoft\Excel\XLSTART\collab_xl.xlam"
SAID = (
    ("verbs.say.addin_new", {"path": STARTUP}),
    ("verbs.say.addin_python", {"python": r"C:\Users\li\collab\Scripts\python.exe"}),
)


def page(lang: str) -> str:
    return (ROOT / "docs" / f"install.{lang}.md").read_text("utf-8")


@pytest.mark.parametrize("lang", LANGS)
def test_what_is_shown_is_what_is_said(lang: str) -> None:
    lines = [line.strip() for line in page(lang).splitlines()]
    for key, facts in SAID:
        assert text(key, lang, **facts) in lines
    assert NextStep("open_excel", "doctor").as_command(lang) in lines


@pytest.mark.parametrize("lang", LANGS)
def test_five_steps_for_each_system(lang: str) -> None:
    parts = page(lang).split("\n## ")
    steps = {part.split()[0].rstrip("："): len(re.findall(r"^\d\. \*\*", part, re.MULTILINE)) for part in parts[1:]}
    assert {name.partition("：")[0]: count for name, count in steps.items() if count == 5} == {"Windows": 5, "Mac": 5}
    assert len(parts) == 8


def test_both_languages_have_the_same_parts() -> None:
    for name in ("install", "it"):
        shapes = []
        for lang in LANGS:
            text_of = (ROOT / "docs" / f"{name}.{lang}.md").read_text("utf-8")
            rows, blocks = len(re.findall(r"^\|", text_of, re.MULTILINE)), text_of.count("```")
            shapes.append((text_of.count("\n## "), rows, blocks, sorted(re.findall(r"`(--[a-z-]+)", text_of))))
        assert shapes[0] == shapes[1], name


@pytest.mark.parametrize("lang", LANGS)
def test_the_kit_is_told_as_it_is(lang: str) -> None:
    """Options, file names and the folder that the pages name are those of the program."""
    both = page(lang) + (ROOT / "docs" / f"it.{lang}.md").read_text("utf-8")
    options = {"--platform", "--python", "--installer", "--out", "--check", "--to", "--no-addin", "--quiet"}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", both)) - {"--no-index", "--require-hashes", "--version", "--no-deps"}
    named -= {"--server", "--client", "--tenant", "--send"}  # of `mailbox set` and `send`
    assert named == options
    script = (ROOT / "collab_xl" / "kit" / "install.py").read_text("utf-8")
    assert all(f'"{option}"' in script for option in ("--check", "--to", "--no-addin", "--quiet"))
    assert {platform.starter for platform in PLATFORMS.values() if platform.excel} == set(re.findall(r"install\.c\w+", both))
    assert "collab-3.12" in page(lang)
    installed, shown = text("kit.install.done", lang, command="").split("\n")[0].rstrip("。."), page(lang)
    assert installed in shown


@pytest.mark.parametrize("lang", LANGS)
def test_the_buttons_and_the_message_are_named_as_they_are(lang: str) -> None:
    sources = read(macros_folder())
    labels = {label.id: getattr(label, f"label_{lang}") for label in sources.labels}
    groups = (e for e in etree.fromstring(sources.ribbon).iter(etree.Element) if etree.QName(e).localname == "group")
    buttons = [e.get("id", "") for group in groups for e in group.iterchildren(etree.Element)]  # a menu is seen as one
    named = re.sub(r"\s+", " ", page(lang))
    listed = re.search(rf"{labels[buttons[0]]} · .*? · {labels[buttons[-1]]}", named)
    assert listed
    assert re.split(r" [·|] ", listed[0]) == [labels[b] for b in buttons]
    failed = labels["CollabMsgFailed"].split("。")[0].split(". ")[0]
    assert failed.replace("，", "") in named.replace("，", "")


@pytest.mark.parametrize("lang", LANGS)
def test_the_commands_exist_and_the_version_is_this_one(lang: str) -> None:
    both = page(lang) + (ROOT / "docs" / f"it.{lang}.md").read_text("utf-8")
    verbs = set(re.findall(r"(?:collab-xl(?:\.exe\\\")?\"?|`)(?: |)(addin \w+|doctor|consolidate|flag|week|init|kit|desk)", both))
    assert {"addin install", "addin uninstall", "addin build", "doctor", "consolidate", "flag", "week", "init", "kit", "desk"} <= verbs
    for verb in verbs:
        assert command_line(*verb.split(), "--help").code == 0, verb
    assert set(re.findall(r"collab_xl-([\d.]+)-py3", page(lang))) == {__version__}


def test_every_key_tip_is_on_the_checklist() -> None:
    ribbon = etree.fromstring(read(macros_folder()).ribbon)
    tips = [str(e.get("keytip")) for e in ribbon.iter(etree.Element) if e.get("keytip") and etree.QName(e).localname != "tab"]
    checklist = (ROOT / "docs" / "release.md").read_text("utf-8")
    assert " ".join(tips) in checklist
    assert "Not run yet" in checklist
