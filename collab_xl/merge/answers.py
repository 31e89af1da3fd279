"""The words of the decision drop-down: convert text to a choice and back. Pure."""

from __future__ import annotations

import unicodedata

from collab_xl.catalogue import LANGS, text
from collab_xl.model.directory import folded
from collab_xl.model.merge import Item
from collab_xl.model.values import Value

WORDS = {
    "master": "model.word.keep_master",
    "submission": "model.word.take_submission",
    "manual": "model.word.by_hand",
    "later": "model.word.postpone",
}
_SAME = {"master": "model.word.do_not_use"}
"""Other words of a choice."""


def choice_words(lang: str) -> list[str]:
    """The drop-down's entries: 保留主表, 采用报送, 手填, 暂缓."""
    return [text(key, lang) for key in WORDS.values()]


def words_for(item: Item, lang: str) -> list[str]:
    """The entries allowed for one item. With candidates of several departments also `采用 研发部` for each of them."""
    departments = list(dict.fromkeys(c.source.department for c in item.candidates))
    single = [f"{text('model.word.use', lang)} {name}" for name in departments] if len(departments) > 1 else []
    return [*choice_words(lang), *single]


def read_choice(value: Value) -> tuple[str, str] | None:
    """(choice, department or "") of a decision cell, in either language; ("", "") if it is blank, None for any other text.

    `采用 研发部`, `采用研发部` and `采用：研发部` name a department. `采用` alone means 采用报送, 不采用 means 保留主表. These two
    and 暂缓 may be followed by a colon and a reason (`reason_in`).
    """
    if value is None or not str(value).strip():
        return "", ""
    said = unicodedata.normalize("NFKC", str(value)).strip()
    if (choice := _choice(said)) or (choice := _choice(_apart(said)[0])) in ("master", "later"):
        return choice, ""
    for lang in LANGS:
        use = text("model.word.use", lang)
        if said.casefold().startswith(use.casefold()):
            name = said[len(use) :]
            if use.isascii() and name[:1].isalnum():  # “Used …” is another word
                continue
            return "submission", name.strip(' :\t,，"“”')
    return None


def reason_in(value: Value) -> str:
    """The reason after the colon of a decision cell: `不采用：数据不对`; "" for none."""
    word, reason = _apart(unicodedata.normalize("NFKC", str(value or "")).strip())
    return reason if _choice(word) in ("master", "later") else ""


def _apart(said: str) -> tuple[str, str]:
    word, _, reason = said.partition(":")
    return word.strip(), reason.strip()


def _choice(said: str) -> str:
    """The choice of a word, in either language; "" for none."""
    for lang in LANGS:
        for words in (WORDS, _SAME):
            for choice, key in words.items():
                if folded(said) == folded(text(key, lang)):
                    return choice
    return ""
