"""On the desk a message says what to click, not which command to type."""

from __future__ import annotations

import pytest

from collab_xl.catalogue import LANGS, text, texts
from collab_xl.desk.asked import DIALOGS, ON_DESK
from collab_xl.desk.clicks import as_clicks
from collab_xl.desk.names import label, verb_name
from collab_xl.verbs.next_step import NextStep

FILE = {"zh": "我的 主表.xlsx", "en": "my master.xlsx"}


@pytest.mark.parametrize("lang", LANGS)
def test_the_next_step_names_the_button(lang: str) -> None:
    said = as_clicks(NextStep("mails", "collect").as_command(lang), lang, FILE[lang])
    assert f"“{verb_name('collect', lang)}”" in said
    assert "collab-xl" not in said
    assert FILE[lang] not in said


@pytest.mark.parametrize("lang", LANGS)
def test_options_are_the_questions_of_the_desk(lang: str) -> None:
    said = as_clicks(text("mail.say.unknown", lang, n=1, file=FILE[lang], mark="AB12CD"), lang, FILE[lang])
    for asked in ("mail_sent", "mail_not_sent"):
        assert text("desk.click.fill", lang, question=label(asked, lang), value="AB12CD") in said
    said = as_clicks(text("mail.say.drafts", lang, file=FILE[lang], what="chase"), lang, FILE[lang])
    assert text("model.mail_kind.chase", lang) in said
    assert label("mail_now", lang) in said
    assert "--" not in said


@pytest.mark.parametrize("lang", LANGS)
def test_every_message_names_a_button_for_a_verb_that_has_one(lang: str) -> None:
    """Without a file behind it, and without what the command's help is for; a verb that is not on the desk stays a command."""
    seen = 0
    for key, said in texts(lang).items():
        if key.startswith(("verbs.help.", "verbs.error.usage_")):
            continue
        shown = as_clicks(said, lang)
        for verb in ON_DESK:
            assert f"collab-xl {verb} " not in shown.replace("--help", ""), (key, shown)
        seen += shown != said
    assert seen > 40
    assert all(f"{verb_name(verb, lang)}…" in as_clicks(f"collab-xl {verb}", lang) for verb in DIALOGS)
    assert as_clicks("collab-xl addin install", lang) == "collab-xl addin install"
