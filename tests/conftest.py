"""For all tests: no example of hypothesis fails for being slow, and a LibreOffice that plays Excel for those of the live engine and the
ribbon, started once, when the first of them asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from office_engine.server import office

settings.register_profile("untimed", settings.get_profile(settings.get_current_profile_name()), deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def office_context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with office(tmp_path_factory.mktemp("office")) as context:
        from office_engine.engine import xlwings_over

        xlwings_over(context)
        yield context


@pytest.fixture
def open_book(office_context: Any) -> Iterator[Callable[[Path], Any]]:
    """Open a workbook as the PMO has it on the screen; closed without saving afterwards, whatever the test did to it."""
    import xlwings as xw

    opened: list[Any] = []

    def open_it(path: Path) -> Any:
        opened.append(xw.books.open(str(path)))
        return opened[-1]

    yield open_it
    for book in opened:
        if book.impl.doc in [other.impl.doc for other in xw.books]:
            book.close()
