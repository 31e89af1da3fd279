"""A weekly page as texts, for other shapes of it than the sheet: the HTML file and the slides.

In: the page by its named places (as the ledger keeps it), the schema, the language.  Out: a `WeekView`.  Pure.
So a frozen week reads the same in every shape: nothing is counted anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from collab_xl.build.grid import heading_text
from collab_xl.catalogue import text
from collab_xl.forms import Schema
from collab_xl.forms.blocks import form_bands, page_bands
from collab_xl.model.record import Struct
from collab_xl.model.report_pages import DEPARTMENTS, KPIS, ONLY_EARLIER, PERCENT, PMO, SPONSOR, Card, PageBlock
from collab_xl.model.summary import WeekPage
from collab_xl.model.values import Link, Value
from collab_xl.rules.lateness import BUCKETS

LIGHTS = ("red", "amber", "green")


class ViewColumn(Struct, frozen=True):
    """`look` as in `PageColumn`; `share` of the block's width."""

    heading: str
    look: str
    share: float


class ViewBlock(Struct, frozen=True):
    """A list of the page: its rows as texts. `more`: `前 5 / 共 9`, or blank. A list without lines has one row that says so."""

    name: str
    heading: str
    more: str
    columns: tuple[ViewColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    share: float = 1.0
    """Of the page's width."""
    note: str = ""
    """What the list says as a whole."""


class ViewCard(Struct, frozen=True):
    """A figure, its change against last week, and what it is measured against. Colours as on the sheet (`build.weekly`)."""

    card: Card
    label: str
    figure: str
    change: str
    of: str
    behind: bool = False
    """`of` says that the figure is behind its plan."""

    @property
    def figure_colour(self) -> str:
        if not self.card.alarm or not self.figure.isdigit():
            return ""
        return "green" if self.figure == "0" else self.card.alarm

    @property
    def change_colour(self) -> str:
        return "red" if self.card.good == "down" and "▲" in self.change else ""

    @property
    def of_colour(self) -> str:
        if self.behind:
            return "amber"
        return "green" if self.card.id in PERCENT and self.of and self.figure.endswith("%") else ""

    @property
    def beside(self) -> str:
        return " · ".join(filter(None, (self.change, self.of)))


class WeekView(Struct, frozen=True):
    """The page in words. `light`: red, amber, green, or none."""

    lang: str
    week: str
    title: str
    period: str
    outlook: str
    """When the project ends; on a page made before, how days are counted."""
    legend: str
    missing: str
    light: str
    light_words: str
    before: str
    reason: str
    change: str
    cards: tuple[ViewCard, ...]
    sponsor: tuple[tuple[ViewBlock, ...], ...]
    departments: ViewBlock
    follow_up: tuple[tuple[ViewBlock, ...], ...]
    others: tuple[tuple[ViewBlock, ...], ...]
    """Blocks of further forms."""
    progress: tuple[tuple[str, int, int], ...]
    """(week, planned, actual), oldest first."""
    ageing: tuple[tuple[str, int], ...]
    """(days late, tasks)."""
    promises: str
    check: str
    made: str
    """When the page was made."""

    def block(self, name: str) -> ViewBlock | None:
        """The list of this name, wherever it stands."""
        bands = (*self.sponsor, (self.departments,), *self.follow_up, *self.others)
        return next((block for band in bands for block in band if block.name == name), None)


def week_view(page: WeekPage, week: str, schema: Schema, lang: str) -> WeekView:
    """The page of `week` in words."""
    return _View(page, schema, lang).view(week)


class _View:
    def __init__(self, page: WeekPage, schema: Schema, lang: str) -> None:
        self.page, self.schema, self.lang = page, schema, lang

    def view(self, week: str) -> WeekView:
        bands = page_bands(self.schema)
        words = self.said("wk_rag")
        return WeekView(
            lang=self.lang,
            week=week,
            title=self.said("wk_title"),
            period=self.said("wk_period"),
            outlook=self.said("wk_outlook") or self.said("wk_subtitle"),
            legend=self.said("wk_legend"),
            missing=self.said("wk_missing"),
            light=next((rag for rag in LIGHTS if text(f"model.rag.{rag}", self.lang) in words), "none"),
            light_words=words,
            before=self.said("wk_rag_before"),
            reason=self.said("wk_reason"),
            change=self.said("wk_change"),
            cards=tuple(self.card(card) for card in KPIS),
            sponsor=self.bands(bands[SPONSOR]),
            departments=self.block(DEPARTMENTS),
            follow_up=self.bands(bands[PMO]),
            others=self.bands(form_bands(self.schema)),
            progress=self.curve(),
            ageing=tuple(
                (text(f"build.bucket.{bucket}", self.lang), count if isinstance(count, int) else 0)
                for (bucket, _), count in zip(BUCKETS, self.cells("wk_feed_ageing"), strict=False)
            ),
            promises=self.said("wk_promises"),
            check=self.said("wk_check").removesuffix(text("model.page.click", self.lang)),  # nothing is clicked here
            made=self.page.made_at,
        )

    def cells(self, name: str) -> list[Value]:
        """The first cell of each line of a place."""
        return [line[0] if line else None for line in self.page.values.get(name, ())]

    def said(self, name: str, look: str = "") -> str:
        return shown(next(iter(self.cells(name)), None), look, self.lang)

    def card(self, card: Card) -> ViewCard:
        look = "percent" if card.id in PERCENT else "number"
        label = text(f"build.kpi.{card.id}", self.lang)
        figure, change, of = (self.said(f"wk_kpi_{card.id}{part}", look) for part, look in (("", look), ("_change", ""), ("_of", "")))
        behind = bool(card.behind) and text(f"model.week.{card.behind}", self.lang) in of
        return ViewCard(card, label, figure, change or self.said(f"wk_kpi_{card.id}_delta"), of, behind)

    def bands(self, bands: Sequence[Sequence[PageBlock]]) -> tuple[tuple[ViewBlock, ...], ...]:
        return tuple(tuple(self.block(block) for block in band) for band in bands if band)

    def block(self, block: PageBlock) -> ViewBlock:
        named = [column for column in (*block.columns, *ONLY_EARLIER.get(block.name, ())) if column.name]
        columns = [column for column in named if f"wk_{column.name}" in self.page.values] or named
        width = sum(c.last - c.first + 1 for c in columns)
        values = [self.cells(f"wk_{column.name}") for column in columns]
        count = max(map(len, values), default=0)
        texts = [
            tuple(
                shown(cells[n] if n < len(cells) else None, column.look, self.lang) for column, cells in zip(columns, values, strict=True)
            )
            for n in range(count)
        ]
        return ViewBlock(
            block.name,
            heading_text(block.heading, self.lang),
            self.said(block.more).rstrip(" ›"),
            tuple(ViewColumn(heading_text(c.heading, self.lang), c.look, (c.last - c.first + 1) / width) for c in columns),
            tuple(row for row in texts if any(row)),
            (block.last - block.first + 1) / 24,
            self.said(block.note) if block.note else "",
        )

    def curve(self) -> tuple[tuple[str, int, int], ...]:
        weeks, planned, actual = (self.cells(f"wk_feed_{name}") for name in ("week", "planned", "actual"))
        return tuple(
            (str(week), plan, done)
            for week, plan, done in zip(weeks, planned, actual, strict=False)
            if week is not None and isinstance(plan, int) and isinstance(done, int)
        )


def shown(value: Value, look: str, lang: str) -> str:
    """A value as its cell on the sheet shows it."""
    if value is None:
        return ""
    if isinstance(value, Link):
        return value.text
    if isinstance(value, datetime):
        return f"{value:%m-%d %H:%M}"
    if isinstance(value, date):
        return f"{value:%m-%d}"
    if look in ("percent", "rate") and isinstance(value, (int, float)):
        return f"{value:.0%}"
    if look == "days" and isinstance(value, (int, float)):
        return f"{value:g}{text('build.sheet.days_unit', lang).replace(chr(34), '')}"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def colour_of(words: str, lang: str) -> str:
    """red, amber or green if the words name a light, red if they say that something wanted is not there, else ""."""
    if words == text("model.week.none_yet", lang):
        return "red"
    return next((rag for rag in LIGHTS if text(f"model.rag.{rag}", lang) in words), "")
