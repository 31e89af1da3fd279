"""What the desk calls things, in a language. Pure."""

from __future__ import annotations

from collab_xl import catalogue
from collab_xl.verbs.table import VERBS

_IDS = {verb.name: verb.id for verb in VERBS}


def verb_name(verb: str, lang: str) -> str:
    """The name on the button of a verb: the desk's own, else the one of the ribbon or of the log."""
    ident = _IDS.get(verb, verb)
    for key in (f"desk.verb.{ident}", f"addin.ribbon_verb.{ident}", f"model.verb.{ident}"):
        if catalogue.has(key, lang):
            return catalogue.text(key, lang)
    return verb


def verb_about(verb: str, lang: str) -> str:
    """One sentence on what it does; without one of the desk's own the first of its `--help`."""
    ident = _IDS[verb]
    own = f"desk.about.{ident}"
    return catalogue.text(own, lang) if catalogue.has(own, lang) else catalogue.text(f"verbs.help.{ident}", lang).partition("\n")[0]


def label(parameter: str, lang: str) -> str:
    """The label of a question."""
    return catalogue.text(f"desk.ask.{parameter}", lang)
