"""What stops a run: a problem of the program's surroundings (a problem in someone's sheet is a `Finding`)."""

from __future__ import annotations

OK, FINDINGS, CONFLICTS, REFUSED, FAULT = 0, 3, 4, 5, 6
"""Exit codes: nothing to report, findings, something waits for a person, the outside refused, the program itself failed on an item (the
others were done). 1 is a crash, 2 wrong usage."""


class CollabError(Exception):
    """The run cannot continue. The texts of `code` (what, why, fix) are `<folder>.error.<code>` in the catalogue; `facts` fill
    their places."""

    def __init__(self, code: str, /, *, exit_code: int = REFUSED, **facts: object) -> None:
        super().__init__(code, facts)
        self.code = code
        self.exit_code = exit_code
        self.facts = facts

    def __reduce__(self) -> tuple[object, ...]:
        """Workers send errors back by pickle, which does not pass keyword arguments by itself."""
        return _again, (type(self), self.code, self.exit_code, self.facts)


def _again(kind: type[CollabError], code: str, exit_code: int, facts: dict[str, object]) -> CollabError:
    error = kind.__new__(kind)
    CollabError.__init__(error, code, exit_code=exit_code, **facts)
    return error


class StaleCell(CollabError):
    """A cell no longer contains the value the plan was made from. Nothing was written."""

    def __init__(self, *, cell: str, expected: object, found: object) -> None:
        super().__init__("stale_cell", cell=cell, expected=expected, found=found)
