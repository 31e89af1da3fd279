"""Collect again and again on a machine that stands by: a round, a pause, until somebody ends it. Effect: waits, listens to signals.

A round that fails makes the pauses longer, and after some in a row it ends: a server that is down is not asked every minute for a night. A
refused login ends it at once, as services lock a mailbox after a few of them.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from collab_xl.catalogue import error_text, text
from collab_xl.errors import OK, REFUSED, CollabError
from collab_xl.model.record import Struct
from collab_xl.verbs.report import Report
from collab_xl.verbs.times import clock

LEAST_MINUTES, MOST_MINUTES = 1, 24 * 60
LONGEST_PAUSE = 60 * 60.0
"""Seconds between rounds that fail, if the usual pause is not longer."""
FAILURES = 12
"""In a row, after which it ends: with the pauses that is most of a working day."""
SIGN_IN = frozenset({"mail_login", "mail_login_code", "mail_login_oauth2", "mail_unsafe", "mail_no_password", "mail_no_keyring"})
"""Codes that a person has to mend. Those of OAuth2 begin with `mail_oauth_`; only one that cannot be reached may pass by itself."""


class Round(Struct):
    """What one round brought. `problem`: code of what kept it from reading everything, "" for nothing."""

    report: Report | None
    problem: str = ""
    said: str = ""


def pause_seconds(minutes: float, failures: int) -> float:
    """The pause after so many failed rounds in a row: doubled each time, up to an hour."""
    usual = minutes * 60
    return usual if not failures else min(usual * 2.0**failures, max(usual, LONGEST_PAUSE))


def ends(problem: str) -> bool:
    return problem in SIGN_IN or (problem.startswith("mail_oauth_") and problem != "mail_oauth_unreachable")


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set; a second Ctrl-C ends the process as usual."""
    stop = threading.Event()
    before: dict[int, Any] = {}

    def set_it(number: int, _: FrameType | None) -> None:
        stop.set()
        if number in before:
            signal.signal(number, before[number])

    numbers = [signal.SIGINT, signal.SIGTERM]
    try:
        for number in numbers:
            before[number] = signal.signal(number, set_it)
        yield stop
    finally:
        for known, handler in before.items():
            signal.signal(known, handler)


def watch(collect: Callable[[], Round], minutes: float, stop: threading.Event, show: Callable[[str], None], lang: str) -> tuple[int, Round]:
    """Rounds until `stop` is set or it has to end. Returns how many there were, and the last one; `show` gets one line for each."""
    failures = rounds = 0
    while True:
        last = collect()
        rounds += 1
        failures = failures + 1 if last.problem else 0
        pause = pause_seconds(minutes, failures)
        gives_up = ends(last.problem) or failures >= FAILURES
        show(_line(last, 0 if gives_up or stop.is_set() else pause, lang))
        if gives_up or stop.wait(pause):
            return rounds, last


def _line(done: Round, pause: float, lang: str) -> str:
    words = done.said
    if done.report is not None and not done.problem:
        words = done.report.lines[0].splitlines()[0] if done.report.lines else ""
    at = f"{clock.now():%Y-%m-%d %H:%M}"
    if not pause:
        return text("verbs.say.watch_last", lang, time=at, what=words)
    return text("verbs.say.watch_round", lang, time=at, what=words, minutes=f"{pause / 60:g}")


def failed(error: CollabError, lang: str) -> Round:
    """A round that could not be done: the master is open, say."""
    return Round(None, error.code, error_text(error, lang)[0])


def code_of(last: Round) -> int:
    return REFUSED if last.problem else OK
