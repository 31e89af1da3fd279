"""Questions about words of a list that nobody knows: one for each word, one for all words of a scale. Pure.

In: the findings about the cells of a file.  Out: questions; the answer is a word of the PMO's (sheet 状态词).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from collab_xl.forms import Field, Schema
from collab_xl.model.finding import Finding
from collab_xl.model.regex import regex
from collab_xl.read.asking import Question
from collab_xl.read.choices import Words, key_of
from collab_xl.read.context import Context
from collab_xl.read.scales import scale_of, suggested
from collab_xl.read.text import plain, quoted

WORD, SCALE = "word", "scale"
KINDS = (WORD, SCALE)
_MOST = 6
"""A column with more unknown words has texts: only those that occur again are asked about."""
_LONGEST = 24
_NO_WORD = regex(r"[。；;，,？?！!:：\n]|\d{3}")
_STATES: tuple[tuple[str, str], ...] = (
    ("cancelled", r"取消|作废|终止|废弃|撤[销回]|放弃|cancel|drop|abandon|void|reject"),
    ("late", r"滞后|延[期迟误]|逾期|超期|拖|\blate\b|delay|overdue|behind"),
    ("paused", r"暂[停缓]|挂起|搁置|冻结|停[滞摆]|卡(?:住|壳|着|在|了)|hold|paus|suspend|blocked|\bpark|stuck|stalled"),
    (
        "open",
        r"^(?:快|即将|将近|接近|差不多|基本|大致|几乎|大部分|部分|almost|nearly|mostly|part(?:ly|ial))|待(?:验收|上线|测试|审|发布|确认|复核)|中$|正在|推进|开发|设计|联调|试运行|progress|review|test|develop|design|doing|ongoing",
    ),
    (
        "waiting",
        r"^(?:未|待|尚未|没|还没|拟)|^开放$|^打开$|^open$|计划|排期|筹备|准备|backlog|to ?do|^not |pending|plan|queue|^new"
        r"|^(?:in|un)(?:complet|finish|resolv|solv|clos)",
    ),
    (
        "done",
        r"完|结束|关闭|结项|办结|验收|交付|上线|归档|解决|总结|复盘|搞定|弄好|做好|好了$|done|complet|finish|clos|deliver|deploy|releas|resolv|shipped|^live",
    ),
)
"""What a word of a status probably means, by its parts. Only for suggestions."""
_STATE = tuple((state, regex(pattern, 2)) for state, pattern in _STATES)


def about_words(findings: Iterable[Finding], schema: Schema, context: Context) -> list[Question]:
    """One question for each unknown word of a list, one for the words of a scale; each at the first cell that holds it."""
    cells: dict[tuple[str, str], list[tuple[str, Finding]]] = {}
    for f in findings:
        word = " ".join(str(f.facts.get("word", "")).split()) if f.code == "V201" else ""
        if f.at is not None and f.form and f.field and _is_word(word) and not _answered(word, f, context):
            cells.setdefault((f.form, f.field), []).append((word, f))
    out = []
    for (form_id, field_id), held in cells.items():
        field = schema.form_for_display(form_id).known(field_id)
        if field is None or field.access == "C" or field.kind not in ("choice", "choices"):
            continue
        first: dict[str, tuple[str, Finding]] = {}
        for word, f in held:
            first.setdefault(key_of(word), (word, f))
        words = Words.of(field, context.lang, context.words.get((form_id, field_id)))
        if scale_of(field) is not None:
            out.append(_scale_question(field, words, list(first.values()), form_id))
            continue
        often = Counter(key_of(word) for word, _ in held)
        listed = [k for k, _ in often.most_common() if len(first) <= _MOST or often[k] > 1][:_MOST]
        out += [_word_question(field, *first[k], form_id, context.lang) for k in first if k in listed]
    return out


def _scale_question(field: Field, words: Words, held: list[tuple[str, Finding]], form_id: str) -> Question:
    _, first = held[0]
    texts = [word for word, _ in held]
    meant = suggested(field, words, texts, str(first.facts.get("heading", "")))
    assert first.at is not None
    options = tuple(c.id for c in field.choices)
    return Question(
        f"{SCALE}:{form_id}:{field.id}:" + " ".join(sorted(map(key_of, texts))), SCALE, "V201", first.at, "、".join(map(quoted, texts)),
        options, as_text({t: c for t, c in meant.items() if c}), form_id, field.id, tuple(texts),
    )  # fmt: skip


def _word_question(field: Field, word: str, first: Finding, form_id: str, lang: str) -> Question:
    assert first.at is not None
    options = tuple(c.id for c in field.choices)
    alike = next((c for c in field.choices if c.label[lang] == first.facts.get("suggestion")), None)
    if alike is not None and alike.state in _AT_AN_END and _NOT.search(plain(word)):
        alike = None  # 未关闭 is not 关闭, Incomplete not Complete
    by_parts = _by_parts(field, word)
    stopped = by_parts and next(c for c in field.choices if c.id == by_parts)
    if alike is not None and stopped and stopped.state != alike.state:
        alike = None  # Parked looks like Started, doing like To do
    near = alike.id if alike else by_parts
    return Question(
        f"{WORD}:{form_id}:{field.id}:{key_of(word)}", WORD, "V201", first.at, quoted(word), options, near, form_id, field.id, (word,)
    )


def as_text(meant: Mapping[str, str]) -> str:
    """Words and what they mean as one text: for a suggestion or an answer, with ids of choices."""
    return "\n".join(f"{word}\t{choice}" for word, choice in meant.items())


def of_text(text: str) -> dict[str, str]:
    """The words of `as_text`."""
    return dict(line.split("\t", 1) for line in text.split("\n") if "\t" in line)


def _is_word(text: str) -> bool:
    return 0 < len(plain(text)) <= _LONGEST and text.count(" ") < 4 and not _NO_WORD.search(text)


def _answered(word: str, f: Finding, context: Context) -> bool:
    """Whether a person has said that the word is not read."""
    own = context.words.get((f.form or "", f.field or ""), {})
    return any(key_of(word) == key_of(each) for each in own)


_AT_AN_END = ("done", "cancelled")
_NOT = regex(
    r"^(?:未|尚|没|还没|不|非|待|需|拟|快|即将|将近|接近|差不多|基本|大致|几乎|大部分|部分)"
    r"|^(?:not|never|non|almost|nearly|mostly|part(?:ly|ial))\b|^(?:in|un)(?=complet|finish|resolv|solv|clos)",
    re.I,
)


def _by_parts(field: Field, word: str) -> str:
    """The choice of a status whose state the parts of a word suggest."""
    state = next((state for state, pattern in _STATE if pattern.search(plain(word))), "")
    return next((c.id for c in field.choices if state and (c.late if state == "late" else c.state == state and not c.late)), "")
