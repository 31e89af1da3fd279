"""Forms as hypothesis makes them: any valid form, 2 to 40 fields, any roles missing, headings in both languages."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from collab_xl.forms import STATES

KINDS_OF_ROLES = {
    "department": "department",
    "departments": "departments",
    "owner": "person",
    "start": "date",
    "due": "date",
    "finished": "date",
    "raised": "moment",
    "status": "choice",
    "progress": "percent",
    "level": "choice",
    "parent": "reference",
    "need": "amount",
    "have": "amount",
    "milestone": "yesno",
    "late_reason": "longtext",
    "measure": "longtext",
    "support": "text",
    "result": "longtext",
}
PLAIN_KINDS = (
    "text",
    "longtext",
    "date",
    "moment",
    "percent",
    "choice",
    "choices",
    "department",
    "person",
    "references",
    "whole",
    "amount",
    "yesno",
)
WORDS_ZH = "拜访培训样机合同场地展会供应质检回访物流宣传采样盘点巡检"
DATED = ("date", "moment")


@st.composite
def forms(draw: st.DrawFn, *, form_id: str = "made") -> dict[str, Any]:
    """The data of one valid form; `validate` finds no fault in it."""
    roles = draw(st.sets(st.sampled_from(sorted(KINDS_OF_ROLES)), max_size=len(KINDS_OF_ROLES)))
    if {"department", "departments"} <= roles:
        roles.discard(draw(st.sampled_from(("department", "departments"))))
    extra = draw(st.lists(st.sampled_from(PLAIN_KINDS), max_size=max(0, 38 - len(roles))))
    choices: dict[str, list[dict[str, Any]]] = {}
    fields: list[dict[str, Any]] = []

    def add(kind: str, role: str = "") -> None:
        n = len(fields)
        access = "K" if kind == "key" else draw(st.sampled_from("DP"))
        field: dict[str, Any] = {"id": f"f{n}", "kind": kind, "access": access, "zh": f"{draw(_word())}{n}", "en": f"Column {n}"}
        if role:
            field["role"] = role
        if kind in ("choice", "choices"):
            field["choices"] = f"list{n}"
            choices[f"list{n}"] = _choices(draw, n, with_states=role == "status")
        if kind in ("reference", "references"):
            field["of"] = draw(st.sampled_from(("requirements", "tasks", form_id, "*")))
        fields.append(field)

    add("key")
    add("text", "title")
    for role in sorted(roles):
        add(KINDS_OF_ROLES[role], role)
    for kind in extra:
        add(kind)
    head, tail = fields[:1], fields[1:]
    fields = head + draw(st.permutations(tail))
    form: dict[str, Any] = {
        "id": form_id,
        "version": 1,
        "group": draw(st.sampled_from(("start", "execution", "closing"))),
        "order": draw(st.integers(40, 90)),
        "table": "Made",
        "key": {"prefix": draw(st.sampled_from(("QQ-", "MX2026-", "M."))), "width": draw(st.integers(1, 6))},
        "sheet": {"zh": "自制表", "en": "Made"},
        "title": {"zh": "自制登记表", "en": "A form of one's own"},
        "help": {"zh": "一行一项。", "en": "A row each."},
        "pack": {
            "to": draw(st.sampled_from(("department", "all", "none"))),
            "when": draw(st.sampled_from(("always", "rows"))),
            "blank_rows": draw(st.integers(0, 4)),
            "add_rows": draw(st.sampled_from(("row", "proposal", "no"))),
        },
        "field": fields,
        "choices": choices,
        "rules": _rules(draw, fields),
    }
    dated = [f for f in fields if f["kind"] in DATED]
    by_role = {f["role"]: f for f in fields if f.get("role")}
    if "due" in roles and not roles & {"status", "finished"}:
        form["due"] = "date only"
    if dated and draw(st.booleans()):
        form["clock"] = [
            {
                "id": "answer",
                "zh": "答复",
                "en": "an answer",
                "starts": draw(st.sampled_from(dated))["id"],
                "limit": draw(st.integers(1, 72)),
                "unit": draw(st.sampled_from(("minutes", "hours", "working_days", "days"))),
                "stops": [draw(st.sampled_from(fields[1:]))["id"]],
                "code": "T304",
            }
        ]
    theirs = [f["id"] for f in fields if f["access"] == "D"]
    others = [f["id"] for f in fields if f["kind"] == "department" and not f.get("role")]
    if others and theirs and roles & {"department", "departments"} and draw(st.booleans()):
        asked = draw(st.lists(st.sampled_from(theirs), min_size=1, max_size=4, unique=True))
        form["asked"] = {"by": draw(st.sampled_from(others)), "fields": asked}
        moments = [f["id"] for f in fields if f["kind"] in DATED and f["id"] in theirs]
        form["asked"]["starts"] = {name: "{sent}" for name in moments[:1]}
    if draw(st.booleans()):
        form["report"] = {
            "heading": {"zh": "自制", "en": "Made"},
            "where": draw(_condition(by_role, choices)),
            "sort": [draw(st.sampled_from(fields))["id"]],
            "columns": [f["id"] for f in fields[:4]],
            "lines": draw(st.integers(1, 8)),
        }
    if draw(st.booleans()):
        form["figure"] = [{"id": "made_figure", "zh": "自制项", "en": "Made ones", "count": draw(_condition(by_role, choices))}]
    if "status" in roles and draw(st.booleans()):
        form["escalation"] = [{"cause": "escalated", "when": draw(_condition(by_role, choices)), "answer_days": draw(st.integers(0, 3))}]
    return form


def _word() -> st.SearchStrategy[str]:
    return st.text(alphabet=WORDS_ZH, min_size=1, max_size=5)


def _choices(draw: st.DrawFn, n: int, *, with_states: bool) -> list[dict[str, Any]]:
    count = draw(st.integers(1, 6))
    states = [draw(st.sampled_from(STATES)) for _ in range(count)]
    return [
        {"id": f"c{n}_{i}", "zh": f"选项{n}之{i}", "en": f"Choice {n} {i}", **({"state": states[i]} if with_states else {})}
        for i in range(count)
    ]


def _condition(by_role: dict[str, Any], choices: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    parts: list[st.SearchStrategy[dict[str, Any]]] = [st.just({})]
    if "status" in by_role:
        parts.append(st.lists(st.sampled_from(STATES), min_size=1, max_size=3, unique=True).map(lambda s: {"state": s}))
    if "level" in by_role:
        ids = [c["id"] for c in choices[by_role["level"]["choices"]]]
        parts.append(st.sampled_from(ids).map(lambda c: {"level": c}))
    return st.one_of(parts)


def _rules(draw: st.DrawFn, fields: list[dict[str, Any]]) -> dict[str, Any]:
    ids = [f["id"] for f in fields if f["kind"] != "key"]
    dated = [f["id"] for f in fields if f["kind"] in DATED]
    roles = {f["role"] for f in fields if f.get("role")}
    rules: dict[str, Any] = {"required": ["title", *draw(st.lists(st.sampled_from(ids), max_size=2))]}
    rules["required_when"] = draw(
        st.dictionaries(st.sampled_from((*STATES, "late")), st.lists(st.sampled_from(ids), min_size=1, max_size=2), max_size=3)
    )
    if draw(st.booleans()):
        rules["complete"] = [draw(st.sampled_from(ids))]
    if len(dated) > 1:
        rules["order"] = [list(draw(st.permutations(dated))[:2])]
    if {"progress", "status"} <= roles:
        rules["match"] = [["progress", "status"]]
    if draw(st.booleans()):
        rules["unique"] = [draw(st.sampled_from(ids))]
    return rules
