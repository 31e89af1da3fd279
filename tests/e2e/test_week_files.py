"""The weekly page as pictures, a page for the browser and slides: the same words as the sheet, also of a frozen week."""

from __future__ import annotations

import io
import re
from datetime import date
from pathlib import Path

import pytest
from pptx import Presentation
from pptx.util import Inches
from small_project import DAY, Project

from collab_xl import verbs
from collab_xl.build.week_view import week_view
from collab_xl.catalogue import LANGS, text
from collab_xl.errors import FINDINGS
from collab_xl.excel.pdf import _put
from collab_xl.forms import load
from collab_xl.model.summary import WeekPage
from collab_xl.model.values import Link
from collab_xl.verbs.session import opened

WEEK = "2026-W47"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.start(tmp_path, "zh")


def words_of(deck: bytes) -> list[str]:
    out = []
    for slide in Presentation(io.BytesIO(deck)).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                out.append(shape.text_frame.text)
            if shape.has_table:
                out += [cell.text_frame.text for row in shape.table.rows for cell in row.cells]
    return out


def test_html_and_slides_say_what_the_sheet_says(project: Project, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    report = verbs.week(project.master, week=WEEK, html=True, deck=True, out=out, as_of=DAY, lang="zh")
    assert set(report.json["files"]) == {"html", "deck"}
    html = (out / f"周报_{WEEK}.html").read_text("utf-8")
    deck = (out / f"周报_{WEEK}.pptx").read_bytes()
    assert not re.search(r"https?://|<script|<link|@import|url\(", html), "nothing is loaded"
    with opened(project.master, write=False, as_of=DAY, lang="zh") as session:
        (page,) = (record.page for record in session.master.ledger.weeks(session.run_id) if record.week == WEEK)
    assert page is not None
    view = week_view(page, WEEK, load(), "zh")
    said = [view.title, view.reason, view.light_words, *(card.figure for card in view.cards)]
    said += [
        cell for name in ("decisions", "overdue", "milestones") if (block := view.block(name)) for row in block.rows for cell in row if cell
    ]
    assert len(said) > 10
    in_deck = "\n".join(words_of(deck))
    assert [one for one in said if one not in in_deck] == []
    plain = re.sub(r"<[^>]+>", "\n", html).replace("&#x27;", "'").replace("&quot;", '"').replace("&amp;", "&")
    assert [one for one in said if one not in plain] == []
    slides = Presentation(io.BytesIO(deck)).slides
    assert len(slides) == 4
    for slide in slides:
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.left + shape.width <= Presentation(io.BytesIO(deck)).slide_width
            assert shape.top + shape.height <= Inches(7.5)


def test_a_frozen_week_reads_as_it_was(project: Project, tmp_path: Path) -> None:
    verbs.week(project.master, week=WEEK, html=True, out=tmp_path, as_of=DAY, lang="zh")
    later = date(2026, 12, 7)
    verbs.week(project.master, week="2026-W49", as_of=later, lang="zh")
    verbs.week(project.master, week=WEEK, html=True, out=tmp_path, as_of=later, lang="zh")
    first, again = (tmp_path / f"周报_{WEEK}.html").read_bytes(), (tmp_path / f"周报_{WEEK} (2).html").read_bytes()
    assert first == again


def test_pictures_of_both_pages(project: Project, tmp_path: Path) -> None:
    report = verbs.week(project.master, week=WEEK, png=True, out=tmp_path, as_of=DAY, lang="zh")
    made = sorted(tmp_path.glob("*.png"))
    assert [path.name for path in made] == [f"周报_{WEEK}_1.png", f"周报_{WEEK}_2.png"], report.lines
    for path in made:
        width, height = (int.from_bytes(path.read_bytes()[at : at + 4], "big") for at in (16, 20))
        assert (width, height) == pytest.approx((1684, 1191), abs=3)
    assert not list(tmp_path.glob("*.pdf")), "only what was asked for"


def test_slides_take_the_look_of_a_template_and_not_its_slides(project: Project, tmp_path: Path) -> None:
    theirs = Presentation()
    theirs.slide_width, theirs.slide_height = Inches(10), Inches(7.5)
    theirs.slides.add_slide(theirs.slide_layouts[0]).shapes.title.text = "公司简介"
    theirs.save(tmp_path / "公司.pptx")
    verbs.week(project.master, week=WEEK, template=tmp_path / "公司.pptx", out=tmp_path, as_of=DAY, lang="zh")
    deck = (tmp_path / f"周报_{WEEK}.pptx").read_bytes()
    assert Presentation(io.BytesIO(deck)).slide_width == Inches(10)
    assert "公司简介" not in "\n".join(words_of(deck))
    assert b"\xe5\x85\xac\xe5\x8f\xb8\xe7\xae\x80\xe4\xbb\x8b" not in deck


def test_a_template_that_is_none_stops_only_the_slides(project: Project, tmp_path: Path) -> None:
    (tmp_path / "公司.pptx").write_text("x")
    report = verbs.week(
        project.master, week=WEEK, html=True, deck=True, template=tmp_path / "公司.pptx", out=tmp_path, as_of=DAY, lang="zh"
    )
    assert report.exit_code in (FINDINGS, 4)
    assert any("公司.pptx" in note for note in report.notes)
    assert set(report.json["files"]) == {"html"}


@pytest.mark.parametrize("lang", LANGS)
def test_texts_of_people_are_escaped_and_an_empty_page_says_so(lang: str) -> None:
    from collab_xl.build.week_deck import week_deck
    from collab_xl.build.week_html import week_html

    page = WeekPage({"wk_title": (("<b>A&B</b>",),), "wk_overdue_task": ((Link("#x!A1", '"><script>'),),)}, {})
    view = week_view(page, WEEK, load(), lang)
    html = week_html(view).decode()
    assert "<script" not in html
    assert "&lt;b&gt;A&amp;B" in html
    assert text("build.deck.nothing_late", lang) in words_of(week_deck(view))


def test_a_pdf_is_put_into_a_folder_that_was_not_there(tmp_path: Path) -> None:
    (tmp_path / "made.pdf").write_bytes(b"%PDF")
    _put(tmp_path / "made.pdf", tmp_path / "new" / "deep" / "page.pdf")
    assert (tmp_path / "new" / "deep" / "page.pdf").read_bytes() == b"%PDF"


@pytest.mark.parametrize("lang", LANGS)
def test_a_page_without_links_asks_for_no_click(lang: str) -> None:
    """On the sheet a figure leads to its list; in a browser it leads nowhere."""
    from collab_xl.build.week_html import week_html

    click = text("model.page.click", lang)
    html = week_html(week_view(WeekPage({"wk_check": ((f"18 = 18{click}",),)}, {}), WEEK, load(), lang)).decode()
    assert "18 = 18</p>" in html
    assert click.strip() not in html
