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
"""First column of the right half of the blocks below the pages; column 13 is blank."""
LEFT_UNTIL = 12
MOST_COLUMNS = 7
"""The most columns in a form's own block: so many always fit, whatever their kinds."""
PARTS = ("work", "trouble", "demand")
"""Parts of the page that are made for one kind of form; a form names its part in `[report]`."""
COLUMN_PIXELS = 53
"""A grid column of 周报 in the template. A page that somebody has widened has room for more (`plan.rooms`). LibreOffice on a computer
without our Chinese font makes columns a fifth wider: they fit the paper all the same."""
BODY = 12.0
"""Points of the page's text on the screen, and on a projector at 100 %."""
TITLE_SIZE, TITLE_PMO_SIZE = 20, 16
"""Points of the titles of both pages."""
PRINT_SCALE = 68
"""Per cent of it in print: 8.2 points."""
FOOTER = round(8 * 100 / PRINT_SCALE)
"""Points of its footer, which is scaled with the page: 8 in print."""
ONE_LINE, TWO_LINES = 18, 34
"""Heights of rows of one and of two lines, in points."""
LETTER, LETTER_BEFORE = 16.0, 11.6
"""Pixels of a Chinese character on the page, and on the page of one sheet that masters had before."""
MARGIN, BROKEN, INDENT = 8, 2.0, 10
"""Pixels of a cell that no text can use, characters that a line break leaves free, and pixels of an indent."""
LINES = {"text": 2, "bold": 2, "muted": 2, "verdict": 3}
"""Look of a text column → its lines; every other has one. A cell merged of several rows has a line a row (`plan.rooms`)."""


def room(pixels: float, lines: int, letter: float = LETTER) -> float:
    """Chinese characters that fit into so many lines of a cell."""
    return max(1.0, lines * (pixels - MARGIN) / letter - (BROKEN * (lines - 1) if lines > 1 else 0.3))


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
    leads_to: str = ""
    """What its cells link to, as `PageBlock.leads_to`."""
    indent: bool = False
    """A gap before its text, where the text of the column before may end just there."""

    @property
    def lines(self) -> int:
        return LINES.get(self.look, 1)

    @property
    def pixels(self) -> float:
        """Its width in the template."""
        return COLUMN_PIXELS * (self.last - self.first + 1)

    @property
    def room(self) -> float:
        """Chinese characters that fit into its cells in the template."""
        return room(self.pixels - INDENT * self.indent, self.lines)


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
    height: int = TWO_LINES
    """Of its rows. Blocks side by side have the same rows."""
    note: str = ""
    """A place for one line below the heading: what the list says as a whole, also of the rows it has no room for."""
    usual: int = 0
    """Of `rows`, how many always have room, with `height`. Rows whose texts need one line leave room for more of them, on the page of now
    (`plan.row_heights`). 0: all rows always have room."""

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
    behind: str = ""
    """Text `model.week.<behind>`: the word below the figure that says it is behind its plan."""


KPIS = (
    Card("rate", "work", "", "up", "below"),
    Card("overdue", "overdue", "red", "down"),
    Card("milestones_late", "work", "red", "down"),
    Card("escalated", "escalations", "red", "down"),
    Card("finished_this_week", "work", "", "up", "fewer"),
    Card("open_problems", "trouble", "", "down"),
)
"""The six figures of 周报: `wk_kpi_<id>`."""
COUNTED = ("open", "due_this_week", *(card.id for card in KPIS))
"""Every figure of a week, in order: those on the page, and those that it says in words. Percentages are whole numbers."""
PERCENT = frozenset({"rate"})
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


class Todo(Struct, frozen=True):
    """Something to do on 首页; `leads_to` as that of a card."""

    id: str
    leads_to: str


SETUP = (Todo("departments", "departments"), Todo("work", "work"), Todo("issue", "submissions"))
"""From nothing to the first packs: the next steps of a project that has issued none."""
WEEK_STEPS = (
    Todo("issue", "submissions"),
    Todo("chase", "submissions"),
    Todo("collect", "submissions"),
    Todo("preview", "preview"),
    Todo("consolidate", "submissions"),
    Todo("resolve", "conflicts"),
    Todo("flag", "overdue"),
    Todo("week", "weekly"),
)
"""The eight steps of a week, in order; how far each is: `home_step_<id>`."""
NEXT = 6
"""Lines of 首页 for what to do next."""
DEPARTMENTS = PageBlock(
    "departments",
    "model.sheet.departments",
    "departments",
    8,
    (
        PageColumn("dept_name", 1, 4, "model.head.department", "department"),
        PageColumn("dept_submitted", 5, 6, "model.head.submitted", "word", "submissions"),
        PageColumn("dept_fresh", 7, 8, "model.head.fresh", "word"),
        PageColumn("dept_open", 9, 10, "model.head.open", "count", "work"),
        PageColumn("dept_overdue", 11, 12, "model.head.overdue", "count", "overdue"),
        PageColumn("dept_escalated", 13, 14, "model.head.escalated", "count", "escalations"),
        PageColumn("dept_rate", 15, 17, "model.head.rate", "rate", "work"),
        PageColumn("dept_kept", 18, 19, "model.head.kept", "word"),
        PageColumn("", 20, 22, "model.head.trend", "plain"),
        PageColumn("dept_rag", 23, 24, "model.head.rag", "rag"),
    ),
    "wk_dept_more",
    height=ONE_LINE,
)
"""One line per department, one printed line high, the worst first."""


