"""TOML → Form, and all forms together as a Schema.  A wrong file is refused with all its faults (`validate.py`)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import rtoml

from collab_xl.errors import CollabError
from collab_xl.forms.folders import form_files, own_forms_folder, templates_folder
from collab_xl.forms.form import (
    GROUPS,
    YES_NO,
    Ambiguous,
    Ask,
    Asked,
    Choice,
    Clock,
    Column,
    Compound,
    Condition,
    Due,
    Escalation,
    ExactlyOne,
    Face,
    Field,
    Figure,
    Form,
    Matrix,
    MatrixWord,
    Over,
    OwnRule,
    PackRules,
    ReportBlock,
    Rules,
    Schema,
    ServiceTable,
    YesNo,
)  # fmt: skip
from collab_xl.forms.request_sheet import RequestPart, RequestSheet, SheetField, WeeklySheet
from collab_xl.forms.validate import FormFault, faults_of, faults_together, names_in

SCHEMA_VERSION = "1"


def load() -> Schema:
    """Every form in the order of the tabs, and the service tables.

    Raises CollabError `form_broken` for a wrong form: the file, the key, what is wrong and what is allowed.
    """
    return _load(own_forms_folder())


EARLIER = "earlier.json"


def read_earlier() -> dict[str, frozenset[str]]:
    """`<list>` → fingerprints of the titles and helps that earlier versions gave it; `<list>.<column>` → those of its drop-downs."""
    found = json.loads((templates_folder() / EARLIER).read_text(encoding="utf-8"))
    return {name: frozenset(said.split()) for name, said in found.items()}


@lru_cache(8)
def _load(own: str) -> Schema:
    forms, faults = read_forms(form_files(own))
    if faults:
        first = faults[0]
        raise CollabError("form_broken", file=str(first.file), key=first.key, wrong=first.wrong, allowed=first.allowed, n=len(faults))
    service = rtoml.loads((templates_folder() / "service.toml").read_text(encoding="utf-8"))
    return Schema(SCHEMA_VERSION, tuple(forms), tuple(_service(name, data) for name, data in service.items()))


def read_forms(files: list[Path]) -> tuple[list[Form], list[FormFault]]:
    """The forms of these files in tab order, and every fault found. A file with faults returns no form."""
    forms: list[Form] = []
    faults: list[FormFault] = []
    for path in files:
        try:
            data = rtoml.loads(path.read_text(encoding="utf-8"))
        except (ValueError, OSError) as error:
            faults.append(FormFault(path, _line(error), "forms.fault.syntax", {"error": str(error)}))
            continue
        found = faults_of(path, data)
        faults += found
        if not found:
            forms.append(form_of(data))
    forms.sort(key=lambda f: (GROUPS.index(f.group), f.order, f.id))
    return forms, faults + faults_together(forms, {path.parent.name: path for path in files})


def _line(error: Exception) -> str:
    """The place of a syntax error as in the parser's message, `line 7`."""
    words = str(error).split()
    return next((f"line {b.strip(',:')}" for a, b in itertools.pairwise(words) if a == "line"), "")


