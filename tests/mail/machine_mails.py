"""Mails that machines write, as they are in the world: bounces of several servers, delays, automatic replies, receipts, links.

Each names what it is expected to say: (kind, recipient, the reason, the Message-ID it is about).
"""

from __future__ import annotations

import base64
import zlib

OURS = "<pack-47-rd@pmo.example.cn>"


def b64(text: str, charset: str = "utf-8") -> str:
    return base64.encodebytes(text.encode(charset)).decode().replace("\n", "\r\n")


def raw(headers: str, body: str) -> bytes:
    return f"{headers.strip()}\n\n{body}".replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-8", "surrogateescape")


def returned(attached: str) -> str:
    """Our own mail with the pack, as servers attach it."""
    return f"""From: pmo@example.cn
To: wang@example.cn
Subject: W47 [RD]
Message-ID: {OURS}
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="ours"

--ours
Content-Type: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet; name="pack.xlsx"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="pack.xlsx"

{attached}
--ours--
"""


def report(sender: str, subject: str, words: str, status: str, original: str, kind: str = "delivery-status") -> bytes:
    return raw(
        f"""Return-Path: <>
From: {sender}
To: pmo@example.cn
Subject: {subject}
Date: Fri, 20 Nov 2026 16:40:00 +0800
Message-ID: <dsn-{zlib.crc32(status.encode()) % 9999:04}@mx.example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind}; boundary="report" """,
        f"""--report
Content-Type: text/plain; charset=utf-8

{words}

--report
Content-Type: message/{kind}

{status}
--report
{original}
--report--
""",
    )


