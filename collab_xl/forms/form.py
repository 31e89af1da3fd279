"""A form: fields with roles, states, clocks, rules and its part of the report.  Plain data; `read.py` makes it from TOML.

Stages ask a form for roles and states, never for a field or a choice by its id: `form.role("due")`, `form.state(value)`.
`docs/forms.md` describes every key.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from collab_xl.forms.request_sheet import RequestSheet, WeeklySheet
from collab_xl.model.record import Struct, field, replace

KINDS = (
    "key", "text", "longtext", "date", "moment", "percent", "choice", "choices", "department", "departments", "person",
    "reference", "references", "whole", "amount", "yesno",
)  # fmt: skip
LOOKS = ("good", "active", "warn", "bad")
ROLES: Mapping[str, tuple[str, ...]] = {
    "key": ("key",),
    "title": ("text", "longtext"),
    "department": ("department",),
    "departments": ("departments",),
    "owner": ("person",),
    "start": ("date", "moment"),
    "due": ("date", "moment"),
    "finished": ("date", "moment"),
    "raised": ("date", "moment"),
    "status": ("choice",),
    "progress": ("percent",),
    "level": ("choice",),
    "parent": ("reference",),
    "need": ("amount", "whole"),
    "have": ("amount", "whole"),
    "unit": ("text",),
    "milestone": ("yesno",),
    "baseline": ("date", "moment"),
    "late_reason": ("text", "longtext"),
    "measure": ("text", "longtext"),
    "updated": ("date", "moment"),
    "result": ("text", "longtext"),
    "next_step": ("text", "longtext"),
    "support": ("text", "longtext"),
    "evidence": ("text", "longtext"),
    "predecessors": ("references",),
    "risk": ("text", "longtext"),
}
"""Role → the kinds of field that can have it. A form has each role at most once, `parent` once per form it refers to."""
STATES = ("waiting", "open", "paused", "done", "cancelled")
CLOSED = frozenset({"done", "cancelled"})
"""States in which nothing more is expected of a row. A blank status is open."""
ANY = "*"
"""What a reference points to if it may be the key of a row of any form."""
GROUPS = ("start", "execution", "closing")
"""Order of the tabs."""
BASIC = ("requirements", "tasks", "problems")
"""The forms of a master without a list of forms (made before forms could be chosen)."""

Condition = Mapping[str, tuple[str, ...]]
"""Field id, role, `state` or `late` → allowed values. The row must have one of them for every key. Empty: every row."""


class Choice(Struct, frozen=True):
    """One value of a drop-down: `id` is the value in parsed tables, `label` the text on a sheet, `state` what it means for the row."""

    id: str
    label: Mapping[str, str]
    aliases: tuple[str, ...] = ()
    state: str = ""
    """One of `STATES`, for the choices of the field with role `status`."""
    late: bool = False
    """This status means that the row is late."""
    since: int = 1
    """The version of the form that added it."""
    look: str = ""
    """One of `LOOKS`: how the word is highlighted on the sheet."""


YES_NO = (
    Choice("yes", {"zh": "是", "en": "Yes"}, ("y", "√", "✓", "✔", "☑", "☒", "✅", "■", "true", "1")),
    Choice("no", {"zh": "否", "en": "No"}, ("n", "×", "✗", "✘", "❌", "□", "☐", "false", "0")),
)
"""The words of a field of kind yesno (values True and False), and of a yes-or-no heading (`YesNo`)."""


class Field(Struct, frozen=True):
    """One column of a form. `kind` says how a cell is read and written:

    key · text · longtext · date · moment (date with time) · percent (0.8 is 80 %) · choice · choices (several) · department ·
    departments · person · reference (one key of `of`) · references (several) · whole (an int) · amount (a number) · yesno.
    `access`: D department, P PMO, C computed, K key.
    """

    id: str
    kind: str
    access: str
    heading: Mapping[str, str]
    aliases: tuple[str, ...] = ()
    help: Mapping[str, str] = field(default_factory=dict)
    width: float = 12
    required: bool = False
    choices: tuple[Choice, ...] = ()
    of: str = ""
    """For a reference: the id of the form it points to, or `ANY`."""
    in_pack: bool = True
    role: str = ""
    """One of `ROLES`, or "" for a field without a role."""
    compute: str = ""
    """For access C: the name of the function of `rules.computed` that fills the field."""
    since: int = 1
    """The version of the form that added it. A master with an older version lacks it until `forms upgrade`."""
    sources: tuple[str, ...] = ()
    """Fields or roles it is computed from, if the function needs any."""

    def label(self, value: str, lang: str) -> str:
        """The label of a choice id; the id itself if it is no choice."""
        return next((c.label[lang] for c in self.choices if c.id == value), value)

    def rank(self, value: object) -> int:
        """The position of a choice in its list, from 0; levels are listed from the lowest to the highest. -1 for anything else."""
        return next((n for n, c in enumerate(self.choices) if c.id == value), -1)

    def worded(self, value: Any, lang: str) -> Any:
        """A value as a sheet shows it: choices by their labels, True and False as 是 and 否, any other value unchanged."""
        if self.choices and isinstance(value, (str, bool, tuple)):
            if isinstance(value, bool):
                return self.label("yes" if value else "no", lang) if self.kind == "yesno" else value
            return self.label(value, lang) if isinstance(value, str) else tuple(self.label(v, lang) for v in value)
        return value


class Compound(Struct, frozen=True):
    """A heading in imported trackers whose cell contains several fields.

    `how`: date_range (起止时间 → start, end) · department_person (发起部门/人 → department, person) · title (the text, also as the title).
    """

    aliases: tuple[str, ...]
    into: tuple[str, ...]
    how: str


class YesNo(Struct, frozen=True):
    """Yes-or-no headings for a value of a drop-down (是否滞后 for the status): what 是 and 否 mean, "" for no meaning."""

    aliases: tuple[str, ...]
    field: str
    yes: str
    no: str = ""


class MatrixWord(Struct, frozen=True):
    """A word of a matrix that means another choice where certain others stand in it too."""

    words: tuple[str, ...]
    beside: tuple[str, ...]
    means: str


class Matrix(Struct, frozen=True):
    """A sheet with work down and departments, posts or people across, whose cells are a choice of the form: a row of it each."""

    value: str
    """The field of the cells."""
    work: str
    """The field of what stands down."""
    who: tuple[str, ...]
    """The fields that a heading across may be, the likeliest first."""
    called: Mapping[str, tuple[str, ...]]
    """Field → what a line above the headings across calls them (部门, Roles)."""
    named: Mapping[str, tuple[str, ...]]
    """Field → names that are one without doubt (财务, Finance)."""
    endings: Mapping[str, tuple[str, ...]]
    """Field → how such a name ends (经理, manager)."""
    instead: tuple[MatrixWord, ...] = ()
    needs: str = ""
    """The choice without which single letters (A, C) may be anything: shifts, grades, ratings."""


class Ambiguous(Struct, frozen=True):
    """A heading that may mean one of several fields (完成时间: planned or actual). It is read only if just one has no column yet."""

    aliases: tuple[str, ...]
    fields: tuple[str, ...]


class PackRules(Struct, frozen=True):
    """How a form appears in packs."""

    to: str = "department"
    """`department`: each department its rows; `all`: every row to everybody; `none`."""
    when: str = "always"
    """`always`, or `rows`: only if the department has rows."""
    blank_rows: int | None = None
    """Blank rows below; None: the number on sheet 设置. Without effect if departments may add no rows."""
    add_rows: str = ""
    """How a department adds a row: `row` at once, `proposal` after the PMO confirmed it, "" not at all."""


class Asked(Struct, frozen=True):
    """Rows that ask another department for something: it has them in its pack and answers there."""

    by: str
    """The field with the department or departments that are asked."""
    fields: tuple[str, ...]
    """What they fill in. A clock that only these fields stop is theirs."""
    starts: Mapping[str, str] = field(default_factory=dict)
    """Field → what a new row holds until it is answered; `{sent}` is the time of the file that brings it."""


class Due(Struct, frozen=True):
    """What is reported about the field with role `due`: rule codes, "" for not reported."""

    warn: str = "T302"
    overdue: str = "T301"
    escalate: str = "T303"
    listed: bool = True
    """Overdue rows are listed on 滞后清单 and, past the limit, on 升级清单."""


class Clock(Struct, frozen=True):
    """Time that runs from a moment until one of `stops` is filled or the row is closed."""

    id: str
    starts: str
    """Field or role of the moment. A date without a time counts from the end of that day. "" with `begins`."""
    limit: int
    unit: str
    """minutes · hours · working_days · days"""
    stops: tuple[str, ...]
    """Fields that stop it. None with `begins`."""
    code: str
    """The rule that reports a clock that has run out."""
    label: Mapping[str, str]
    """What the clock waits for."""
    when: Condition = field(default_factory=dict)
    tell: tuple[str, ...] = ()
    """owner · head · superior · sponsor · pmo"""
    per: tuple[str, ...] = ()
    """Rows that share the values of these fields have one clock."""
    setting: str = ""
    """Row of sheet 设置 with the limit; by default `clock.<form>.<id>`."""
    begins: str = ""
    """A function of `rules.clocks` that says since when and where it runs: for what other forms start or stop."""


class Escalation(Struct, frozen=True):
    """A reason to escalate an open row that is not overdue for long."""

    cause: str
    """Key `cause.<cause>` of the catalogue."""
    when: Condition
    answer_days: int
    """Working days until the answer is due; 0 is the same day."""
    code: str = ""
    """Rule that also reports the row; "" for none."""
    at: str = ""
    """Field or role the finding points to."""


class ExactlyOne(Struct, frozen=True):
    """Among rows with the same value in one of `per`, exactly one must have `value` in `field`."""

    field: str
    value: str
    per: tuple[str, ...]
    code: str


class Over(Struct, frozen=True):
    """A number above its limit."""

    field: str
    limit: float
    setting: str
    """Row of sheet 设置 with the limit: `over.<form>.<field>`."""
    code: str
    escalate: bool = False
    """An open row above the limit is escalated."""
    cause: str = "over"
    """Key `cause.<cause>` of the catalogue."""


class OwnRule(Struct, frozen=True):
    """A rule that only this form has: its code and its severity, shown on its page and on sheet 设置."""

    code: str
    severity: str
    """error · warning · note"""


class Rules(Struct, frozen=True):
    """What `check` requires of the rows, as data. Fields are named by id or role."""

    required_when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """State, `open` (any that is not closed), `late` or a choice of the status → fields that must not be blank then."""
    order: tuple[tuple[str, str], ...] = ()
    """(earlier, later): the later date must not be before the earlier."""
    complete: tuple[str, ...] = ()
    """What a row reported as done must contain to go in by itself (`rules.passing`), besides what `required_when` asks of one that is
    done. A column that is blank in most rows is not asked for."""
    match: tuple[tuple[str, str], ...] = ()
    """(progress, status): 100 % and done belong together."""
    unique: tuple[str, ...] = ()
    exactly_one: tuple[ExactlyOne, ...] = ()
    over: tuple[Over, ...] = ()
    functions: tuple[str, ...] = ()
    """Names of checks in `rules` for this form, in addition to those of every form with the needed roles."""
    own: tuple[OwnRule, ...] = ()
    agreed: tuple[str, ...] = ()
    """Ids of the fields that must not change after a signed baseline without an approved request; none for a form without such rows."""
    agreed_when: Condition = field(default_factory=dict)
    """Which rows are agreed on."""


class ReportBlock(Struct, frozen=True):
    """The form's block on the weekly sheet: which rows, in which order, which columns."""

    part: str = ""
    """The part of the page made for this kind of form: `work`, `trouble`, `demand`. "" for a list of its own."""
    heading: Mapping[str, str] = field(default_factory=dict)
    where: Condition = field(default_factory=dict)
    sort: tuple[str, ...] = ()
    """Fields or roles, `-` in front for the highest or latest first."""
    columns: tuple[str, ...] = ()
    lines: int = 5
    also: str = ""
    """A function of `rules.functions.MORE_LINES` that brings more lines, below the rows; "" for none."""
    page: str = ""
    """`sponsor` or `pmo`: the page on which the form has the one place for such a block, if no form before it has it."""


