"""The report sheets 周报 and 首页 as data: cards, blocks, their columns and rows on a grid of 24 narrow columns.

`build/weekly.py` and `build/home.py` build the templates from it, and `plan/` fills the places it names. Columns, rows and the room for
text are defined only here. The block of a single form comes from the form (`forms/blocks.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

from collab_xl.model.record import Struct

WEEKS = 8
"""How far back the progress curve and the departments' overdue trend reach, this week included."""
GRID = 24
RIGHT_FROM = 14
"""First column of the right half; column 13 is blank."""
LEFT_UNTIL = 12
MOST_COLUMNS = 7
"""The most columns in a form's own block: so many always fit, whatever their kinds."""
PARTS = ("work", "trouble", "demand")
"""Parts of the page that are made for one kind of form; a form names its part in `[report]`."""
ROOM = {"text": 10, "bold": 9.5, "muted": 9.5, "small": 10.75}
"""Look of a text column → Chinese characters that two printed lines hold for each grid column."""

Heading = str | Mapping[str, str]
"""A key of the catalogue, or the words by language."""


class PageColumn(Struct, frozen=True):
    """One column of a block: the place `wk_<name>` (nothing is filled in without a name), on grid columns `first` to `last`.

    `look`: text · bold · small · muted · day · moment · days · percent · number · word, and those of the department block.
    """

    name: str
    first: int
    last: int
    heading: Heading
    look: str = "text"
    fits: float = 0
    """Characters that fit; 0 means the room follows from the look. Set for wide cells, which lose less space at line ends."""

    @property
    def room(self) -> float:
        return self.fits or ROOM.get(self.look, ROOM["text"]) * (self.last - self.first + 1)


class PageBlock(Struct, frozen=True):
    """A list of the page. `leads_to` is a part or one of our lists; the place `more` shows how many lines there are: 前 5 / 共 9."""

    name: str
    heading: Heading
    leads_to: str
    rows: int
    columns: tuple[PageColumn, ...]
    more: str
    part: str = ""
    """The block is left out if no form is for this part."""
    form: str = ""
    """The form this block belongs to."""

    @property
    def first(self) -> int:
        return self.columns[0].first

    @property
    def last(self) -> int:
        return self.columns[-1].last


class Card(Struct, frozen=True):
    """A figure: the target of its card's link, its colour when it is not 0, and on 周报 which direction is good."""

    id: str
    leads_to: str
    alarm: str = ""
    good: str = ""


KPIS = (
    Card("open", "work"),
    Card("due_this_week", "work"),
    Card("overdue", "overdue", "red", "down"),
    Card("escalated", "escalations", "red", "down"),
    Card("finished_this_week", "work", "", "up"),
    Card("open_problems", "trouble", "", "down"),
)
"""The six figures of 周报: `wk_kpi_<id>`."""
HOME_CARDS = (
    Card("open_tasks", "work"),
    Card("due_this_week", "work"),
    Card("overdue", "overdue", "red"),
    Card("escalated", "escalations", "red"),
    Card("waiting", "conflicts", "amber"),
    Card("errors", "findings", "red"),
    Card("warnings", "findings", "amber"),
    Card("open_problems", "trouble"),
)
"""The eight figures of 首页: `home_<id>`."""
DEPARTMENTS = PageBlock(
    "departments",
    "model.sheet.departments",
    "departments",
    30,
    (
        PageColumn("dept_name", 1, 3, "model.head.department", "department", 15),
        PageColumn("dept_liaison", 4, 5, "model.head.liaison", "person", 9),
        PageColumn("dept_submitted", 6, 8, "model.head.submitted", "word"),
        PageColumn("dept_open", 9, 10, "model.head.open", "count"),
        PageColumn("dept_overdue", 11, 12, "model.head.overdue", "count"),
        PageColumn("dept_escalated", 13, 14, "model.head.escalated", "count"),
        PageColumn("dept_rate", 15, 18, "model.head.rate", "rate"),
        PageColumn("", 19, 19, "", "plain"),
        PageColumn("", 20, 22, "model.head.trend", "plain"),
        PageColumn("dept_rag", 23, 24, "model.head.rag", "rag"),
    ),
    "wk_dept_more",
)
"""One line per department, one printed line high."""


def _block(name: str, leads_to: str, rows: int, *columns: PageColumn, part: str = "") -> PageBlock:
    return PageBlock(name, f"model.block.{name}", leads_to, rows, columns, f"wk_{name}_more", part)


BANDS: tuple[tuple[PageBlock, ...], ...] = (
    (
        _block(
            "overdue",
            "overdue",
            8,
            PageColumn("overdue_task", 1, 4, "model.head.task", "bold"),
            PageColumn("overdue_who", 5, 6, "model.head.who", "muted"),
            PageColumn("overdue_end", 7, 7, "model.head.end", "day"),
            PageColumn("overdue_days", 8, 8, "model.head.days", "days"),
            PageColumn("overdue_why", 9, 12, "model.head.why", "small"),
        ),
        _block("escalations", "escalations", 6, PageColumn("esc_text", 14, 18, "model.head.escalation", fits=52)),
        _block(
            "ahead",
            "work",
            6,
            PageColumn("ahead_day", 20, 20, "model.head.day", "weekday"),
            PageColumn("ahead_text", 21, 24, "model.head.ahead"),
        ),
    ),
    (
        _block(
            "plan",
            "work",
            8,
            PageColumn("plan_task", 1, 4, "model.head.planned", "bold"),
            PageColumn("plan_actual", 5, 8, "model.head.actual"),
            PageColumn("plan_why", 9, 12, "model.head.plan_why", "small"),
            part="work",
        ),
        _block(
            "problems",
            "trouble",
            5,
            PageColumn("problem_text", 14, 17, "model.head.problem"),
            PageColumn("problem_age", 18, 18, "model.head.age", "days"),
            part="trouble",
        ),
        _block("decisions", "conflicts", 5, PageColumn("decision_text", 20, 24, "model.head.decision", fits=52)),
    ),
)
"""Bands of blocks side by side, from the top."""
