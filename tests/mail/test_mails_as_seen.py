"""Every kind of mail as it arrives: read by another program (Dovecot), its two bodies the same, names and subjects whole."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from every_mail import KINDS, every_mail
from mail_server import MailServer
from test_send import mailbox

from collab_xl.catalogue import LANGS, text
from collab_xl.intake.mail_file import words
from collab_xl.mail.structure import parts_of

SUBJECT = 90
"""Characters at most: a phone shows about 40, a list of mails about 80."""


@pytest.fixture(scope="module", params=LANGS)
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def mails(lang: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return every_mail(tmp_path_factory.mktemp("mails") / "p", lang)


class Page(HTMLParser):
    """The words of a page, and every tag with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words, self.tags, self.open = list[str](), list[tuple[str, dict[str, str | None]]](), list[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("title", "style"):
            self.words += re.findall(r"\w+", data)


def bodies(data: bytes) -> tuple[EmailMessage, str, str]:
    mail = message_from_bytes(data, policy=default)
    assert isinstance(mail, EmailMessage)
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert page is not None
    return mail, plain.get_content(), page.get_content()


def test_another_program_reads_the_same(mails: dict[str, bytes], mail_server: MailServer) -> None:
    """Dovecot's own parser: structure, names, subjects, and that nothing is out of form."""
    assert set(mails) == set(KINDS)
    with mailbox(mail_server) as client:
        for kind, data in mails.items():
            mail, _plain, _page = bodies(data)
            files = [(part.get_content_type(), part.get_filename()) for part in mail.iter_attachments()]
            client.select_folder("INBOX")
            client.append("INBOX", data)
            uid = client.search()[-1]
            got: dict[bytes, Any] = client.fetch([uid], ["BODYSTRUCTURE", "ENVELOPE", "BODY.PEEK[]"])[uid]
            seen = [(part.kind, unquote(part.name.removeprefix("utf-8''"))) for part in parts_of(got[b"BODYSTRUCTURE"])]
            assert seen == [("text/plain", ""), ("text/html", ""), *files], kind
            envelope = got[b"ENVELOPE"]
            assert words(envelope.subject.decode()) == str(mail["Subject"]), kind
            assert [f"{a.mailbox.decode()}@{a.host.decode()}" for a in envelope.to] == [a.addr_spec for a in mail["To"].addresses]
            assert envelope.date is not None
            assert envelope.message_id.decode() == mail["Message-ID"]
            text_part = "1" if not files else "1.1"
            found = client.fetch([uid], [f"BODY.PEEK[{text_part}]"])[uid]
            assert found[f"BODY[{text_part}]".encode()], kind
            head = data.partition(b"\r\n\r\n")[0]
            assert head.isascii()
            assert b"\n" not in data.replace(b"\r\n", b"")
            assert b"\r" not in data.replace(b"\r\n", b"")
            assert max(map(len, data.split(b"\r\n"))) <= 998


def test_both_bodies_say_the_same_and_load_nothing(mails: dict[str, bytes], lang: str) -> None:
    for kind, data in mails.items():
        _, plain, page = bodies(data)
        seen = Page(page)
        assert seen.open == []
        said, shown = (dict.fromkeys(found) for found in (re.findall(r"\w+", plain), seen.words))
        headings = {word for tag in re.findall(r"<th[^>]*>([^<]*)", page) for word in re.findall(r"\w+", tag)}
        numbers = {str(n) for n in range(40)}
        assert set(said) - set(shown) <= numbers, kind
        assert set(shown) - set(said) <= headings | numbers, kind
        assert not [tag for tag, _ in seen.tags if tag in ("img", "script", "link", "iframe", "form", "object")]
        assert "http" not in page
        assert ("meta", {"name": "viewport", "content": "width=device-width,initial-scale=1"}) in seen.tags
        assert "{" not in plain
        assert not re.search(r"^[，,]| {2}|。。|\.\.$", plain, re.MULTILINE), kind


def test_subjects_say_what_it_is_and_are_short(mails: dict[str, bytes], lang: str) -> None:
    for kind, data in mails.items():
        subject = str(message_from_bytes(data, policy=default)["Subject"])
        assert len(subject) <= SUBJECT, kind
        assert re.search(r"\[[0-9A-Z]{6}\]$", subject)
        assert subject.startswith(text("plan.mail.subject_urgent", lang)) is (kind == "urgent")
    urgent, normal = (message_from_bytes(mails[kind], policy=default) for kind in ("urgent", "escalation"))
    assert (urgent["Importance"], normal["Importance"]) == ("high", None)


def test_attachments_have_the_names_of_the_files_they_are(mails: dict[str, bytes]) -> None:
    names = {kind: [part.get_filename() for part in bodies(data)[0].iter_attachments()] for kind, data in mails.items()}
    assert [kind for kind, found in names.items() if found] == ["pack", "return", "week"]
    assert names["return"] == ["市场部 报送（第一次）.xlsx"]
    assert all(Path(name).suffix in (".xlsx", ".pdf") and "2026-W47" in name for kind in ("pack", "week") for name in names[kind])


def test_a_subject_with_blanks_and_many_names_stays_whole_and_short() -> None:
    from datetime import datetime

    from collab_xl.mail.compose import Written, composed
    from collab_xl.model.outgoing import MailTemplate
    from collab_xl.plan.mail_text import filled_subject

    names = "、".join(f"第{n}事业部" for n in range(30))
    subject = filled_subject(MailTemplate("{project} 催报：{departments} {week} 报送（{state}）", ""), {
        "project": "产品Q3上线", "departments": names, "week": "2026-W47", "state": "已经迟了 1 天",
    }, "E2ME8R", "zh")  # fmt: skip
    assert len(subject) <= SUBJECT
    assert "… 2026-W47 报送" in subject
    for length in range(len(subject)):  # wherever a line of the head ends
        said = f"{'长' * length} {subject}"
        mail = Written("", "", ("a@example.com",), (), said, "x\n", "<p>x</p>", "<1@example.com>", datetime(2026, 11, 19))
        assert words(re.search(rb"Subject: (.*?)\r\n(?! )", composed(mail), re.DOTALL)[1].decode()) == said  # type: ignore[index]
