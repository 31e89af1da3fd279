"""The next step after a verb: one sentence with the command or the button that does it. Pure.

A verb decides which step fits the state it reached. Where it was started decides how the step is named: `collab-xl resolve 主表.xlsx` in a
terminal, “处理冲突” on the ribbon; the desk makes clicks of the command.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collab_xl.catalogue import has, text
from collab_xl.model.record import Struct, field
from collab_xl.verbs.table import VERBS

BUTTON_OF: Mapping[tuple[str, str], str] = {
    ("send", "packs"): "sendpacks",
    ("send", "receipts"): "sendreceipts",
    ("send", "returns"): "sendreturns",
    ("send", "week"): "sendweek",
    ("send", "chase"): "chase",
    ("send", "escalate"): "escalate",
    ("portfolio make", ""): "portfolio",
}
"""Ribbon buttons that are called otherwise than the verb they run."""


class NextStep(Struct, frozen=True):
    """`key`: the sentence `verbs.next.<key>`. `verb` and `words`: the command that does it, as typed behind the file; "" for none."""

    key: str
    verb: str = ""
    words: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    def line(self, lang: str, do: str) -> str:
        return text("verbs.next.line", lang, what=text(f"verbs.next.{self.key}", lang, do=do, **self.facts))

    def as_command(self, lang: str, file: str = "") -> str:
        """For a terminal. `file`: the master as it was typed."""
        return self.line(lang, text("verbs.next.run", lang, command=self.command(lang, file)))

    def command(self, lang: str, file: str = "") -> str:
        takes = next((verb.takes for verb in VERBS if verb.name == self.verb), ())
        name = file or (text("verbs.next.master", lang) if takes[:1] == ("master",) else "")  # where it may be left out, it is
        master = (f'"{name}"' if " " in name else name) if any(each.startswith("master") for each in takes[:1]) else ""
        return " ".join(filter(None, ("collab-xl", self.verb, master, self.words)))

    def as_button(self, lang: str) -> str:
        """For the ribbon. A verb without a button there stays a command."""
        button = BUTTON_OF.get((self.verb, self.words), self.verb.replace(" ", ""))
        if not has(f"addin.ribbon_verb.{button}", lang):
            return self.as_command(lang)
        return self.line(lang, text("verbs.next.click", lang, button=text(f"addin.ribbon_verb.{button}", lang)))


def to_write(write: bool, step: NextStep) -> NextStep:
    """The step, or with `--no-write` that it may be run again to write."""
    return step if write else NextStep("write")


def to_decide(waiting: int, sheet: str) -> NextStep:
    return NextStep("decide", "resolve", facts={"n": waiting, "sheet": sheet})
