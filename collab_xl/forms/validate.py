"""Validate a `form.toml`: report every fault with file, key, what is wrong and what is allowed.

Two steps: the shape of the file (`SHAPE` lists every key), then whether the parts agree with each other (roles, conditions, clocks, rules).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from collab_xl.forms.form import ANY, BASIC, GROUPS, KINDS, LOOKS, ROLES, STATES, Form
from collab_xl.forms.request_sheet import HOW
from collab_xl.model.excel_limits import MAX_HEADING, MAX_SHEET_NAME, MAX_WIDTH, is_sheet_name
from collab_xl.model.finding import Saying
from collab_xl.model.record import Struct
from collab_xl.model.regex import regex
from collab_xl.model.report_pages import COUNTED, MOST_COLUMNS


class FormFault(Struct, frozen=True):
    """One fault in a form's file. `key` is its place (`field[3].kind`, `line 7`)."""

    file: Path
    key: str
    text_key: str
    """Catalogue key for what is wrong and what is allowed."""
    facts: Mapping[str, object]

    @property
    def wrong(self) -> Saying:
        return Saying(f"{self.text_key}.wrong", {"key": self.key, **self.facts})

    @property
    def allowed(self) -> Saying:
        return Saying(f"{self.text_key}.allowed", {"key": self.key, **self.facts})


class Key(Struct, frozen=True):
    """What a key may contain: `kind` is a type, a tuple of allowed words, or the shape of a table; with `many`, a list of these (with
    `or_one`, also a text alone)."""

    kind: Any
    needed: bool = False
    many: bool = False
    or_one: bool = False


