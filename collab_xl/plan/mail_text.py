"""The text of a mail: a template with its places filled, as plain text and as HTML that a phone shows well.

In: template, facts.  Out: texts.  Pure.  Everything that is filled in is escaped; the HTML loads nothing from anywhere.
A line that is only a place of tables becomes these tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape

from collab_xl.catalogue import text
from collab_xl.model.outgoing import PLACE, Grid, MailFact, MailKind, MailTemplate

_FONT = "-apple-system,'Segoe UI','Microsoft YaHei','PingFang SC','Noto Sans CJK SC',Arial,sans-serif"
_CELL = "border:1px solid #d9dce1;padding:5px 7px;text-align:left;vertical-align:top"
NARROW = 10
"""A cell of so many columns of a fixed-width font stays in one line (a date, a number, a short word); a longer one may be divided anywhere,
so that a table with a long file name still fits a phone."""


def own_templates(lang: str) -> dict[MailKind, MailTemplate]:
    """The texts of the package."""
    return {kind: MailTemplate(text(f"model.mail.{kind}.subject", lang), text(f"model.mail.{kind}.body", lang)) for kind in MailKind}


SUBJECT_PLACE = 40
"""Characters of one place in a subject: a person with twelve departments would see nothing else of it."""


def filled_subject(template: MailTemplate, facts: Mapping[str, MailFact], tag: str, lang: str, *, urgent: bool = False) -> str:
    """One line, with the tag at the end, by which an answer is told; one that is urgent says so first, whatever the text is."""
    short = {name: _cut(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
    said = " ".join(_filled(template.subject, short).split())
    return f"{text('plan.mail.subject_urgent', lang) if urgent else ''}{said} [{tag}]"


def _cut(said: str) -> str:
    return said if len(said) <= SUBJECT_PLACE else said[: SUBJECT_PLACE - 1] + "…"


def as_text(template: MailTemplate, facts: Mapping[str, MailFact]) -> str:
    lines = []
    for line in template.body.strip().split("\n"):
        grids = _grids(line, facts)
        lines += [_filled(line, facts).strip()] if grids is None else list(_grid_lines(grids))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def as_html(template: MailTemplate, facts: Mapping[str, MailFact], lang: str, title: str) -> str:
    """A whole page, at most 680 pixels wide; on a phone as wide as the screen."""
    parts = []
    for block in re.split(r"\n\s*\n", template.body.strip()):
        said: list[str] = []
        for line in block.split("\n"):
            grids = _grids(line, facts)
            if grids is None:
                said.append(escape(_filled(line, facts)))
                continue
            parts += _paragraph(said)
            said = []
            parts += map(_grid_html, grids)
        parts += _paragraph(said)
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{escape(title)}</title></head>\n'
        f'<body style="margin:0;padding:0;background:#ffffff"><div style="max-width:680px;margin:0;padding:14px 16px;'
        f'font-family:{_FONT};font-size:15px;line-height:1.6;color:#1f2329">\n' + "\n".join(parts) + "\n</div></body></html>\n"
    )


def _filled(line: str, facts: Mapping[str, MailFact]) -> str:
    def said(place: re.Match[str]) -> str:
        fact = facts.get(place[1], "")
        return fact if isinstance(fact, str) else " ".join(_grid_lines(fact))

    return PLACE.sub(said, line)


def _grids(line: str, facts: Mapping[str, MailFact]) -> tuple[Grid, ...] | None:
    alone = PLACE.fullmatch(line.strip())
    fact = facts.get(alone[1]) if alone else None
    return fact if isinstance(fact, tuple) else None


def _grid_lines(grids: Iterable[Grid]) -> Iterator[str]:
    """One line a row: `1. RW-001 问卷设计 · 原因：滞后超限`; blank cells are left out."""
    for n, grid in enumerate(grids):
        if grid.title:
            yield from ("", grid.title) if n else (grid.title,)
        for number, row in enumerate(grid.rows, 1):
            cells = [(h, _one_line(v)) for h, v in zip(grid.headings, row, strict=True) if v]
            first, *others = cells[1:] if cells and cells[0][1] == str(number) else cells
            yield f"{number}. " + " · ".join([first[1], *(f"{h}{': ' if h.isascii() else '：'}{v}" for h, v in others)])


def _wrapped(cell: str) -> str:
    wide = max((sum(2 if ord(c) > 0x2E7F else 1 for c in line) for line in cell.split("\n")), default=0)
    return f"{_CELL};{'white-space:nowrap' if wide <= NARROW else 'overflow-wrap:anywhere'}"


def _one_line(cell: str) -> str:
    """`RW-001 问卷设计，市场部`: the lines of a cell one after the other."""
    lines = [" ".join(line.split()) for line in cell.split("\n")]
    return (", " if cell.isascii() else "，").join(line for line in lines if line)


def _paragraph(lines: list[str]) -> list[str]:
    said = "<br>\n".join(line for line in lines if line.strip())
    return [f'<p style="margin:0 0 14px">{said}</p>'] if said else []


def _grid_html(grid: Grid) -> str:
    title = f'<p style="margin:0 0 6px;font-weight:bold">{escape(grid.title)}</p>\n' if grid.title else ""
    head = "".join(f'<th style="{_wrapped(h)};background:#f2f4f7;font-weight:600">{escape(h)}</th>' for h in grid.headings)
    lines = "\n".join(
        "<tr>" + "".join(f'<td style="{_wrapped(v)}">{escape(v).replace(chr(10), "<br>")}</td>' for v in row) + "</tr>" for row in grid.rows
    )
    return (
        f'{title}<table style="border-collapse:collapse;width:100%;margin:0 0 16px;font-size:13px;line-height:1.45">\n'
        f"<tr>{head}</tr>\n{lines}\n</table>"
    )