class Ask(Struct, frozen=True):
    """A decision that open rows ask for, on the first page of 周报: what, of the departments of the row, by its due day."""

    label: Mapping[str, str]
    """What is asked for; the row's title follows."""
    states: tuple[str, ...] = ()
    """Only rows in one of these states; () for every open one."""
    filled: tuple[str, ...] = ()
    """Fields or roles that must not be blank: nobody is asked before they are."""


class Figure(Struct, frozen=True):
    """A number on cards, in `status`, on 首页 and in the portfolio: how many rows meet a condition."""

    id: str
    label: Mapping[str, str]
    count: Condition
    alarm: str = ""
    """`red` or `amber`: its colour when it is not 0."""


class Face(Struct, frozen=True):
    """What packs show of a form while its rows are being planned: a name and columns of its own. See `plan.issue`."""

    title: Mapping[str, str]
    columns: tuple[str, ...]
    """Ids of the fields shown, besides the key."""
    before: str
    """The form whose rows are agreed on before work begins: without rows there the face is not used."""


class Form(Struct, frozen=True, dict=True):
    """One data sheet: an Excel Table with a stable English name."""

    id: str
    table: str
    sheet: Mapping[str, str]
    title: Mapping[str, str]
    help: Mapping[str, str]
    fields: tuple[Field, ...]
    key_prefix: str
    key_width: int
    version: int = 1
    basic: bool = False
    """It belongs to the default set of `init`."""
    library: bool = False
    """Its rows are the case library that `lessons` searches."""
    group: str = "execution"
    order: int = 0
    aliases: tuple[str, ...] = ()
    """Other names of the sheet or form."""
    compounds: tuple[Compound, ...] = ()
    ambiguous: tuple[Ambiguous, ...] = ()
    yes_no: tuple[YesNo, ...] = ()
    title_from: str = ""
    """The column of a tracker without a title's column that is read as the title too (目标 of a retrospective without 主题)."""
    about: tuple[str, ...] = ()
    """Words in an unknown heading that suggest the title (工作 for a task). The column is read as the title only if the PMO says so."""
    hints: tuple[str, ...] = ()
    """Words in the name of a sheet or file that suggest a list of the form (进度 for tasks): it is asked about, never read by them."""
    pack: PackRules = field(default_factory=PackRules)
    face: Face | None = None
    request: RequestSheet | None = None
    """The form as a sheet for one row, which a department fills in."""
    weekly: WeeklySheet | None = None
    """The rows of one department and week as a sheet."""
    matrix: Matrix | None = None
    """How its rows stand in a sheet with work down and departments across."""
    asked: Asked | None = None
    due: Due | None = None
    """None if the form has no due date, or its due date is not judged."""
    clocks: tuple[Clock, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    rules: Rules = field(default_factory=Rules)
    block: ReportBlock | None = None
    figures: tuple[Figure, ...] = ()
    set_aside: tuple[Field, ...] = ()
    """Fields that this master has hidden or taken out: no rule, pack or page looks at them; packs that are out may contain them."""
    beside: tuple[str, ...] = ()
    """Fields shown on 周报 beside the title of their row."""
    said: tuple[str, ...] = ()
    """Fields about which this master says something of its own."""
    ask: Ask | None = None

    @cached_property
    def _by_id(self) -> dict[str, Field]:
        return {f.id: f for f in (*self.set_aside, *self.fields)}

    @cached_property
    def as_issued(self) -> Form:
        """The form with the fields set aside, for packs that were issued with them."""
        aside = tuple(replace(f, in_pack=False, required=False, role="") for f in self.set_aside)
        return replace(self, fields=(*self.fields, *aside), set_aside=()) if aside else self

    @cached_property
    def _by_role(self) -> dict[str, Field]:
        return {f.role: f for f in reversed(self.fields) if f.role}

    @cached_property
    def _states(self) -> dict[str, str]:
        status = self.role("status")
        return {c.id: c.state for c in status.choices} if status else {}

    @cached_property
    def _late(self) -> frozenset[str]:
        status = self.role("status")
        return frozenset(c.id for c in status.choices if c.late) if status else frozenset()

    @property
    def key(self) -> Field:
        return self._by_role["key"]

    def field(self, field_id: str) -> Field:
        """Raises KeyError if the form has no such field."""
        return self._by_id[field_id]

    def known(self, field_id: str | None) -> Field | None:
        """The field with this id, also one that is set aside: for display."""
        return self._by_id.get(field_id or "")

    def role(self, role: str) -> Field | None:
        """The field with this role; None if the form has none, and then rules that need it do not apply."""
        return self._by_role.get(role)

    def id_of(self, role: str) -> str:
        """The id of the field with this role; "" if there is none, which is no column of any table."""
        found = self._by_role.get(role)
        return found.id if found else ""

    def named(self, name: str) -> Field | None:
        """The field a rule names by role or id."""
        return self._by_role.get(name) or self._by_id.get(name)

    def parents(self) -> tuple[Field, ...]:
        """The references to parent rows, in column order."""
        return tuple(f for f in self.fields if f.role == "parent")

    @property
    def departments(self) -> Field | None:
        """The field with the department or departments that may edit the row."""
        return self.role("department") or self.role("departments")

    @property
    def department_field(self) -> str:
        """Id of the field `departments`; "" for a form without one, which is read-only in packs."""
        found = self.departments
        return found.id if found else ""

    def asks_another(self, clock: Clock) -> bool:
        """Whether a clock waits for the department that its row asks, and not for the row's own."""
        stops = {found.id for name in clock.stops if (found := self.named(name))}
        return self.asked is not None and bool(stops) and stops <= {*self.asked.fields}

    @property
    def add_rows(self) -> str:
        """How a department adds a row (`PackRules.add_rows`); "" if it may not, as in a form without a department field."""
        return self.pack.add_rows if self.departments else ""

    def state(self, status: object) -> str:
        """The state of a status; a blank or unreadable one is open."""
        return self._states.get(status, "open") if isinstance(status, str) else "open"

    def is_closed(self, status: object) -> bool:
        """Whether a row with this status is closed: nothing more is expected."""
        return self.state(status) in CLOSED

    def is_late_status(self, status: object) -> bool:
        """Whether the status itself means that the row is late."""
        return status in self._late

    def choices_in(self, *states: str) -> tuple[Choice, ...]:
        """The choices of the status with one of these states, in order."""
        status = self.role("status")
        return tuple(c for c in status.choices if c.state in states) if status else ()


class Column(Struct, frozen=True):
    """One column of a service table."""

    id: str
    heading: Mapping[str, str]
    width: float = 12
    optional: bool = False
    """A master made before it was added lacks it."""
    former: tuple[str, ...] = ()
    """Headings of masters made by earlier versions."""
    hidden: bool = False
    """Only we read it: it says which line an entry belongs to."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every heading under which a master may have it."""
        return (*self.heading.values(), *self.former)


class ServiceTable(Struct, frozen=True):
    """One of our lists in the master (departments, findings, conflicts, …), also an Excel Table."""

    id: str
    table: str
    sheet: Mapping[str, str]
    title: Mapping[str, str]
    columns: tuple[Column, ...]
    optional: bool = False
    """A master made before it was added lacks it."""


class Schema(Struct, frozen=True, dict=True):
    """All forms in tab order, and the service tables."""

    version: str
    forms: tuple[Form, ...]
    services: tuple[ServiceTable, ...]
    others: tuple[Form, ...] = ()
    """Installed forms that are not in use in the master; its history and its mail may name them."""

    def form(self, form_id: str) -> Form:
        """Raises KeyError for an unknown form."""
        return self._forms[form_id]

    def form_for_display(self, form_id: str) -> Form:
        """The form for display: in use, else installed, else a placeholder with only its id."""
        known = self._forms.get(form_id) or next((f for f in self.others if f.id == form_id), None)
        return known or _stand_in(form_id)

    @cached_property
    def _forms(self) -> dict[str, Form]:
        return {f.id: f for f in self.forms}

    def __contains__(self, form_id: object) -> bool:
        return form_id in self._forms

    def part(self, part: str) -> Form | None:
        """The form of a part of the weekly page: `work` the tasks, `trouble` the problems, `demand` the requirements."""
        return next((f for f in self.forms if f.block and f.block.part == part), None)

    def service(self, service_id: str) -> ServiceTable:
        return next(s for s in self.services if s.id == service_id)

    def of(self, form_ids: tuple[str, ...]) -> Schema:
        """The same schema with only these forms, the ones in use in a master. Forms that are not installed are left out."""
        used = tuple(f for f in self.forms if f.id in form_ids)
        return Schema(self.version, used, self.services, tuple(f for f in (*self.forms, *self.others) if f not in used))

    def choice_fields(self) -> list[tuple[Form, Field]]:
        """The drop-downs a person fills in: a word on sheet 状态词 belongs to one of these."""
        return [(form, f) for form in self.forms for f in form.fields if f.kind in ("choice", "choices") and f.access != "C"]


def _stand_in(form_id: str) -> Form:
    """A placeholder for a form that is no longer installed."""
    name = {"zh": form_id, "en": form_id}
    return Form(form_id, form_id, name, name, {"zh": "", "en": ""}, (Field("id", "key", "K", name, role="key"),), "", 1)


def column_label(form: Form, field: Field, lang: str) -> str:
    """How a list names a column: 任务跟踪表·完成状态."""
    return f"{form.sheet[lang]}·{field.heading[lang]}"
