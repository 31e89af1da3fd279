"""Recognise what machines answer: a mail came back, is late, was delivered or opened; somebody is away. Pure, in linear time.

Sources: RFC 3464 (delivery status), RFC 8098 (receipts), RFC 3834 (automatic replies), and how servers in the world write instead
(Postfix, qmail, Exim, Exchange, QQ, 163, Coremail). flufl.bounce finds addresses only, and no Chinese services.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterable, Iterator, Sequence
from email import message_from_bytes
from email.message import Message
from html import unescape
from typing import NamedTuple

from collab_xl.model.outside_text import decoded
from collab_xl.model.regex import regex

MAX_RECIPIENTS, MAX_REASON, MAX_TEXT = 50, 300, 200_000
"""Of one mail; characters of a reason; characters of the text that are looked through."""
BOUNCE, DELAYED, AUTO_REPLY, RECEIPT = "bounce", "delayed", "auto_reply", "receipt"


class Said(NamedTuple):
    """What a machine says about one mail of ours. `recipient`: whom it is about; `about`: the Message-ID, "" where it does not say."""

    kind: str
    recipient: str
    reason: str
    about: str


_DAEMONS = ("mailer-daemon", "maildaemon", "mail-daemon", "mailerdaemon", "postmaster", "mailadmin", "microsoftexchange")
_BOUNCED = regex(
    r"undeliver|returned mail|returned to sender|delivery (status notification|failure|failed|has failed)|failure notice|"
    r"mail delivery (failed|system)|退信|被退回|退回來|无法投递|投递失败|發送失敗|发送失败|未送达|无法送达|未能送达|無法傳遞|未傳遞",
    re.IGNORECASE,
)
_FAILED = regex(
    r"could ?n[o']t be delivered|could not deliver|undeliverable|delivery (has )?failed|(was|is) ?n[o']t able to deliver|unable to deliver|"
    r"wasn.t delivered|permanent (fatal )?error|被退回|退信|无法投递|投递失败|发送失败|无法送达|未能送达|無法傳遞|不存在",
    re.IGNORECASE,
)
_LATE = regex(
    r"\(delay(ed)?\)|delivery (is |has been )?delayed|has not yet been delivered|"
    r"will be (retried|tried again)|warning: (message|could not send)|you do not need to resend|延迟|延遲|尚未送达|仍在尝试|稍后.{0,6}重试",
    re.IGNORECASE,
)
_AWAY = regex(
    r"^\s*(自动回复|自動回覆|自动答复|自動答覆|auto(matic|mated)?[ -]?(reply|response|antwort)|out[ -]of[ -](the[ -])?office|"
    r"不在办公室|不在辦公室|外出(自动)?(回复|答复)|休假(自动)?(回复|答复)|i'?m away|away from (the office|my mail))",
    re.IGNORECASE,
)
_ADDRESS = regex(r"[A-Za-z0-9._%+=&~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6}")
_NAMED_REASON = regex(
    r"(?:退信原因|失败原因|错误原因|拒信原因|原因|错误信息|Reason|Error|Diagnostic[- ]Code)\s*[:：]\s*(.*)", re.IGNORECASE
)
_SERVER_SAID = regex(r"(?:said|responded with|response(?: was)?|返回|回复)\s*[:：]\s*(.+)", re.IGNORECASE)
_CODE = regex(r"(?<![\d.])[45]\d\d[ -]|(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.])")
_TAG = regex(r"/?[A-Za-z][A-Za-z0-9]{0,10}")
_HREF = regex(r"href[ ]?=[ ]?[\"']?([^\"'\s>]{1,2000})", re.IGNORECASE)
_BLOCKS = frozenset({"br", "p", "div", "tr", "td", "li", "table", "h1", "h2", "h3", "h4", "blockquote"})
_MESSAGE_ID = regex(r"^[ \t]{0,20}Message-ID:[ \t]{0,20}(<[^<>\s]{3,250}>)", re.IGNORECASE | re.MULTILINE)


def is_automatic(headers: Message, senders: Sequence[str], subject: str) -> bool:
    """Whether a mail may be one of these, by its headers alone: then its text is needed."""
    return _is_daemon(senders) or _no_return(headers) or bool(_first(headers, "x-failed-recipients")) or _away(headers, subject) > 0


def said_in(message: Message, senders: Sequence[str], subject: str, text: str, *, workbook: bool) -> tuple[Said, ...]:
    """What a mail says about mails of ours; empty for a mail that a person wrote.

    Args:
        text: of the mail, without markup.
        workbook: whether one is attached to it. Systems of departments mail packs too: then weak signs do not count.
    """
    about = _original(message, text)
    if _report_type(message) == "disposition-notification":
        return (
            Said(RECEIPT, _recipient(_blocks(message, "message/disposition-notification")) or _only(senders), subject[:MAX_REASON], about),
        )
    found = list(_by_status(_blocks(message, "message/delivery-status"), about))
    if found:
        return tuple(dict.fromkeys(found))[:MAX_RECIPIENTS]
    if _is_daemon(senders) or _first(message, "x-failed-recipients"):
        return tuple(_by_text(message, senders, subject, text[:MAX_TEXT], about))
    if _no_return(message) and not workbook and _BOUNCED.search(subject):
        return tuple(_by_text(message, senders, subject, text[:MAX_TEXT], about))
    if _away(message, subject) > (2 if workbook else 0):
        return (Said(AUTO_REPLY, _only(senders), subject[:MAX_REASON], about),)
    return ()


def outlook_report(kind: str, senders: Sequence[str], subject: str, text: str, about: str) -> tuple[Said, ...]:
    """As `said_in`, of a mail that Outlook saved, by its class: `REPORT.IPM.Note.NDR`."""
    kind = kind.upper()
    if kind.startswith("REPORT.") and kind.endswith((".NDR", ".DELAYED")):
        state = BOUNCE if kind.endswith(".NDR") else DELAYED
        return tuple(Said(state, who, _reason(text, who) or subject[:MAX_REASON], about) for who in _addresses(text, senders) or [""])
    if kind.startswith("REPORT."):
        return (Said(RECEIPT, _only(senders), subject[:MAX_REASON], about),)
    if kind.startswith("IPM.NOTE.RULES.OOFTEMPLATE"):
        return (Said(AUTO_REPLY, _only(senders), subject[:MAX_REASON], about),)
    return ()


def cause_of(reason: str) -> str:
    """Why a server refused, from its words: the end of a key `model.reason.bounce_…`."""
    status = re.search(r"(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.])", reason)
    if status and status[0] == "5.4.1":
        return "address"  # Microsoft 365: the address is not in the company's directory
    if status and (known := _STATUS.get(status[0][2:])):
        return known
    return next((cause for cause, words in _CAUSES if words.search(reason)), "other")


_STATUS = {
    **dict.fromkeys(("1.1", "1.3", "1.6", "1.10"), "address"),
    **dict.fromkeys(("1.2", "1.7", "4.4", "4.6"), "domain"),
    **dict.fromkeys(("2.2",), "full"),
    **dict.fromkeys(("2.1", "2.4"), "disabled"),
    **dict.fromkeys(("2.3", "3.4"), "size"),
    **dict.fromkeys(("7.0", "7.1", "7.26", "7.57", "7.133", "7.134", "7.23", "7.708", "7.509"), "refused"),
    **dict.fromkeys(("4.1", "4.2", "4.7", "4.0", "4.300", "4.310", "4.316"), "unreachable"),
}
"""Subject and detail of a status (RFC 3463) → cause; 5.1.1 and 4.1.1 alike."""
_CAUSES = tuple(
    (cause, regex(words, re.IGNORECASE))
    for cause, words in (
        ("full", r"full|quota|over ?limit|insufficient.{0,20}storage|空间不足|邮箱已满|容量|超出.{0,6}空间"),
        ("size", r"too large|size limit|message size|exceeds.{0,20}size|超过.{0,8}大小|邮件过大|附件过大"),
        ("disabled", r"disabled|inactive|suspended|locked|停用|冻结|禁用|锁定"),
        ("domain", r"host (not found|or domain)|domain.{0,20}not found|no mx|unrouteable|not resolve|找不到.{0,6}(域名|主机)|域名"),
        ("address", r"no such user|user.{0,10}(unknown|not found|not exist|doesn.t exist)|unknown user|"
                    r"mailbox.{0,16}(not found|unavailable)|"
                    r"invalid (recipient|user|mailbox)|recipientnotfound|does not exist|不存在|未开通|无此用户|找不到.{0,6}收件人"),
        ("refused", r"spam|reject|blocked|blacklist|denied|policy|not allowed|junk|拒收|垃圾|黑名单|反垃圾|拒绝"),
        ("unreachable", r"timed? ?out|timeout|connection|unreachable|expired|retry|greylist|temporar|超时|连接"),
    )
)  # fmt: skip


def plain(markup: str) -> str:
    """The text of HTML, one line a block; a link after its words."""
    out, hidden = [], ""
    for piece in f">{markup[: 2 * MAX_TEXT]}".split("<"):
        tag, _, text = piece.partition(">")
        name = _TAG.match(tag)
        word = name[0].lower() if name else ""
        if hidden:
            hidden = "" if word == f"/{hidden}" else hidden
        elif word in ("script", "style", "head"):
            hidden = word
        if word == "a" and (link := _HREF.search(tag[:4096])):
            text = f"{text} {link[1]} "
        if not hidden:
            out.append(("\n" if word.strip("/") in _BLOCKS else " ") + text)
    return unescape("".join(out)).replace("\xa0", " ")


def parts_beside(message: Message, depth: int = 12) -> Iterator[Message]:
    """The parts of a mail that are no multipart; those of a mail inside are not looked into."""
    if message.get_content_maintype() == "multipart" and depth:
        inner = message.get_payload()
        for part in inner if isinstance(inner, list) else ():
            if isinstance(part, Message):
                yield from parts_beside(part, depth - 1)
        return
    yield message


def _by_status(blocks: Iterable[Message], about: str) -> Iterator[Said]:
    for block in blocks:
        who = _recipient([block])
        action = _first(block, "action").strip().lower()
        status = _first(block, "status").strip()[:40]
        if not (who or action):
            continue
        diagnosis = _after(_first(block, "diagnostic-code"))
        said = " ".join((diagnosis or " ".join(filter(None, (status, _after(_first(block, "remote-mta")))))).split())[:MAX_REASON]
        if action.startswith(("fail", "error")) or (not action and status.startswith("5")):
            yield Said(BOUNCE, who, said, about)
        elif action.startswith("delay") or (not action and status.startswith("4")):
            yield Said(DELAYED, who, said, about)
        elif action.startswith(("deliver", "relay", "expand")):
            yield Said(RECEIPT, who, said, about)


def _by_text(message: Message, senders: Sequence[str], subject: str, text: str, about: str) -> Iterator[Said]:
    own = text.split("--- Below this line is a copy", 1)[0]  # qmail: then follows the mail that came back
    named = [a.lower() for a in _ADDRESS.findall(_first(message, "x-failed-recipients"))]
    if _LATE.search(subject) or (_LATE.search(own) and not _BOUNCED.search(subject)):
        kind = DELAYED
    elif named or _BOUNCED.search(subject) or _FAILED.search(own):
        kind = BOUNCE
    elif _away(message, subject):
        kind = AUTO_REPLY
    else:
        return
    ours = [a.lower() for header in ("to", "delivered-to", "x-original-to") for a in _ADDRESS.findall(_first(message, header))]
    for who in (named or _addresses(own, [*senders, *ours]) or [""])[:MAX_RECIPIENTS]:
        yield Said(kind, who, _reason(own, who) or subject[:MAX_REASON], about)


def _addresses(text: str, others: Sequence[str]) -> list[str]:
    """Whom it is about: addresses that stand before a colon at the start of a line, else all that are not somebody else's."""
    marked = [a.lower() for a in re.findall(rf"^[ \t]{{0,20}}<?({_ADDRESS.pattern})>?[ \t]{{0,5}}[:：]", text, re.MULTILINE)]
    every = marked or [a.lower() for a in _ADDRESS.findall(text)]
    return [a for a in dict.fromkeys(every) if a not in others and not a.startswith(_DAEMONS)][:MAX_RECIPIENTS]


