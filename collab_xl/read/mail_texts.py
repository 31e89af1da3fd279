"""Sheet 邮件模板: the PMO's own texts of mails. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from collab_xl.model.finding import Finding
from collab_xl.model.outgoing import ANYWHERE, NEEDED, PLACE, PLACES, MailKind, MailTemplate
from collab_xl.model.place import Address
from collab_xl.model.values import Value
from collab_xl.read.remarks import finding
from collab_xl.read.text import clean, shown

_COLUMNS = {"subject": 2, "body": 3}


def mail_texts_of(
    rows: Iterable[Mapping[str, Value]], own: Mapping[MailKind, MailTemplate], sheet: str = ""
) -> tuple[dict[MailKind, MailTemplate], list[Finding]]:
    """Rows of the table of mail texts (`service.service_rows`) → the text of each kind; where a row or a cell is blank, that of `own`.

    Reported: a place that cannot be filled (H124), and a text without a place it needs (H125). Such a text is not used for a mail.
    """
    out, findings = dict(own), list[Finding]()
    for row in rows:
        kind = next((kind for kind in MailKind if kind == str(row.get("id") or "").strip()), None)
        if kind is None:
            continue
        texts = {column: clean(shown(row.get(column))) for column in _COLUMNS}
        out[kind] = MailTemplate(texts["subject"] or own[kind].subject, texts["body"] or own[kind].body)
        findings += _faults(kind, out[kind], sheet, row.get("_row"))
    return out, findings


def _faults(kind: MailKind, template: MailTemplate, sheet: str, row: Value) -> Iterator[Finding]:
    allowed = (*ANYWHERE, *PLACES[kind])
    said = " / ".join(allowed)
    for column, text in zip(_COLUMNS, template, strict=True):
        at = Address(sheet, row, _COLUMNS[column]) if sheet and isinstance(row, int) else None
        for place in dict.fromkeys(PLACE.findall(text)):
            if place not in allowed:
                yield finding("H124", at, found=place, expected=said)
    for place in NEEDED[kind]:
        if place not in PLACE.findall(template.body):
            at = Address(sheet, row, _COLUMNS["body"]) if sheet and isinstance(row, int) else None
            yield finding("H125", at, found=template.body[:40], expected=place)
