"""The same questions as in `facade`, answered in the shape appscript has on a Mac: references with `get` and `set`, names in snake case.

Only what xlwings' dictionary of Excel for Mac knows is answered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from xlwings import mac_dict

from collab_xl.excel import native as live_native
from office_engine import engine
from office_engine.facade import BookApi, RangeApi, SheetApi

MISSING = object()
"""appscript's `k.missing_value`."""
KNOWN = {name for part in (mac_dict.classes, mac_dict.properties, mac_dict.elements) for name, _ in part}
COMMANDS = {name: {argument for argument, _ in arguments} for name, _, arguments in mac_dict.commands}


class Reference:
    def __init__(self, get: Callable[[], Any], put: Callable[[Any], None] | None = None, parts: dict[str, Any] | None = None) -> None:
        self._get, self._put, self._parts = get, put, parts or {}

    def get(self) -> Any:
        return self._get()

    def set(self, value: Any) -> None:
        assert self._put is not None
        self._put(value)

    def __getattr__(self, name: str) -> Any:
        assert name in KNOWN or name in COMMANDS, f"Excel for Mac knows no {name}"
        return self._parts[name]


def play_mac(patch: pytest.MonkeyPatch) -> None:
    """From here on the engine answers as Excel for Mac does, and our code takes it for one."""
    patch.setattr(live_native, "MAC", True)
    for cls, shape in {engine.Sheet: sheet_api, engine.Range: range_api, engine.Book: book_api, engine.App: app_api}.items():
        com = vars(cls)["api"].fget
        patch.setattr(cls, "api", property(lambda self, com=com, shape=shape: shape(com(self))))  # type: ignore[misc]
    raw = vars(engine.Range)["raw_value"]
    patch.setattr(engine.Range, "raw_value", property(lambda self: _without_errors(raw.fget(self)), raw.fset))


def _without_errors(found: Any) -> Any:
    """AppleScript has no error values."""
    if isinstance(found, list):
        return [_without_errors(part) for part in found]
    return MISSING if type(found) is int else found


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_").replace("pivot_tables", "pivot_table")


def sheet_api(com: SheetApi) -> Reference:
    """A worksheet."""

    def unprotect(password: str) -> None:
        assert {"password"} <= COMMANDS["unprotect"]
        com.Unprotect(password)

    def protect_worksheet(**options: bool) -> None:
        assert options.keys() <= COMMANDS["protect_worksheet"]
        com.Protect("", *options.values())

    def footer(name: str) -> Reference:
        return Reference(lambda: getattr(com.PageSetup, name), lambda text: setattr(com.PageSetup, name, text))

    allowed = {_snake(name): Reference(lambda name=name: getattr(com.Protection, name)) for name in com.ORDER if name.startswith("Allow")}
    address = {"get_address": lambda: com.AutoFilter.Address}
    return Reference(
        lambda: None,
        parts={
            "protect_contents": Reference(lambda: com.ProtectContents),
            "protect_drawing_objects": Reference(lambda: com.ProtectDrawingObjects),
            "protect_scenarios": Reference(lambda: com.ProtectScenarios),
            "protection_mode": Reference(lambda: com.ProtectionMode),
            "protection_object": Reference(lambda: None, parts=allowed),
            "unprotect": unprotect,
            "protect_worksheet": protect_worksheet,
            "autofilter_mode": Reference(lambda: com.AutoFilterMode),
            "autofilter_object": Reference(lambda: None, parts={"range_object": Reference(lambda: None, parts=address)}),
            "page_setup_object": Reference(
                lambda: None,
                parts={"left_footer": footer("LeftFooter"), "center_footer": footer("CenterFooter"), "right_footer": footer("RightFooter")},
            ),
        },
    )


def range_api(com: RangeApi) -> Reference:
    """A range: whether each of its rows and columns is hidden, as a list."""
    block = com._block

    def hidden(columns: bool) -> list[bool]:
        return list(block.ask.hidden_lines(block.sheet, block.box, columns))

    def shown() -> list[list[str]]:
        return [list(line) for line in block.ask.texts(block.sheet, block.box)]

    rows = Reference(lambda: None, parts={"hidden": Reference(lambda: hidden(False))})
    columns = Reference(lambda: None, parts={"hidden": Reference(lambda: hidden(True))})
    entire = {
        "entire_row": Reference(lambda: None, parts={"rows": rows}),
        "entire_column": Reference(lambda: None, parts={"columns": columns}),
        "string_value": Reference(shown),
    }
    return Reference(lambda: None, parts=entire)


def book_api(com: BookApi) -> Reference:
    parts = {
        "date_1904": Reference(lambda: com.Date1904),
        "read_only": Reference(lambda: com.ReadOnly),
        "saved": Reference(lambda: com.Saved),
    }
    return Reference(lambda: None, parts=parts)


def app_api(com: Any) -> Reference:
    """The application."""
    settings = com.AutoCorrect

    def international(data_type: int) -> int:
        assert {"data_type"} <= COMMANDS["get_international"]
        return int(com.International(data_type))

    fills = Reference(lambda: settings.AutoFillFormulasInLists, lambda value: setattr(settings, "AutoFillFormulasInLists", value))
    expands = Reference(lambda: settings.AutoExpandListRange, lambda value: setattr(settings, "AutoExpandListRange", value))
    filling = Reference(lambda: None, parts={"Automatically_fill_formulas": fills, "Automatically_expand_tables_as_I_type": expands})
    return Reference(lambda: None, parts={"autocorrect_object": filling, "get_international": international})