def _reason(text: str, who: str) -> str:
    """The server's words about a recipient: after his address, after a word like 退信原因, or the first line with a code."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    for n, line in enumerate(lines):
        head, colon, rest = line.partition(">:") if f"<{who}" in line.lower() else line.partition(f"{who}:") if who else ("", "", "")
        if who and colon and who in f"{head}{colon}".lower():
            following = lines[n + 1 : n + 6]
            more = following[: following.index("")] if "" in following else following
            if said := " ".join([rest, *more]).strip():
                return said[:MAX_REASON]
    for n, line in enumerate(lines):
        if found := _NAMED_REASON.search(line):
            said = found[1] or next((after for after in lines[n + 1 : n + 4] if after), "")
            if said:
                return said[:MAX_REASON]
    for pattern in (_SERVER_SAID, _CODE, _FAILED):
        for line in lines:
            if found := pattern.search(line):
                return (found[1] if pattern is _SERVER_SAID else line)[:MAX_REASON]
    return ""


def _away(headers: Message, subject: str) -> int:
    """Signs of an automatic reply: 3 is clear (RFC 3834 and the headers before it), 2 is Outlook's, 1 is only words, 0 is none."""
    auto = _first(headers, "auto-submitted").strip().lower()
    clear = auto.startswith("auto-replied") or _first(headers, "x-autoreply") or _first(headers, "x-autorespond")
    if clear or _first(headers, "precedence").strip().lower() == "auto_reply":
        return 3
    by_subject = bool(_AWAY.search(subject))
    suppress = _first(headers, "x-auto-response-suppress").lower()
    if by_subject and (suppress or auto.startswith("auto-generated")):
        return 2
    return int(by_subject)