def _block(
    name: str, leads_to: str, rows: int, *columns: PageColumn, part: str = "", height: int = TWO_LINES, note: str = "", usual: int = 0
) -> PageBlock:
    return PageBlock(name, f"model.block.{name}", leads_to, rows, columns, f"wk_{name}_more", part, height=height, note=note, usual=usual)


MILESTONES = _block(
    "milestones",
    "work",
    8,
    PageColumn("milestone_name", 1, 4, "model.head.milestone", "line"),
    PageColumn("milestone_plan", 5, 5, "model.head.plan", "day"),
    PageColumn("milestone_forecast", 6, 6, "model.head.expected", "day"),
    PageColumn("milestone_late", 7, 7, "model.head.days", "days"),
    PageColumn("milestone_state", 8, 9, "model.head.rag", "rag"),
    height=ONE_LINE,
    usual=6,
)
DEMANDS = _block(
    "demands",
    "demand",
    8,
    PageColumn("demand_name", 11, 14, "model.head.demand", "line"),
    PageColumn("demand_rag", 15, 16, "model.head.rag", "rag"),
    PageColumn("demand_progress", 17, 17, "model.head.progress", "percent"),
    PageColumn("demand_due", 18, 18, "model.head.plan", "day"),
    PageColumn("demand_forecast", 19, 20, "model.head.expected", "word"),
    PageColumn("demand_late", 21, 21, "model.head.days", "days"),
    PageColumn("demand_why", 22, 24, "model.head.late_task", "line"),
    part="demand",
    height=ONE_LINE,
    usual=6,
)
WANTED = _block(
    "decisions",
    "escalations",
    6,
    PageColumn("wanted_what", 1, 5, "model.head.wanted", "text"),
    PageColumn("wanted_from", 6, 8, "model.head.wanted_from", "text", indent=True),
    PageColumn("wanted_when", 9, 9, "model.head.wanted_when", "day"),
    note="wk_decisions_note",
    usual=4,
)
RISKS = _block("worries", "work", 6, PageColumn("risk_text", 11, 24, "model.head.risk", "text"), part="work", usual=4)
"""What tasks say about risks, where no form of risks is in use."""
OVERDUE = _block(
    "overdue",
    "overdue",
    9,
    PageColumn("overdue_task", 1, 4, "model.head.task", "text"),
    PageColumn("overdue_who", 5, 7, "model.head.who", "muted", indent=True),
    PageColumn("overdue_end", 8, 8, "model.head.end", "day"),
    PageColumn("overdue_days", 9, 9, "model.head.days", "days"),
    PageColumn("overdue_why", 10, 16, "model.head.why", "text"),
    usual=5,
)
DONE = _block(
    "done",
    "work",
    9,
    PageColumn("done_task", 18, 21, "model.head.task", "text"),
    PageColumn("done_who", 22, 23, "model.head.department", "muted", indent=True),
    PageColumn("done_day", 24, 24, "model.head.day", "day"),
    part="work",
    usual=5,
)
PLAN = _block(
    "plan",
    "work",
    4,
    PageColumn("plan_task", 1, 4, "model.head.planned", "text"),
    PageColumn("plan_actual", 5, 6, "model.head.actual", "text", indent=True),
    PageColumn("plan_why", 7, 13, "model.head.plan_why", "text", indent=True),
    part="work",
)
PROBLEMS = _block(
    "problems",
    "trouble",
    4,
    PageColumn("problem_text", 15, 23, "model.head.problem", "text"),
    PageColumn("problem_age", 24, 24, "model.head.age", "days"),
    part="trouble",
)
AHEAD = _block(
    "ahead",
    "work",
    5,
    PageColumn("ahead_day", 1, 2, "model.head.day", "weekday"),
    PageColumn("ahead_text", 3, 9, "model.head.ahead", "text"),
)
SPONSOR, PMO = "sponsor", "pmo"
"""The pages: the first for who pays, the second for who follows up. A form names the page of its block in `[report]`."""
PAGE_OF_NOW = "wk_outlook"
"""A place that only the page of this version has: one made before lacks it, and keeps its own columns."""
ONLY_EARLIER: Mapping[str, tuple[PageColumn, ...]] = {
    "milestones": (PageColumn("milestone_actual", 9, 9, "model.head.done_on", "day"),),
    "decisions": (PageColumn("wanted_by", 6, 7, "model.head.wanted_by", "muted"),),
}
"""Block → columns that only pages made before have; they are filled there."""
EARLIER_PLACES = frozenset({"wk_subtitle"})
"""Places of the head that only pages made before have."""
BANDS: Mapping[str, tuple[tuple[PageBlock, ...], ...]] = {
    SPONSOR: ((WANTED, RISKS), (MILESTONES, DEMANDS), (OVERDUE, DONE)),
    PMO: ((PLAN, PROBLEMS), (AHEAD,)),
}
"""Bands of blocks side by side, from the top of each page."""
PLACES_OF_FORMS: Mapping[str, tuple[int, int, int, int]] = {
    SPONSOR: (0, RISKS.first, GRID, WANTED.rows),
    PMO: (1, AHEAD.last + 2, GRID, AHEAD.rows),
}
"""Page → the band in which the block of the first form for this page stands, on grid columns first to last, with so many rows."""
