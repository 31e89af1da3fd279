"""The one clock of the verbs. A story or a test may set it: `with at(moment): …`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

_set_to: ContextVar[datetime | None] = ContextVar("collab_xl_clock", default=None)


def now() -> datetime:
    """Local time in whole seconds."""
    return (_set_to.get() or datetime.now()).replace(microsecond=0)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Within the block it is `moment`."""
    token = _set_to.set(moment)
    try:
        yield
    finally:
        _set_to.reset(token)
