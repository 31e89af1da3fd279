"""The page behind 帮助: it opens without a network and says what the buttons, sheets and folders are really called."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import etree

from collab_xl import catalogue
from collab_xl.addin import buttons
from collab_xl.addin.message_text import verb_name
from collab_xl.forms import load
from collab_xl.project.sidecar import Sidecar

PAGES = Path(buttons.__file__).with_name("pages")


def page(lang: str) -> etree._Element:
    return etree.fromstring((PAGES / f"guide.{lang}.html").read_bytes(), etree.HTMLParser())


def text(lang: str) -> str:
    return " ".join("".join(page(lang).itertext()).split())


@pytest.mark.parametrize("lang", catalogue.LANGS)
def test_the_page_is_whole_and_asks_nothing_of_a_network(lang: str) -> None:
    source = (PAGES / f"guide.{lang}.html").read_text("utf-8")
    etree.fromstring(
        source.replace("<!DOCTYPE html>", "").replace('<meta charset="utf-8">', "").replace('initial-scale=1">', 'initial-scale=1"/>')
    )
    assert not re.search(r"https?:|src=|@import|url\(", source)
    assert len(text(lang)) > 1_500


@pytest.mark.parametrize("lang", catalogue.LANGS)
def test_every_button_is_explained_by_its_name(lang: str) -> None:
    named = {"".join(b.itertext()) for b in page(lang).iter("b") if b.get("class") == "button"}
    assert named == {verb_name(verb, lang) for verb in buttons.BUTTONS}


@pytest.mark.parametrize("lang", catalogue.LANGS)
def test_sheets_words_and_folders_are_called_as_in_the_workbook(lang: str) -> None:
    schema = load()
    sheets = {s.sheet[lang] for s in schema.services} | {catalogue.text("build.sheet.weekly", lang)}
    week = next(table for table in page(lang).iter("table"))
    shown = {name for row in list(week.iter("tr"))[1:] for name in re.split("、|, ", "".join(row[3].itertext()))}
    assert shown
    assert shown <= sheets
    said = text(lang)
    for word in ("keep_master", "take_submission", "by_hand"):
        assert catalogue.text(f"model.word.{word}", lang) in said
    codes = {"".join(code.itertext()) for code in page(lang).iter("code")}
    sidecar = Sidecar(Path("x.collab"))
    assert {folder.name for folder in (sidecar.outbox, sidecar.backups, sidecar.archive, sidecar.logs)} <= codes
    assert catalogue.text("verbs.word.inbox", lang) in codes


def test_both_languages_say_the_same_things() -> None:
    def shape(lang: str) -> list[str]:
        return [str(e.tag) for e in page(lang).iter("h2", "table", "tr", "li", "b")]

    assert shape("zh") == shape("en")