def form_of(data: Mapping[str, Any]) -> Form:
    """Make a form from data in which `validate` found no fault."""
    lists = {name: tuple(_choice(c) for c in items) for name, items in data.get("choices", {}).items()}
    rules = data.get("rules", {})
    required = frozenset(rules.get("required", ()))
    fields = tuple(_field(f, lists, required) for f in data["field"])
    dated = any(f.role == "due" for f in fields) and data.get("due") != "date only"
    report = data.get("report")
    ids = {f.role: f.id for f in reversed(fields) if f.role}

    def named(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(ids.get(name, name) for name in names)

    return Form(
        id=data["id"],
        table=data["table"],
        sheet=data["sheet"],
        title=data["title"],
        help=data["help"],
        fields=fields,
        key_prefix=data["key"]["prefix"],
        key_width=data["key"]["width"],
        version=data["version"],
        basic=data.get("basic", False),
        library=data.get("library", False),
        group=data["group"],
        order=data["order"],
        aliases=tuple(data.get("aliases", ())),
        compounds=tuple(Compound(tuple(c["aliases"]), named(c["into"]), c["how"]) for c in data.get("compound", ())),
        ambiguous=tuple(Ambiguous(tuple(a["aliases"]), named(a["fields"])) for a in data.get("ambiguous", ())),
        yes_no=tuple(
            YesNo(tuple(y["aliases"]), ids.get(y["field"], y["field"]), y["yes"], y.get("no", "")) for y in data.get("yes_no", ())
        ),
        title_from=ids.get(data.get("title_from", ""), data.get("title_from", "")),
        about=tuple(data.get("about", ())),
        hints=tuple(data.get("hints", ())),
        pack=_pack(data.get("pack", {})),
        face=Face(_label(face), named(face["columns"]), face["before"]) if (face := data.get("face")) else None,
        request=_request(request) if (request := data.get("request")) else None,
        weekly=WeeklySheet(_label(weekly), _sheet_fields(weekly["column"])) if (weekly := data.get("weekly")) else None,
        matrix=_matrix(matrix) if (matrix := data.get("matrix")) else None,
        asked=Asked(asked["by"], named(asked["fields"]), asked.get("starts", {})) if (asked := data.get("asked")) else None,
        due=Due(**(data.get("due", {}))) if dated else None,
        clocks=tuple(_clock(c, data["id"]) for c in data.get("clock", ())),
        escalations=tuple(_escalation(e) for e in data.get("escalation", ())),
        rules=_rules(rules, ids),
        block=_block(report) if report is not None else None,
        figures=tuple(Figure(f["id"], _label(f), condition(f["count"]), f.get("alarm", "")) for f in data.get("figure", ())),
        ask=Ask(_label(ask), tuple(ask.get("states", ())), tuple(ask.get("filled", ()))) if (ask := data.get("decision")) else None,
    )


def _sheet_fields(listed: Sequence[Mapping[str, Any]]) -> tuple[SheetField, ...]:
    return tuple(SheetField(c["field"], _label(c), tuple(c.get("aliases", ()))) for c in listed)


def _matrix(data: Mapping[str, Any]) -> Matrix:
    def lists(name: str) -> dict[str, tuple[str, ...]]:
        return {f: tuple(words) for f, words in data.get(name, {}).items()}

    instead = tuple(MatrixWord(tuple(w["words"]), tuple(w["beside"]), w["means"]) for w in data.get("instead", ()))
    return Matrix(
        data["value"], data["work"], tuple(data["who"]), lists("called"), lists("named"), lists("endings"), instead, data.get("needs", "")
    )


def _request(data: Mapping[str, Any]) -> RequestSheet:
    def part(p: Mapping[str, Any]) -> RequestPart:
        columns = _sheet_fields(p["column"])
        return RequestPart(
            heading=_label(p),
            of=p["of"],
            link=p["link"],
            how=p["how"],
            columns=columns,
            aliases=tuple(p.get("aliases", ())),
            rows=p.get("rows", 4),
            constants=p.get("constants", {}),
            pieces=p.get("pieces", {}),
            asker=p.get("asker", ""),
        )

    return RequestSheet(_label(data), _sheet_fields(data["field"]), data["asker"], tuple(map(part, data.get("part", ()))))


def condition(data: Mapping[str, Any]) -> Condition:
    """`{ state = "open", level = ["high"] }`: each value as a tuple."""
    return {name: tuple(value) if isinstance(value, list) else (value,) for name, value in data.items()}


def _label(data: Mapping[str, Any]) -> dict[str, str]:
    return {"zh": data["zh"], "en": data["en"]}


def _choice(data: Mapping[str, Any]) -> Choice:
    return Choice(
        data["id"],
        _label(data),
        tuple(data.get("aliases", ())),
        data.get("state", ""),
        data.get("late", False),
        data.get("since", 1),
        data.get("look", ""),
    )


def _field(data: Mapping[str, Any], lists: Mapping[str, tuple[Choice, ...]], required: frozenset[str]) -> Field:
    role = "key" if data["kind"] == "key" else data.get("role", "")
    return Field(
        id=data["id"],
        kind=data["kind"],
        access=data["access"],
        heading=_label(data),
        aliases=tuple(data.get("aliases", ())),
        help=data.get("help", {}),
        width=data.get("width", 12),
        required=role == "key" or data["id"] in required or role in required,
        choices=YES_NO if data["kind"] == "yesno" else lists[data["choices"]] if "choices" in data else (),
        of=data.get("of", ""),
        in_pack=data.get("in_pack", True),
        role=role,
        compute=data.get("compute", ""),
        since=data.get("since", 1),
        sources=tuple(data.get("from", ())),
    )


def _pack(data: Mapping[str, Any]) -> PackRules:
    add_rows = data.get("add_rows", "no")
    return PackRules(data.get("to", "department"), data.get("when", "always"), data.get("blank_rows"), "" if add_rows == "no" else add_rows)


def _clock(data: Mapping[str, Any], form_id: str) -> Clock:
    return Clock(
        id=data["id"],
        starts=data.get("starts", ""),
        limit=data["limit"],
        unit=data["unit"],
        stops=tuple(data.get("stops", ())),
        code=data["code"],
        label=_label(data),
        when=condition(data.get("when", {})),
        tell=tuple(data.get("tell", ())),
        per=names_in(data.get("per", ())),
        setting=data.get("setting", f"clock.{form_id}.{data['id']}"),
        begins=data.get("begins", ""),
    )


def _escalation(data: Mapping[str, Any]) -> Escalation:
    return Escalation(data["cause"], condition(data["when"]), data["answer_days"], data.get("code", ""), data.get("at", ""))


def _rules(data: Mapping[str, Any], ids: Mapping[str, str]) -> Rules:
    return Rules(
        required_when={name: tuple(fields) for name, fields in data.get("required_when", {}).items()},
        complete=tuple(data.get("complete", ())),
        order=tuple((first, then) for first, then in data.get("order", ())),
        match=tuple((progress, status) for progress, status in data.get("match", ())),
        unique=tuple(data.get("unique", ())),
        exactly_one=tuple(ExactlyOne(e["field"], e["value"], tuple(e["per"]), e["code"]) for e in data.get("exactly_one", ())),
        over=tuple(Over(**o) for o in data.get("over", ())),
        functions=tuple(data.get("functions", ())),
        own=tuple(OwnRule(**o) for o in data.get("own", ())),
        agreed=tuple(ids.get(name, name) for name in data.get("agreed", ())),
        agreed_when=condition(data.get("agreed_when", {})),
    )


def _block(data: Mapping[str, Any]) -> ReportBlock:
    return ReportBlock(
        part=data.get("part", ""),
        heading=data.get("heading", {}),
        where=condition(data.get("where", {})),
        sort=tuple(data.get("sort", ())),
        columns=tuple(data.get("columns", ())),
        lines=data.get("lines", 5),
        also=data.get("also", ""),
        page=data.get("page", ""),
    )


def _service(name: str, data: Mapping[str, Any]) -> ServiceTable:
    columns = tuple(
        Column(c["id"], _label(c), c.get("width", 12), c.get("optional", False), tuple(c.get("former", ())), c.get("hidden", False))
        for c in data["columns"]
    )
    return ServiceTable(name, data["table"], data["sheet"], data["title"], columns, data.get("optional", False))
