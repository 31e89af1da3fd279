"""The forms as data, read from `workbook_templates/forms/*/form.toml` (a folder per form) and `workbook_templates/service.toml`.

From it come headings, drop-downs, help text, checks and packs; no heading stands anywhere else in the code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import rtoml

SCHEMA_VERSION = "1"


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a drop-down: `id` is what parsed tables hold, `label` what a sheet shows."""

    id: str
    label: Mapping[str, str]
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field:
    """One column of a form. `kind` says how a cell is read and written:

    key · text · longtext · date · moment (date with time) · percent (0.8 is 80 %) · choice · department · departments ·
    person · reference (one key of `of`) · references (several) · whole (an int) · warning (a choice computed by us).
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
    in_pack: bool = True

    def label(self, value: str, lang: str) -> str:
        """What a sheet shows for a choice id; the id itself when it is no choice."""
        return next((c.label[lang] for c in self.choices if c.id == value), value)


@dataclass(frozen=True)
class Compound:
    """A heading of other people's trackers whose cell feeds several fields.

    `how`: date_range (起止时间 → start, end) · department_person (发起部门/人 → department, person).
    """

    aliases: tuple[str, ...]
    into: tuple[str, ...]
    how: str


@dataclass(frozen=True)
class Ambiguous:
    """A heading that may mean one of several fields (完成时间: planned or actual). It is read where only one of them is still free."""

    aliases: tuple[str, ...]
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Form:
    """One data sheet: an Excel Table with a stable English name."""

    id: str
    table: str
    sheet: Mapping[str, str]
    title: Mapping[str, str]
    help: Mapping[str, str]
    fields: tuple[Field, ...]
    key_prefix: str
    key_width: int
    department_field: str
    """Field whose departments may edit the row."""
    end_field: str
    """Field that says when the row is due."""
    aliases: tuple[str, ...] = ()
    """Other names of the sheet or form."""
    compounds: tuple[Compound, ...] = ()
    ambiguous: tuple[Ambiguous, ...] = ()
    departments_add_rows: str = ""
    """"" no, `row` at once (problems), `proposal` after the PMO confirmed (tasks)."""

    @property
    def key(self) -> Field:
        return next(f for f in self.fields if f.kind == "key")

    def field(self, field_id: str) -> Field:
        """Raises KeyError when the form has no such field."""
        for f in self.fields:
            if f.id == field_id:
                return f
        raise KeyError(field_id)


@dataclass(frozen=True)
class Column:
    """One column of a service table."""

    id: str
    heading: Mapping[str, str]
    width: float = 12
    optional: bool = False
    """A master made before it was added goes without it."""


@dataclass(frozen=True)
class ServiceTable:
    """A list we keep in the master (departments, findings, conflicts, …): an Excel Table too."""

    id: str
    table: str
    sheet: Mapping[str, str]
    title: Mapping[str, str]
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Schema:
    version: str
    forms: tuple[Form, ...]
    services: tuple[ServiceTable, ...]

    def form(self, form_id: str) -> Form:
        return next(f for f in self.forms if f.id == form_id)

    def service(self, service_id: str) -> ServiceTable:
        return next(s for s in self.services if s.id == service_id)

    def choice_fields(self) -> list[tuple[Form, Field]]:
        """The drop-downs a person fills in: what a word on sheet 状态词 can be for."""
        return [(form, f) for form in self.forms for f in form.fields if f.kind == "choice" and f.access != "C"]


def column_label(form: Form, field: Field, lang: str) -> str:
    """How a list names a column: 任务跟踪表·完成状态."""
    return f"{form.sheet[lang]}·{field.heading[lang]}"


def templates_folder() -> Path:
    """`workbook_templates/`: inside the installed package, or beside it in a checkout."""
    inside = Path(__file__).parent.parent / "_data" / "workbook_templates"
    return inside if inside.is_dir() else Path(__file__).parent.parent.parent / "workbook_templates"


@cache
def load() -> Schema:
    """Every form in the order of the tabs, and the service tables. A broken file raises KeyError or rtoml.TomlParsingError."""
    folder = templates_folder()
    read = [rtoml.loads(p.read_text(encoding="utf-8")) for p in sorted((folder / "forms").glob("*/form.toml"))]
    forms = tuple(_form(data) for data in sorted(read, key=lambda data: data["order"]))
    service = rtoml.loads((folder / "service.toml").read_text(encoding="utf-8"))
    return Schema(SCHEMA_VERSION, forms, tuple(_service(name, data) for name, data in service.items()))


def _form(data: dict[str, Any]) -> Form:
    lists = {name: tuple(_choice(c) for c in items) for name, items in data.get("choices", {}).items()}
    return Form(
        id=data["id"],
        table=data["table"],
        sheet=data["sheet"],
        title=data["title"],
        help=data["help"],
        fields=tuple(_field(f, lists) for f in data["field"]),
        key_prefix=data["key_prefix"],
        key_width=data["key_width"],
        department_field=data["department_field"],
        end_field=data["end_field"],
        aliases=tuple(data.get("aliases", ())),
        compounds=tuple(Compound(tuple(c["aliases"]), tuple(c["into"]), c["how"]) for c in data.get("compound", ())),
        ambiguous=tuple(Ambiguous(tuple(a["aliases"]), tuple(a["fields"])) for a in data.get("ambiguous", ())),
        departments_add_rows=data.get("departments_add_rows", ""),
    )


def _choice(data: dict[str, Any]) -> Choice:
    return Choice(data["id"], {"zh": data["zh"], "en": data["en"]}, tuple(data.get("aliases", ())))


def _field(data: dict[str, Any], lists: dict[str, tuple[Choice, ...]]) -> Field:
    return Field(
        id=data["id"],
        kind=data["kind"],
        access=data["access"],
        heading={"zh": data["zh"], "en": data["en"]},
        aliases=tuple(data.get("aliases", ())),
        help=data.get("help", {}),
        width=data.get("width", 12),
        required=data.get("required", False),
        choices=lists[data["choices"]] if "choices" in data else (),
        of=data.get("of", ""),
        in_pack=data.get("in_pack", True),
    )


def _service(name: str, data: dict[str, Any]) -> ServiceTable:
    columns = tuple(Column(c["id"], {"zh": c["zh"], "en": c["en"]}, c.get("width", 12), c.get("optional", False)) for c in data["columns"])
    return ServiceTable(name, data["table"], data["sheet"], data["title"], columns)
