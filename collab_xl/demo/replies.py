"""Make the inbox of the demo's week: the departments' packs filled in and mailed back, as people send them.

In: the packs that were issued.  Out: one .eml file per mail. Every oddity the product must cope with is here once:

    01 市场部   on time, tidy, a new problem          06 销售部   a day late, a planned end moved
    02 市场部   the same attachment again              07 客服部   from a private address
    03 研发部   two clashes with the PMO, a new task   08 财务部   a hand-made sheet with other headings
    04 采购部   text dates, 完成80%, √                 09 财务部   no workbook at all
    05 采购部   the same pack corrected
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from collab_xl.demo import answers, scenario
from collab_xl.demo.answers import Bilingual
from collab_xl.demo.filling import fill, hand_made
from collab_xl.demo.mails import Attachment, Mail, message_id, write_all
from collab_xl.model.directory import Department

_BODY = {
    "sent": (
        "PMO 您好：\n\n本周填报见附件，请查收。\n\n{sender}\n{department}",
        "Hello PMO,\n\nplease find this week's report attached.\n\n{sender}\n{department}",
    ),
    "again": ("刚才那封不知道发出去没有，再发一次。\n{sender}", "Not sure whether my mail went out, so here it is again.\n{sender}"),
    "corrected": ("上一封有笔误，以这封为准。\n{sender}", "There was a mistake in my last mail; please use this one.\n{sender}"),
    "late": ("抱歉，昨天出差，今天补交。\n{sender}", "Sorry, I was travelling yesterday; here is our report.\n{sender}"),
    "private": ("公司邮箱登录不了，先用个人邮箱发。\n{sender}", "I cannot log in at work, so this comes from my own address.\n{sender}"),
    "own_sheet": ("填报包打不开，用部门自己的表。\n{sender}", "The pack would not open, this is our own sheet.\n{sender}"),
    "thanks": ("收到，本周五前提交。\n{sender}", "Received, you will have it by Friday.\n{sender}"),
}


def write_replies(packs: Mapping[str, Path], inbox: Path, lang: str = "zh") -> list[Path]:
    """Write the nine mails into `inbox` (made if absent) and return their paths in order.

    Args:
        packs: department name in the language → the pack issued to it. All six departments must be there.

    Raises KeyError when a pack lacks a row or department of the story.
    """
    inbox.mkdir(parents=True, exist_ok=True)
    written = []
    for name, data, came_in in write_all(_mails(packs, lang)):
        path = inbox / name
        path.write_bytes(data)
        os.utime(path, (came_in.timestamp(), came_in.timestamp()))
        written.append(path)
    return written


@dataclass(frozen=True)
class _Office:
    """One department at its desk: the pack it got, and the language it writes in."""

    department: Department
    pack: Path
    lang: str

    def filled(self, written: list[answers.Written], naming: str = "utf8", name: str = "") -> Attachment:
        return Attachment(name or self.pack.name, fill(self.pack, written, self.lang), naming)

    def mail(
        self, kind: str, day: int, time: str, *attached: Attachment, sender: str = "", prefix: Bilingual = ("", ""), **other: str
    ) -> Mail:
        """A mail of November 2026. `other`: charset, reply_to."""
        name, person = self.department.name, self.department.liaison
        report = ("第47周填报", "report of week 47")
        return Mail(
            sender=sender or self.department.emails[0],
            sender_name=person,
            subject=f"{_in(prefix, self.lang)}{name} {_in(report, self.lang)}",
            body=_in(_BODY[kind], self.lang).format(sender=person, department=name),
            sent_at=datetime.fromisoformat(f"2026-11-{day} {time}"),
            attachments=attached,
            **other,
        )


def _mails(packs: Mapping[str, Path], lang: str) -> list[tuple[str, Mail]]:
    """(name of the .eml without its number, mail), in the order of the module's table."""
    offices = [_Office(d, packs[d.name], lang) for d in scenario.departments(lang)]
    marketing, r_and_d, sales, procurement, service, finance = offices
    old = "gb18030" if lang == "zh" else "utf-8"

    tidy = marketing.filled(answers.MARKETING, "gbk_word")
    minutes = Attachment(_in(("联调纪要.pdf", "minutes.pdf"), lang), b"%PDF-1.4\n%%EOF\n", "gbk_2231")
    corrected_name = procurement.pack.with_stem(procurement.pack.stem + _in(("（更正）", " (corrected)"), lang)).name
    corrected = procurement.filled(answers.PROCUREMENT_CORRECTED, "gbk_word", corrected_name)
    own_sheet = Attachment(_in(("财务部本周工作.xlsx", "finance.xlsx"), lang), hand_made(lang))
    answers_mail_4 = {"charset": old, "reply_to": message_id(4, procurement.department.emails[0])}

    mails = [
        (marketing, marketing.mail("sent", 20, "15:12", tidy, charset=old)),
        (marketing, marketing.mail("again", 20, "17:05", tidy, sender="marketing@example.com", prefix=("转发：", "Fwd: "), charset=old)),
        (r_and_d, r_and_d.mail("sent", 20, "16:40", r_and_d.filled(answers.R_AND_D, "gbk_2231"), minutes)),
        (procurement, procurement.mail("sent", 20, "16:58", procurement.filled(answers.PROCUREMENT, "gbk_word"), charset=old)),
        (procurement, procurement.mail("corrected", 20, "17:26", corrected, prefix=("更正：", "Correction: "), **answers_mail_4)),
        (sales, sales.mail("late", 21, "09:35", sales.filled(answers.SALES))),
        (service, service.mail("private", 20, "17:48", service.filled(answers.SERVICE), sender="wu1987@example.org")),
        (finance, finance.mail("own_sheet", 20, "14:30", own_sheet)),
        (finance, finance.mail("thanks", 16, "10:03")),
    ]
    return [(office.department.name.replace("&", "and").replace(" ", "_"), mail) for office, mail in mails]


def _in(words: Bilingual, lang: str) -> str:
    return words[0 if lang == "zh" else 1]
