"""Family Q of the requirement register: two departments request one resource at the same time.

In: a Case and the rows.  Out: findings.  Pure.
Source: docs/facts/domain.md: the urgency of the requirements decides who gets it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from collab_xl.model.finding import Finding
from collab_xl.model.regex import regex
from collab_xl.rules.case import Case
from collab_xl.rules.names import normal_name
from collab_xl.rules.overlaps import urgencies
from collab_xl.rules.rows import Rows

_AMOUNT = regex(r"[\d.,，]+\s*(?:[%％]|万元?|亿元?|千元?|[人名个场套台次天件份块元k]|人天|人月|小时)*")


def resources_of(text: str) -> list[str]:
    """The resources in `研发人力5人、市场预算20万` without the amounts: 研发人力, 市场预算."""
    return [name for name in (normal_name(_AMOUNT.sub("", part)) for part in re.split(r"[、,，;；。\n]", text)) if len(name) > 1]


def one_resource_twice(case: Case, rows: Rows) -> Iterator[Finding]:
    """Q511 at an open requirement if an open requirement of another department requests the same resource."""
    field = rows.field("resources")
    if field is None:
        return
    wanted: dict[str, list[int]] = {}
    for i, text in enumerate(rows.values(field)):
        if isinstance(text, str) and not rows.closed[i]:
            for resource in dict.fromkeys(resources_of(text)):
                wanted.setdefault(resource, []).append(i)
    depts, urgent = [case.department(value) for value in rows.values("from_dept")], urgencies(rows)
    for resource, asking in wanted.items():
        first = {depts[i]: i for i in reversed(asking)}
        for i in asking:
            others = [j for d, j in first.items() if d and depts[i] and d != depts[i]]
            if others:
                j = min(others)
                most = min((i, j), key=lambda n: (urgent[n], n))
                facts = {"other": rows.name(j), "other_cell": rows.table.at(j, field.id).cell, "first": rows.name(most)}
                yield case.finding("Q511", rows, i, field, resource=resource, **facts)