def machine_mails(pack: bytes) -> dict[str, tuple[bytes, tuple[str, str, str, str]]]:
    whole = "Content-Type: message/rfc822\n\n" + returned(base64.encodebytes(pack).decode())
    only_headers = f"Content-Type: text/rfc822-headers\n\nFrom: pmo@example.cn\nMessage-ID: {OURS}\nSubject: W47\n"
    postfix = (
        "This is the mail system at host mx.example.net.\n\nI'm sorry to have to inform you that your message could not\nbe "
        "delivered to one or "
        "more recipients.\n\n<wang@example.cn>: host mail.example.cn[192.0.2.1] said: 550 5.1.1\n    <wang@example.cn>: "
        "Recipient address rejected: "
        "User unknown (in reply to RCPT TO command)\n"
    )
    status = (
        "Reporting-MTA: dns; mx.example.net\nArrival-Date: Fri, 20 Nov 2026 16:39:00 +0800\n\nFinal-Recipient: rfc822; wang@example.cn\n"
        "Original-Recipient: rfc822;Wang@example.cn\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mail.example.cn\n"
        "Diagnostic-Code: smtp; 550 5.1.1 <wang@example.cn>: Recipient address\n    rejected: User unknown\n"
    )
    daemon = "MAILER-DAEMON@mx.example.net (Mail Delivery System)"
    head = "To: pmo@example.cn\nDate: Fri, 20 Nov 2026 16:40:00 +0800\nMessage-ID: <m-{0}@mx.example.net>\nMIME-Version: 1.0\n"
    html = (
        "<html><head><style>p{color:red}</style></head><body><div>抱歉，您的邮件被退回来了……</div><table><tr><td>原邮件信息：</td></tr>"
        "<tr><td>收件人：</td><td><a href='mailto:wang@example.cn'>wang@example.cn</a></td></tr></table><p>退信原因：</p>"
        "<p>收件人邮箱空间不足，无法接收新邮件。</p><p>英文说明: 552 Quota exceeded</p></body></html>"
    )
    netease = (
        "您好，您的邮件发送失败。\n\n您发送给 wang@example.cn 的邮件被退回。"
        "\n主题：W47\n退信原因：收件人不存在\n英文说明:550 User not found\n"
    )
    qmail = (
        "Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver your message to the "
        "following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n<wang@example.cn>:\n192.0.2.1 does not like recipient.\n"
        "Remote host said: 552 5.2.2 mailbox full\nGiving up on 192.0.2.1.\n\n--- Below this line is a copy of the message.\n\n"
        f"Return-Path: <pmo@example.cn>\nMessage-ID: {OURS}\nTo: wang@example.cn, somebody@example.cn\n\nW47\n"
    )
    exchange = (
        "Final-Recipient: rfc822;wang@example.cn\nAction: failed\nStatus: 5.4.1\nDiagnostic-Code: smtp;550 5.4.1 Recipient "
        "address rejected: Access "
        "denied. AS(201806281) [mx.example.cn]\nX-Display-Name: =?utf-8?B?546L5Li7566h?=\n"
    )
    rd, unknown = "wang@example.cn", "550 5.1.1 <wang@example.cn>: Recipient address rejected: User unknown"
    return {
        "30_bounce_postfix": (
            report(daemon, "Undelivered Mail Returned to Sender", postfix, status, whole),
            ("bounce", rd, unknown, OURS),
        ),
        "31_bounce_headers_only": (
            report(daemon, "Undelivered Mail Returned to Sender", postfix, status, only_headers),
            ("bounce", rd, unknown, OURS),
        ),
        "32_bounce_exchange": (
            report(
                "postmaster@tenant.example.com",
                f"=?utf-8?B?{b64('未送达: W47').strip()}?=",
                "未能将邮件传递给 wang",
                "Reporting-MTA: dns;x\n\n" + exchange,
                whole,
            ),
            ("bounce", rd, "550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [mx.example.cn]", OURS),
        ),
        "33_bounce_qq": (
            raw(
                f'From: "QQ" <PostMaster@qq.com>\n{head.format(33)}Subject: =?utf-8?B?{b64("系统退信：W47").strip()}?=\n'
                "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64",
                b64(html),
            ),
            ("bounce", rd, "收件人邮箱空间不足，无法接收新邮件。", ""),
        ),
        "34_bounce_163_gbk": (
            raw(
                f"From: Postmaster@163.com\n{head.format(34)}Subject: =?gbk?B?{b64('系统退信', 'gbk').strip()}?=\nIn-Reply-To: {OURS}\n"
                "Content-Type: text/plain; charset=gbk\nContent-Transfer-Encoding: base64",
                b64(netease, "gbk"),
            ),
            ("bounce", rd, "收件人不存在", OURS),
        ),
        "35_bounce_qmail": (
            raw(f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\n{head.format(35)}Subject: failure notice", qmail),
            ("bounce", rd, "192.0.2.1 does not like recipient. Remote host said: 552 5.2.2 mailbox full Giving up on 192.0.2.1.", OURS),
        ),
        "36_bounce_exim": (
            raw(
                f"X-Failed-Recipients: Wang@example.cn\nAuto-Submitted: auto-replied\nFrom: Mail Delivery System "
                f"<Mailer-Daemon@mx.example.net>\n"
                f"{head.format(36)}Subject: Mail delivery failed: returning message to sender",
                "A message that you sent could not be delivered.\n\n  Wang@example.cn\n    host mail.example.cn [192.0.2.1]\n"
                "    SMTP error from remote mail server after RCPT TO:\n    550 5.7.1 rejected as spam\n",
            ),
            ("bounce", rd, "550 5.7.1 rejected as spam", ""),
        ),
        "37_only_delayed": (
            report(
                daemon,
                "Delayed Mail (still being retried)",
                "THIS IS A WARNING ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE.",
                "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; wang@example.cn\nAction: delayed\nStatus: 4.4.1\n"
                "Diagnostic-Code: X-Postfix; connect to mail.example.cn: Connection timed out\n",
                whole,
            ),
            ("delayed", rd, "connect to mail.example.cn: Connection timed out", OURS),
        ),
        "38_delayed_in_words": (
            raw(
                f"From: postmaster@mx.example.cn\n{head.format(38)}Subject: Warning: message delayed 4 hours",
                "发往 wang@example.cn 的邮件延迟，系统将稍后自动重试。\n",
            ),
            ("delayed", rd, "Warning: message delayed 4 hours", ""),
        ),
        "39_away_rfc3834": (
            raw(
                f"From: wang@example.cn\n{head.format(39)}Subject: Re: W47\nAuto-Submitted: auto-replied\nIn-Reply-To: {OURS}",
                "back on Monday",
            ),
            ("auto_reply", rd, "Re: W47", OURS),
        ),
        "40_away_outlook": (
            raw(
                f"From: wang@example.cn\n{head.format(40)}Subject: "
                f"=?utf-8?B?{b64('自动回复: W47').strip()}?=\nX-Auto-Response-Suppress: All\n"
                "auto-submitted: auto-generated",
                "我在休假",
            ),
            ("auto_reply", rd, "自动回复: W47", ""),
        ),
        "41_away_by_subject": (
            raw(f"From: wang@example.cn\n{head.format(41)}Subject: Out of Office: until 30 November", "Ask Zhao."),
            ("auto_reply", rd, "Out of Office: until 30 November", ""),
        ),
        "42_receipt": (
            report(
                "wang@example.cn",
                "Read: W47",
                "opened",
                "Final-Recipient: rfc822;wang@example.cn\nOriginal-Message-ID: <x@y>\nDisposition: "
                "manual-action/MDN-sent-manually; displayed\n",
                whole,
                "disposition-notification",
            ),
            ("receipt", rd, "Read: W47", OURS),
        ),
        "43_two_bounces_and_one_delivered": (
            report(
                daemon,
                "Undelivered Mail Returned to Sender",
                "x",
                status + "\nFinal-Recipient: rfc822; zhao@example.cn\nAction: delivered\nStatus: 2.0.0\n",
                only_headers,
            ),
            ("bounce", rd, unknown, OURS),
        ),
        "44_status_in_base64": (
            report(daemon, "Undeliverable", "x", f"{b64(status)}", only_headers).replace(
                b"Content-Type: message/delivery-status\r\n",
                b"Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n",
            ),
            ("bounce", rd, unknown, OURS),
        ),
    }
