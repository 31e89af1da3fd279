"""What the robot of the PMO's group says: who is missing, what is escalated, how the week stands. Short plain text.

In: letters as they were sent.  Out: one text, with what it tells.  Pure.
A text has names of departments, numbers and titles of rows, and counts; no other cell of a row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from collab_xl.catalogue import COMMA, text
from collab_xl.model.outgoing import Letter, MailKind

MOST_BYTES = 2000
"""Of one text in UTF-8: 企业微信 takes 2,048 bytes, the others more (docs/facts/robots.md)."""
TITLE = 60
NAMES = 300
"""Characters of the names in one line."""
WITHOUT_TAGS = str.maketrans("<>", "＜＞")
"""飞书 reads `<at …>` in a text as a call to people, whoever wrote it into a cell."""


class RobotText(NamedTuple):
    text: str
    about: tuple[str, ...]


def robot_text(kind: MailKind, letters: Iterable[Letter], told: Collection[str], project: str, lang: str) -> RobotText | None:
    """What these letters tell that was not told before; None if nothing."""
    match kind:
        case MailKind.CHASE:
            return _chased([one for one in letters if one.id not in told], project, lang)
        case MailKind.ESCALATION:
            return _escalated(list(letters), told, project, lang)
        case MailKind.WEEK:
            return _week([one for one in letters if one.id not in told], project, lang)
    return None


def week_headline(page: Mapping[str, Any], lang: str) -> str:
    """Counts of the weekly page: `12 个部门：按时 9，晚交 1，未交 2；未完成 40 项，滞后 6 项，升级 2 项`."""
    departments: Sequence[Mapping[str, Any]] = page.get("departments", ())
    how = [d["submitted"] for d in departments]
    return text(
        "plan.robot.headline", lang, n=len(departments), on_time=how.count("on_time"), late=how.count("late"),
        missing=how.count("missing"), open=sum(d["open"] for d in departments), overdue=len(page.get("overdue", ())),
        escalated=len(page.get("escalations", ())),
    )  # fmt: skip


def _chased(letters: Sequence[Letter], project: str, lang: str) -> RobotText | None:
    if not letters:
        return None
    comma, facts = COMMA[lang], letters[0].facts
    names = _cut(comma.join(one.department for one in letters), NAMES)
    count = sum(len(one.about) - 1 for one in letters)  # the last is the day
    head = text("plan.robot.chase", lang, project=_title(project), week=str(facts.get("week", "")), n=count, names=names)
    when = text("plan.robot.due", lang, due=str(facts.get("deadline", "")), state=str(facts.get("state", "")))
    return RobotText(_clean(f"{head}\n{when}" if facts.get("deadline") else head), tuple(one.id for one in letters))


def _escalated(letters: Sequence[Letter], told: Collection[str], project: str, lang: str) -> RobotText | None:
    rows: dict[str, tuple[str, bool]] = {}
    for one in letters:
        for mark, row in zip(one.about, _lines(one), strict=True):
            if mark not in told:
                rows[mark] = _title(row[1].partition("\n")[0]), one.urgent
    if not rows:
        return None
    urgent = sum(is_urgent for _, is_urgent in rows.values())
    head = text(
        "plan.robot.escalated_urgent" if urgent else "plan.robot.escalated", lang, project=_title(project), n=len(rows), urgent=urgent
    )
    lines = [
        f"{n}. {text('plan.robot.urgent', lang) if is_urgent else ''}{title}"
        for n, (title, is_urgent) in enumerate(sorted(rows.values(), key=lambda row: not row[1]), 1)
    ]
    return RobotText(_fitting(head, lines, lang), tuple(rows))


def _lines(letter: Letter) -> Sequence[Sequence[str]]:
    """The rows of an escalation, as `letters.escalation_letters` makes them: one for each mark of `about`."""
    rows = letter.facts["rows"]
    assert not isinstance(rows, str)
    return [line for grid in rows for line in grid.rows]


def _week(letters: Sequence[Letter], project: str, lang: str) -> RobotText | None:
    if not letters:
        return None
    facts = letters[0].facts
    said = text("plan.robot.week", lang, project=_title(project), week=str(facts["week"]), verdict=str(facts["verdict"]))
    return RobotText(_clean(f"{said}\n{facts['headline']}"), tuple(one.id for one in letters))


def _fitting(head: str, lines: Sequence[str], lang: str) -> str:
    """All lines, or as many as fit with the number of the others."""
    for shown in range(len(lines), -1, -1):
        more = [text("plan.robot.more", lang, n=len(lines) - shown)] if shown < len(lines) else []
        said = _clean("\n".join([head, *lines[:shown], *more]))
        if len(said.encode()) <= MOST_BYTES:
            return said
    return _clean(head)


def _title(said: str) -> str:
    return _cut(" ".join(said.split()), TITLE)


def _cut(said: str, most: int) -> str:
    return said if len(said) <= most else said[: most - 1] + "…"


def _clean(said: str) -> str:
    return said.translate(WITHOUT_TAGS)
