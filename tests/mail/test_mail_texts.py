"""The texts of mails: the PMO's own from sheet 邮件模板, the package's without it; places checked; HTML escaped and fit for a phone."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from e2e.small_project import Project, type_into
from test_send import THURSDAY, send
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.catalogue import LANGS
from collab_xl.errors import CollabError
from collab_xl.forms import load
from collab_xl.mail.compose import Written, composed
from collab_xl.model.outgoing import ANYWHERE, NEEDED, PLACES, Attached, Grid, MailKind
from collab_xl.plan.lists import columns_of
from collab_xl.plan.mail_text import as_html, as_text, filled_subject, own_templates
from collab_xl.verbs.report import no_progress


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Without a mailbox: mails become files."""
    return Project.again(tmp_path / "p")


def write(project: Project, kind: str, **texts: str | None) -> None:
    book, service = read_book(project.master), load().service("mail_texts")
    ref = book.tables[service.table]
    col, snap = columns_of(ref, service), book.snapshot(ref.sheet)
    (row,) = (r for r in range(ref.data.first_row, ref.data.last_row + 1) if snap.value(r, col["id"]) == kind)
    type_into(project.master, ref.sheet, {(row, col[name]): value for name, value in texts.items()})


def mails(project: Project) -> list[tuple[str, str]]:
    """Subject and plain text."""
    found = [message_from_bytes(p.read_bytes(), policy=default) for p in sorted(project.folder.rglob("outbox/mails/*/*.eml"))]
    return [(str(m["Subject"]), m.get_body(("plain",)).get_content()) for m in found]


def test_the_pmo_writes_its_own_texts(project: Project) -> None:
    write(project, "chase", subject="请交{department}的{week}", body="{state}！\n\n{pmo}{liaison}")
    send(project, "chase", at=THURSDAY)
    assert {subject.partition(" [")[0] for subject, _ in mails(project)} == {"请交市场部的2026-W47", "请交研发部的2026-W47"}
    assert all(body.startswith("还有 1 天截止！") for _, body in mails(project))


def test_a_friday_off_in_the_calendar_moves_the_day_in_the_reminder(project: Project) -> None:
    verbs.portfolio_apply([project.master], holidays=["2026-11-20"], as_of=THURSDAY.date(), lang="zh", progress=no_progress, confirmed=True)
    write(project, "chase", body="{deadline}|{state}|{departments}")
    send(project, "chase", at=THURSDAY)
    assert {body.split("|")[0][:10] for _, body in mails(project)} == {"2026-11-19"}


def test_a_blank_cell_and_a_master_without_the_sheet_mean_the_package_s_text(project: Project) -> None:
    write(project, "chase", subject=None, body="{state}")
    send(project, "chase", at=THURSDAY, departments=["市场部"])
    assert mails(project)[0][0].startswith("产品Q3上线 催报：市场部 2026-W47")
    workbook = workbook_at(project.master)
    workbook.remove(next(ws for ws in workbook if "MailTexts" in ws.tables))
    workbook.save(project.master)
    send(project, "chase", at=THURSDAY)
    assert any("研发部" in subject and "这是第 1 次提醒" in body for subject, body in mails(project))


@pytest.mark.parametrize(("body", "code", "cell"), [("{state} {金额}", "H124", "金额"), ("请交", "H125", "state")])
def test_a_place_that_cannot_be_filled_or_is_missing_is_told_and_nothing_is_written(
    project: Project, body: str, code: str, cell: str
) -> None:
    write(project, "chase", body=body)
    with pytest.raises(CollabError) as error:
        send(project, "chase", at=THURSDAY)
    assert error.value.code == "mail_text_faulty"
    assert cell in str(error.value.facts)
    assert mails(project) == []
    found = verbs.check(project.master, as_of=THURSDAY.date(), lang="zh", write=False).json["findings"]
    assert [f["sheet"] for f in found if f["code"] == code] == ["邮件模板"]
    send(project, "packs")  # the other kinds are not concerned
    assert len(mails(project)) == 2


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("kind", MailKind)
def test_the_package_s_texts_use_only_their_places_and_all_they_need(kind: MailKind, lang: str) -> None:
    template = own_templates(lang)[kind]
    assert set(template.places) <= {*ANYWHERE, *PLACES[kind]}
    assert set(NEEDED[kind]) <= set(template.places)


HOSTILE = '<img src=x onerror=alert(1)> & "quoted" {project} </td>'


@pytest.mark.parametrize("kind", MailKind)
def test_what_is_filled_in_is_escaped_and_never_a_place(kind: MailKind) -> None:
    template = own_templates("zh")[kind]
    facts = dict.fromkeys((*ANYWHERE, *PLACES[kind]), HOSTILE)
    facts |= {place: (Grid((HOSTILE, "b"), ((HOSTILE, "x"),), HOSTILE),) for place in ("rows", "reasons", "page") if place in PLACES[kind]}
    page = as_html(template, facts, "zh", HOSTILE)
    assert "<img" not in page
    assert page.count("<td") == page.count("</td>")
    assert not re.search(r"(src|href|url\(|<script|<link)", page.replace("src=x onerror", ""))
    assert "{project}" in as_text(template, facts)
    assert "\n" not in filled_subject(template, dict.fromkeys(facts, "a\r\nBcc: x@example.com"), "ABC234", "zh")


@pytest.mark.parametrize(
    "name", ["填报包_产品Q3上线_研发部_2026-W47.xlsx", 'a "b" \\ c.pdf', "naïve ☃ 名.xlsx", "x" * 200 + ".xlsx", "超长" * 60 + ".xlsx"]
)
def test_names_of_attachments_are_read_by_every_kind_of_program(name: str) -> None:
    mail = Written(
        "a@example.com", "项目办", ("b@example.com",), (), "主题", "x\n", "<p>x</p>", "<1@example.com>", THURSDAY, [Attached(name, b"12")]
    )
    data = composed(mail)
    (part,) = message_from_bytes(data, policy=default).iter_attachments()
    assert part.get_filename() == name
    assert part.get_content() == b"12"
    assert data.isascii()
    assert max(map(len, data.split(b"\r\n"))) < 998
    from email import header

    old = message_from_bytes(data)  # a program that knows RFC 2047 in `name` only
    words = next(p.get_param("name") for p in old.walk() if p.get_filename())
    assert str(header.make_header(header.decode_header(str(words)))) == name
