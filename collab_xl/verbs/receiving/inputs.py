"""Inputs in reports: the reason of each state, the listing, the JSON items."""

from __future__ import annotations

from collections.abc import Container, Sequence

from collab_xl.catalogue import LANGS, code_key, has, sentences, text
from collab_xl.model.finding import Word
from collab_xl.model.submission_log import Received, State
from collab_xl.verbs.report import Listing

MOST_AGAIN, AGAIN = 3, "S410"
"""Inputs with the code of what has come before, word for word, that are listed one by one."""


def stored_facts(received: Received) -> dict[str, object]:
    """The facts of an input as the ledger has them; a stored key of a text is a `Word` again. Older ledgers have `reason.EACCES`."""
    facts: dict[str, object] = {}
    for name, value in received.facts:
        key = f"model.{value}" if value.startswith("reason.") else value
        facts[name] = Word(key) if key.startswith("model.reason.") and has(key, LANGS[0]) else value
    return facts


def reason(received: Received, lang: str) -> str:
    """Why an input has its state, in one or two sentences; empty when it was accepted without remarks."""
    facts = stored_facts(received)
    keys = [code_key(code, part) for code in (received.code, received.warning) for part in ("what", "fix")]
    return sentences((text(key, lang, **facts) for key in keys if has(key, lang)), lang)


def items_json(received: Sequence[Received], lang: str) -> list[dict[str, object]]:
    """One object per input, as `collect --json` prints them."""
    return [
        {
            "source": r.source,
            "sha256": r.sha256,
            "state": str(r.state),
            "code": r.code or None,
            "warning": r.warning or None,
            "department": r.department or None,
            "pack": r.pack or None,
            "reason": reason(r, lang) or None,
        }
        for r in received
    ]


def received_listing(received: Sequence[Received], lang: str, done: Container[str] = ()) -> Listing:
    """Where each input came to. `done`: hashes of those that are consolidated; the others that were accepted are ready.

    An inbox keeps what was taken from it: copies of what came before are counted, if they are more than `MOST_AGAIN`.
    """
    columns = tuple(text(f"verbs.column.{c}", lang) for c in ("source", "state", "department", "reason"))
    new = [r for r in received if r.state is not State.DUPLICATE or r.code != AGAIN]
    again = len(received) - len(new)
    counted_again = again > MOST_AGAIN
    shown = new if counted_again else received
    rows = [(r.source, text(f"model.state.{_shown(r, done)}", lang), r.department, reason(r, lang)) for r in shown]
    if counted_again:
        said = text("verbs.say.received_again", lang, n=again)
        rows.append((text("verbs.say.received_more", lang, n=again), text("model.state.duplicate", lang), "", said))
    return Listing("", columns, tuple(rows))


def _shown(r: Received, done: Container[str]) -> str:
    return str(r.state) if r.state is not State.ACCEPTED else "consolidated" if r.sha256 in done else "ready"


def counted(received: Sequence[Received]) -> dict[str, int]:
    return {"total": len(received)} | {str(s): sum(r.state is s for r in received) for s in State}