def _is_daemon(senders: Sequence[str]) -> bool:
    return any(sender.startswith(_DAEMONS) for sender in senders)


def _no_return(headers: Message) -> bool:
    """What machines send asks for no answer (RFC 5321, 4.5.5). Some gateways remove the address from all mails, so it proves nothing."""
    return _first(headers, "return-path").strip() == "<>"


def _report_type(message: Message) -> str:
    if message.get_content_type() != "multipart/report":
        return ""
    value = message.get_param("report-type", "")
    return str(value[2] if isinstance(value, tuple) else value).lower()


def _blocks(message: Message, kind: str) -> list[Message]:
    """The groups of header lines in the parts of that type."""
    out: list[Message] = []
    for part in parts_beside(message):
        if part.get_content_type() != kind:
            continue
        encoding = _first(part, "content-transfer-encoding").strip().lower()
        content = part.get_payload()
        if isinstance(content, list) and encoding not in ("base64", "quoted-printable"):
            out += [block for block in content if isinstance(block, Message)]
            continue
        raw = b"\n".join(b.as_bytes() for b in content if isinstance(b, Message)) if isinstance(content, list) else str(content).encode()
        try:
            data = base64.b64decode(raw) if encoding == "base64" else quopri.decodestring(raw)
        except (binascii.Error, ValueError):
            continue
        out += [message_from_bytes(block) for block in re.split(rb"\r?\n\r?\n", data) if block.strip()]
    return out[: 2 * MAX_RECIPIENTS]