_ID = regex(r"[a-z][a-z0-9_]{0,39}")
_TABLE = regex(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_CODE = regex(r"[A-Z]\d{3}")
_LABEL = {"zh": Key(str, True), "en": Key(str, True)}
_TEXT = Key(_LABEL, True)
_WORDS = Key(str, many=True)
_ANY = Key(dict)
SHAPE: Mapping[str, Key] = {
    "id": Key(str, True),
    "version": Key(int, True),
    "basic": Key(bool),
    "library": Key(bool),
    "table": Key(str, True),
    "group": Key(GROUPS, True),
    "order": Key(int, True),
    "aliases": _WORDS,
    "key": Key({"prefix": Key(str, True), "width": Key(int, True)}, True),
    "sheet": _TEXT,
    "title": _TEXT,
    "help": _TEXT,
    "pack": Key(
        {
            "to": Key(("department", "all", "none")),
            "when": Key(("always", "rows")),
            "blank_rows": Key(int),
            "add_rows": Key(("row", "proposal", "no")),
        }
    ),
    "face": Key({**_LABEL, "columns": Key(str, True, many=True), "before": Key(str, True)}),
    "request": Key(
        {
            **_LABEL,
            "field": Key({"field": Key(str, True), **_LABEL, "aliases": _WORDS}, True, many=True),
            "asker": Key(str, True),
            "part": Key(
                {
                    **_LABEL, "aliases": _WORDS, "of": Key(str, True), "link": Key(str, True), "how": Key(HOW, True), "asker": Key(str),
                    "rows": Key(int), "constants": _ANY, "pieces": _ANY,
                    "column": Key({"field": Key(str, True), **_LABEL, "aliases": _WORDS}, True, many=True),
                },
                many=True,
            ),
        }
    ),
    "asked": Key({"by": Key(str, True), "fields": Key(str, True, many=True), "starts": _ANY}),
    "matrix": Key(
        {
            "value": Key(str, True),
            "work": Key(str, True),
            "who": Key(str, True, many=True),
            "needs": Key(str),
            "called": _ANY,
            "named": _ANY,
            "endings": _ANY,
            "instead": Key({"words": Key(str, True, many=True), "beside": Key(str, True, many=True), "means": Key(str, True)}, many=True),
        }
    ),
    "weekly": Key({**_LABEL, "column": Key({"field": Key(str, True), **_LABEL, "aliases": _WORDS}, True, many=True)}),
    "due": Key(object),
    "choices": _ANY,
    "field": Key(
        {
            "id": Key(str, True),
            "kind": Key(KINDS, True),
            "access": Key(("K", "D", "P", "C"), True),
            **_LABEL,
            "aliases": _WORDS,
            "help": Key(_LABEL),
            "width": Key(float),
            "choices": Key(str),
            "of": Key(str),
            "in_pack": Key(bool),
            "role": Key(tuple(ROLES)),
            "compute": Key(str),
            "since": Key(int),
            "from": _WORDS,
        },
        True,
        many=True,
    ),
    "compound": Key(
        {"aliases": Key(str, True, many=True), "into": Key(str, True, many=True), "how": Key(("date_range", "department_person"), True)},
        many=True,
    ),
    "yes_no": Key({"aliases": Key(str, True, many=True), "field": Key(str, True), "yes": Key(str, True), "no": Key(str)}, many=True),
    "about": _WORDS,
    "hints": _WORDS,
    "title_from": Key(str),
    "ambiguous": Key({"aliases": Key(str, True, many=True), "fields": Key(str, True, many=True)}, many=True),
    "clock": Key(
        {
            "id": Key(str, True),
            **_LABEL,
            "starts": Key(str),
            "begins": Key(str),
            "limit": Key(int, True),
            "unit": Key(("minutes", "hours", "working_days", "days"), True),
            "stops": _WORDS,
            "code": Key(str, True),
            "when": _ANY,
            "tell": Key(("owner", "head", "superior", "sponsor", "pmo"), many=True),
            "per": Key(str, many=True, or_one=True),
            "setting": Key(str),
        },
        many=True,
    ),
    "escalation": Key(
        {"cause": Key(str, True), "when": Key(dict, True), "answer_days": Key(int, True), "code": Key(str), "at": Key(str)}, many=True
    ),
    "rules": Key(
        {
            "required": _WORDS,
            "required_when": _ANY,
            "complete": _WORDS,
            "order": Key(list, many=True),
            "match": Key(list, many=True),
            "unique": _WORDS,
            "exactly_one": Key(
                {"field": Key(str, True), "value": Key(str, True), "per": Key(str, True, many=True), "code": Key(str, True)}, many=True
            ),
            "over": Key(
                {
                    "field": Key(str, True), "limit": Key(float, True), "setting": Key(str, True), "code": Key(str, True),
                    "escalate": Key(bool), "cause": Key(str),
                },
                many=True,
            ),
            "functions": _WORDS,
            "own": Key({"code": Key(str, True), "severity": Key(("error", "warning", "note"), True)}, many=True),
            "agreed": _WORDS,
            "agreed_when": _ANY,
        }
    ),
    "report": Key(
        {
            "part": Key(("work", "trouble", "demand")),
            "heading": Key(_LABEL),
            "where": _ANY,
            "sort": _WORDS,
            "columns": _WORDS,
            "lines": Key(int),
            "also": Key(str),
            "page": Key(("sponsor", "pmo")),
        }
    ),
    "decision": Key({**_LABEL, "states": Key(STATES, many=True), "filled": _WORDS}),
    "figure": Key({"id": Key(str, True), **_LABEL, "count": Key(dict, True), "alarm": Key(("red", "amber"))}, many=True),
}  # fmt: skip
_CHOICE: Mapping[str, Key] = {
    "id": Key(str, True), **_LABEL, "aliases": _WORDS, "state": Key(STATES), "late": Key(bool), "since": Key(int), "look": Key(LOOKS),
}  # fmt: skip
_DUE: Mapping[str, Key] = {"warn": Key(str), "overdue": Key(str), "escalate": Key(str), "listed": Key(bool)}
_TYPES = {str: "text", int: "whole", float: "number", bool: "yesno", dict: "table", list: "list"}


def names_in(said: str | Sequence[str]) -> tuple[str, ...]:
    """One name or several."""
    return (said,) if isinstance(said, str) else tuple(said)


def faults_of(path: Path, data: Mapping[str, Any]) -> list[FormFault]:
    """Every fault of one file. Whether the parts agree is checked only if the shape is right."""
    found = list(_shape(path, data, SHAPE, ""))
    for name, items in data.get("choices", {}).items() if isinstance(data.get("choices"), dict) else ():
        found += _shape(path, {"choices": items}, {"choices": Key(_CHOICE, many=True)}, f"choices.{name}")
    if isinstance(data.get("due"), dict):
        found += _shape(path, data["due"], _DUE, "due")
    elif "due" in data and data["due"] != "date only":
        found.append(FormFault(path, "due", "forms.fault.word", {"found": data["due"], "words": ("date only",)}))
    return found or list(_sense(path, data))


def _shape(path: Path, data: Mapping[str, Any], shape: Mapping[str, Key], at: str) -> Iterator[FormFault]:
    inside = f"{at}." if at and not at.startswith("choices.") else ""
    for name, key in shape.items():
        if key.needed and name not in data:
            yield FormFault(path, f"{inside}{name}", "forms.fault.missing", {})
    for name, value in data.items():
        place = at if at.startswith("choices.") else f"{inside}{name}"
        if name not in shape:
            yield FormFault(path, place, "forms.fault.unknown", {"words": tuple(shape)})
            continue
        key = shape[name]
        if key.or_one and isinstance(value, str):
            value = [value]
        if key.many and not isinstance(value, list):
            yield FormFault(path, place, "forms.fault.type", {"found": str(value), "kind": Saying("forms.kind.list", {})})
            continue
        for n, one in enumerate(value) if key.many else ((None, value),):
            yield from _value(path, one, key.kind, place if n is None else f"{place}[{n + 1}]")


def _value(path: Path, value: Any, kind: Any, place: str) -> Iterator[FormFault]:
    if isinstance(kind, Mapping):
        if isinstance(value, Mapping):
            yield from _shape(path, value, kind, place)
        else:
            yield FormFault(path, place, "forms.fault.type", {"found": str(value), "kind": Saying("forms.kind.table", {})})
    elif isinstance(kind, tuple):
        if value not in kind:
            yield FormFault(path, place, "forms.fault.word", {"found": str(value), "words": kind})
    else:
        right = isinstance(value, kind) or (kind is float and isinstance(value, int))
        if not right or (isinstance(value, bool) and kind in (int, float)):
            yield FormFault(path, place, "forms.fault.type", {"found": str(value), "kind": Saying(f"forms.kind.{_TYPES[kind]}", {})})


def _sense(path: Path, data: Mapping[str, Any]) -> Iterator[FormFault]:
    """Faults between the parts of a file with the right shape."""

    def fault(key: str, name: str, /, **facts: object) -> FormFault:
        return FormFault(path, key, f"forms.fault.{name}", facts)

    fields: list[Mapping[str, Any]] = data["field"]
    ids = [f["id"] for f in fields]
    roles = {"key" if f["kind"] == "key" else f["role"]: f for f in fields if f["kind"] == "key" or f.get("role")}
    names = {**{i: f for i, f in zip(ids, fields, strict=True)}, **roles}
    choices: Mapping[str, Sequence[Mapping[str, Any]]] = data.get("choices", {})
    if not _ID.fullmatch(data["id"]):
        yield fault("id", "id", found=data["id"])
    if path.parent.name != data["id"]:
        yield fault("id", "folder", found=data["id"], folder=path.parent.name)
    if not _TABLE.fullmatch(data["table"]):
        yield fault("table", "table", found=data["table"])
    for lang, name in data["sheet"].items():
        if not is_sheet_name(name):
            yield fault(f"sheet.{lang}", "sheet_name", found=name, most=MAX_SHEET_NAME)
    if data["version"] < 1:
        yield fault("version", "type", found=data["version"], kind=Saying("forms.kind.whole", {}))
    if sum(f["kind"] == "key" for f in fields) != 1:
        yield fault("field", "one_key", n=sum(f["kind"] == "key" for f in fields))
    if "title" not in roles:
        yield fault("field", "no_title")
    if "department" in roles and "departments" in roles:
        yield fault("field", "two_departments")
    seen: dict[str, str] = {}
    met: set[str] = set()
    for n, f in enumerate(fields, 1):
        at = f"field[{n}]"
        if not _ID.fullmatch(f["id"]):
            yield fault(f"{at}.id", "id", found=f["id"])
        if f["id"] in ids[: n - 1]:
            yield fault(f"{at}.id", "twice", found=f["id"])
        for heading in {f["zh"], f["en"]}:
            if seen.setdefault(heading, at) != at:
                yield fault(at, "heading_twice", found=heading)
        if not f["zh"].strip() or not f["en"].strip():
            yield fault(at, "missing_heading")
        if len(f["zh"]) > MAX_HEADING or len(f["en"]) > MAX_HEADING:
            yield fault(at, "heading_long", most=MAX_HEADING)
        if not 0 < f.get("width", 1) <= MAX_WIDTH:
            yield fault(f"{at}.width", "width", found=f["width"], most=MAX_WIDTH)
        role = f.get("role", "")
        if role and f["kind"] not in ROLES[role]:
            yield fault(f"{at}.role", "role_kind", role=role, kind=f["kind"], words=ROLES[role])
        mark = f"{role} {f.get('of', '')}" if role == "parent" else role
        if role and (mark in met or (role == "key" and f["kind"] != "key")):
            yield fault(f"{at}.role", "role_twice", role=role)
        met.add(mark)
        if f["kind"] in ("choice", "choices") and f.get("choices") not in choices:
            yield fault(f"{at}.choices", "word", found=f.get("choices", ""), words=tuple(choices))
        if f["kind"] in ("reference", "references") and "of" not in f:
            yield fault(f"{at}.of", "missing")
        if (f["kind"] == "key") != (f["access"] == "K"):
            yield fault(f"{at}.access", "key_access")
        if not 1 <= f.get("since", 1) <= data["version"]:
            yield fault(f"{at}.since", "since", found=f["since"], version=data["version"])
        for name in f.get("from", ()):
            if name not in names:
                yield fault(f"{at}.from", "no_field", found=name, words=tuple(names))
        if f["access"] == "C" and not f.get("compute"):
            yield fault(f"{at}.compute", "missing")
    for name, items in choices.items():
        own = [c["id"] for c in items]
        late = [c["since"] for c in items if not 1 <= c.get("since", 1) <= data["version"]]
        if late:
            yield fault(f"choices.{name}", "since", found=late[0], version=data["version"])
        if len(set(own)) < len(own) or not own:
            yield fault(f"choices.{name}", "choices")
    status = roles.get("status")
    stateless = [c["id"] for c in choices.get(status["choices"], ()) if "state" not in c] if status and status.get("choices") else []
    if stateless:
        yield fault(f"choices.{status['choices']}", "stateless", found=tuple(stateless), words=STATES)  # type: ignore[index]
    if "due" in roles and data.get("due") != "date only" and "status" not in roles and "finished" not in roles:
        yield fault("due", "due_open")
    for name in data.get("face", {}).get("columns", ()):
        if name not in names:
            yield fault("face.columns", "no_field", found=name, words=tuple(names))
    request = data.get("request", {})
    for name in (c["field"] for c in data.get("weekly", {}).get("column", ())):
        if name not in ids:
            yield fault("weekly.column", "no_field", found=name, words=tuple(ids))
    for name in (*(f["field"] for f in request.get("field", ())), *([request["asker"]] if request else ())):
        if name not in ids:
            yield fault("request.field", "no_field", found=name, words=tuple(ids))
    yield from _asked_sense(fault, data.get("asked", {}), names)
    matrix = data.get("matrix", {})
    lists = (matrix.get(name, {}) for name in ("called", "named", "endings"))
    for name in (*(matrix[key] for key in ("value", "work") if key in matrix), *matrix.get("who", ()), *(f for one in lists for f in one)):
        if name not in names:
            yield fault("matrix", "no_field", found=name, words=tuple(names))
    from_field = names.get(data.get("title_from", ""))
    worded = (*ROLES["title"], "choice")
    if "title_from" in data and (from_field is None or from_field["kind"] not in worded):
        yield fault("title_from", "no_field", found=data["title_from"], words=tuple(f["id"] for f in fields if f["kind"] in worded))
    if "due" in data and "due" not in roles:
        yield fault("due", "no_due")
    yield from _rules_sense(fault, data, names, choices)


def _asked_sense(fault: Any, asked: Mapping[str, Any], names: Mapping[str, Mapping[str, Any]]) -> Iterator[FormFault]:
    for name in (*([asked["by"]] if asked else ()), *asked.get("fields", ()), *asked.get("starts", {})):
        if name not in names:
            yield fault("asked", "no_field", found=name, words=tuple(names))
    by = names.get(asked.get("by", ""))
    if by is not None and by["kind"] not in (kinds := (*ROLES["department"], *ROLES["departments"])):
        yield fault("asked.by", "role_kind", role=asked["by"], kind=by["kind"], words=kinds)
    if asked and not {"department", "departments"} & names.keys():
        yield fault("asked", "no_field", found="department", words=tuple(names))
    theirs = [f["id"] for f in {f["id"]: f for f in names.values()}.values() if f["access"] == "D" and f.get("in_pack", True)]
    for name in asked.get("fields", ()):
        if name in names and names[name]["id"] not in theirs:
            yield fault("asked.fields", "word", found=name, words=tuple(theirs))


def _rules_sense(
    fault: Any, data: Mapping[str, Any], names: Mapping[str, Mapping[str, Any]], choices: Mapping[str, Any]
) -> Iterator[FormFault]:
    def known(at: str, name: str) -> Iterator[FormFault]:
        if name.lstrip("-") not in names:
            yield fault(at, "no_field", found=name, words=tuple(names))

    def condition(at: str, data: Mapping[str, Any]) -> Iterator[FormFault]:
        for name, value in data.items():
            values = value if isinstance(value, list) else [value]
            allowed: tuple[str, ...]
            if name == "state":
                wrong, allowed = [v for v in values if v not in STATES], STATES
            elif name == "late":
                wrong, allowed = [v for v in values if not isinstance(v, bool)], ("true", "false")
            elif name not in names:
                yield fault(f"{at}.{name}", "no_field", found=name, words=(*names, "state", "late"))
                continue
            elif names[name]["kind"] in ("choice", "choices"):
                allowed = tuple(c["id"] for c in choices.get(names[name].get("choices", ""), ()))
                wrong = [v for v in values if v not in allowed]
            elif names[name]["kind"] == "yesno":
                wrong, allowed = [v for v in values if not isinstance(v, bool)], ("true", "false")
            else:
                wrong, allowed = [v for v in values if not isinstance(v, (str, int, float))], ("",)
            if wrong:
                yield fault(f"{at}.{name}", "word", found=", ".join(map(str, wrong)), words=allowed)

    codes: list[tuple[str, str]] = []
    for n, clock in enumerate(data.get("clock", ()), 1):
        at = f"clock[{n}]"
        for name in ("starts", "stops") if "begins" not in clock else ():
            if not clock.get(name):
                yield fault(f"{at}.{name}", "missing")
        for name in (
            *([clock["starts"]] if clock.get("starts") else ()),
            *clock.get("stops", ()),
            *names_in(clock.get("per", ())),
        ):
            yield from known(at, name)
        start = names.get(clock.get("starts", ""))
        if start is not None and start["kind"] not in ("date", "moment"):
            yield fault(f"{at}.starts", "role_kind", role=clock["starts"], kind=start["kind"], words=("date", "moment"))
        yield from condition(f"{at}.when", clock.get("when", {}))
        codes.append((f"{at}.code", clock["code"]))
    for n, escalation in enumerate(data.get("escalation", ()), 1):
        yield from condition(f"escalation[{n}].when", escalation["when"])
        if escalation.get("at"):
            yield from known(f"escalation[{n}].at", escalation["at"])
        if escalation.get("code"):
            codes.append((f"escalation[{n}].code", escalation["code"]))
    rules = data.get("rules", {})
    for name in (*rules.get("required", ()), *rules.get("unique", ()), *rules.get("complete", ()), *rules.get("agreed", ())):
        yield from known("rules", name)
    yield from condition("rules.agreed_when", rules.get("agreed_when", {}))
    status = names.get("status", {}).get("choices", "")
    moments = (*STATES, "late", *(c["id"] for c in choices.get(status, ())))
    for state, needed in rules.get("required_when", {}).items():
        if state not in moments:
            yield fault(f"rules.required_when.{state}", "word", found=state, words=moments)
        if not isinstance(needed, list):
            yield fault(f"rules.required_when.{state}", "type", found=str(needed), kind=Saying("forms.kind.list", {}))
        for name in needed if isinstance(needed, list) else ():
            yield from known(f"rules.required_when.{state}", name)
    for key in ("order", "match"):
        for pair in rules.get(key, ()):
            if len(pair) != 2:
                yield fault(f"rules.{key}", "pair", found=str(pair))
            for name in pair:
                yield from known(f"rules.{key}", name)
            if key == "match" and [names.get(name, {}).get("role") for name in pair] != ["progress", "status"]:
                yield fault("rules.match", "match", found=str(pair))
            if key == "order" and (odd := [name for name in pair if name in names and names[name]["kind"] not in ("date", "moment")]):
                yield fault("rules.order", "dates", found=odd[0])
    for n, rule in enumerate(rules.get("exactly_one", ()), 1):
        yield from condition(f"rules.exactly_one[{n}]", {rule["field"]: rule["value"]})
        for name in rule["per"]:
            yield from known(f"rules.exactly_one[{n}]", name)
        codes.append((f"rules.exactly_one[{n}].code", rule["code"]))
    for n, rule in enumerate(rules.get("over", ()), 1):
        yield from known(f"rules.over[{n}]", rule["field"])
        codes.append((f"rules.over[{n}].code", rule["code"]))
    codes += [(f"rules.own[{n}].code", rule["code"]) for n, rule in enumerate(rules.get("own", ()), 1)]
    for at, code in codes:
        if not _CODE.fullmatch(code):
            yield fault(at, "code", found=code)
    report = data.get("report", {})
    yield from condition("report.where", report.get("where", {}))
    for name in (*report.get("sort", ()), *report.get("columns", ())):
        yield from known("report", name)
    if report and not report.get("part") and not (report.get("heading") and report.get("columns")):
        yield fault("report", "report")
    if len(report.get("columns", ())) > MOST_COLUMNS:
        yield fault("report.columns", "too_many", found=len(report["columns"]), most=MOST_COLUMNS)
    for name in data.get("decision", {}).get("filled", ()):
        yield from known("decision.filled", name)
    for n, figure in enumerate(data.get("figure", ()), 1):
        yield from condition(f"figure[{n}].count", figure["count"])
    for n, asks in enumerate(data.get("yes_no", ()), 1):
        said = [v for v in (asks["yes"], asks.get("no")) if v]
        yield from condition(f"yes_no[{n}]", {asks["field"]: said})
        if asks["field"] in names and names[asks["field"]]["kind"] != "choice":
            yield fault(f"yes_no[{n}].field", "role_kind", role=asks["field"], kind=names[asks["field"]]["kind"], words=("choice",))
    matrix = data.get("matrix", {})
    for n, word in enumerate(matrix.get("instead", ()), 1):
        yield from condition(f"matrix.instead[{n}]", {matrix["value"]: [word["means"]]})
    if matrix.get("needs"):
        yield from condition("matrix.needs", {matrix["value"]: [matrix["needs"]]})
    for key, into in (("compound", "into"), ("ambiguous", "fields")):
        for n, one in enumerate(data.get(key, ()), 1):
            for name in one[into]:
                yield from known(f"{key}[{n}]", name)


def faults_together(forms: Sequence[Form], files: Mapping[str, Path]) -> list[FormFault]:
    """Faults between forms: an id, table, sheet name or prefix of IDs used twice, a reference to an unknown form."""
    out: list[FormFault] = []
    taken = {("figure", name): "report" for name in COUNTED}
    known = {f.id for f in forms}
    for form in forms:
        path = files.get(form.id, Path(form.id))
        marks = [("id", form.id), ("table", form.table.casefold()), ("key.prefix", form.key_prefix.casefold())]
        marks += [(f"sheet.{lang}", name.casefold()) for lang, name in form.sheet.items()]
        marks += [("figure", figure.id) for figure in form.figures]
        for key, value in marks:
            other = taken.setdefault((key, value), form.id)
            if other != form.id or marks.count((key, value)) > 1 or (key == "id" and sum(f.id == form.id for f in forms) > 1):
                out.append(FormFault(path, key, "forms.fault.taken", {"found": value, "other": other}))
        out += [
            FormFault(path, f"field[{n}].of", "forms.fault.word", {"found": f.of, "words": (*sorted(known), ANY)})
            for n, f in enumerate(form.fields, 1)
            if f.of and f.of != ANY and f.of not in known
        ]
        if form.face and form.face.before not in known:
            out.append(FormFault(path, "face.before", "forms.fault.word", {"found": form.face.before, "words": tuple(sorted(known))}))
        for n, part in enumerate(form.request.parts if form.request else (), 1):
            other_form = next((f for f in forms if f.id == part.of), None)
            at = f"request.part[{n}]"
            if other_form is None:
                out.append(FormFault(path, f"{at}.of", "forms.fault.word", {"found": part.of, "words": tuple(sorted(known))}))
                continue
            ids = tuple(f.id for f in other_form.fields)
            named = (part.link, *(c.field for c in part.columns), *part.constants, *([part.asker] if part.asker else []))
            named += tuple(name for piece, name in part.pieces.items() if piece not in ("staff", "funds"))
            out += [FormFault(path, at, "forms.fault.no_field", {"found": name, "words": ids}) for name in named if name not in ids]
    if forms and (lost := [name for name in BASIC if name not in known]):
        out.append(FormFault(Path(), "", "forms.fault.basic", {"found": tuple(lost)}))
    return out
