"""Until when a run can be cancelled: a verb says `writing_begins()` before it writes the first file that others see.

In: what is to be asked then, set by who runs the verb.  Out: nothing; on the command line the call does nothing.  Cancelling means that
this question, or the verb's progress, raises `Cancelled`: the run ends as if it had not begun. After the question no one asks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Cancelled(BaseException):
    """A person has cancelled the run. Not an `Exception`: nothing that goes on after one item's fault may go on after this."""


_asks: ContextVar[Callable[[], None] | None] = ContextVar("collab_xl_interruption", default=None)


def writing_begins() -> None:
    """The last moment at which the run may be cancelled; what follows is written completely. Raises what the question raises."""
    if (ask := _asks.get()) is not None:
        ask()


@contextmanager
def asked_before_writing(ask: Callable[[], None]) -> Iterator[None]:
    """Within the block, `writing_begins` calls `ask`."""
    token = _asks.set(ask)
    try:
        yield
    finally:
        _asks.reset(token)