def _recipient(blocks: Iterable[Message]) -> str:
    """The address as we wrote it, else the one it became on the way."""
    for block in blocks:
        for header in ("original-recipient", "x-actual-recipient", "final-recipient"):
            if found := _ADDRESS.search(_after(_first(block, header))):
                return found[0].lower()
    return ""


def _after(value: str) -> str:
    """What follows the type: `rfc822; a@example.cn`, `smtp; 550 5.1.1 …`."""
    kind, semicolon, rest = value.partition(";")
    return (rest if semicolon and len(kind) < 40 else value).strip()


def _original(message: Message, text: str) -> str:
    """The Message-ID of the mail that it is about: in the copy of it, else in what it answers, else in the text."""
    for part in parts_beside(message):
        if part.get_content_type() in ("message/rfc822", "message/global", "message/rfc822-headers", "text/rfc822-headers"):
            content = part.get_payload()
            inner = content[0] if isinstance(content, list) and content else None
            if isinstance(inner, Message) and (found := _first(inner, "message-id").strip()):
                return found[:MAX_REASON]
            data = part.get_payload(decode=True)
            if isinstance(data, bytes) and (named := _MESSAGE_ID.search(decoded(data[:MAX_TEXT]))):
                return named[1]
    for header in ("in-reply-to", "original-message-id", "references"):
        if ids := re.findall(r"<[^<>\s]{3,250}>", _first(message, header)):
            return str(ids[-1])
    found_in = _MESSAGE_ID.search(text[:MAX_TEXT])
    return found_in[1] if found_in else ""


def _first(message: Message, name: str) -> str:
    return str(message.get(name, "") or "")


def _only(senders: Sequence[str]) -> str:
    return senders[-1] if senders else ""
