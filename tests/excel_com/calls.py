"""Count the calls to Excel, and refuse as COM does.

An object's members are methods with a prefix: `get_Value` and `put_Value` a property, `do_Resize` a method or a property with arguments,
`item` the default member, `each` what an enumeration yields.
"""

from __future__ import annotations

import sys
import types
from collections import Counter
from collections.abc import Iterator
from typing import Any, NoReturn

from addin.pywin32_stubs import CALL_REJECTED, CDispatch, ComError

DISP_E_EXCEPTION = -2147352567
UNKNOWN_NAME = -2147352570
NOT_FOUND = -2147352565
"""DISP_E_BADINDEX: no such item."""
REFUSED = -2146827284
"""0x800A03EC, Excel's code for nearly every error."""


class Calls:
    """Calls by name: `Range.Value` a read, `Range.Value=` a put, `Range.Resize()` a method, `Sheets[]` an item or a step."""

    def __init__(self) -> None:
        self.by_name: Counter[str] = Counter()
        self.by_stage: Counter[str] = Counter()
        self.on = True

    def add(self, name: str) -> None:
        self.by_name[name] += 1
        self.by_stage[_stage()] += name != "Application.StatusBar="

    def __len__(self) -> int:
        return sum(self.by_name.values())

    def clear(self) -> None:
        self.by_name.clear()
        self.by_stage.clear()


_STAGES = {"write.py": "write", "state.py": "state", "copy.py": "copy", "read.py": "read"}
"""Of `collab_xl/excel`; a writing stage also reads, and the state belongs to a write."""


def _stage() -> str:
    """Which part of the product asks: read (or copy) the workbook, prepare Excel and restore it, write, or the click around it."""
    found = set()
    frame: Any = sys._getframe(2)
    while frame is not None:
        path = frame.f_code.co_filename
        if "/collab_xl/excel/" in path and frame.f_code.co_name != "patiently":
            found.add(_STAGES.get(path.rpartition("/")[2], "click"))
            if frame.f_code.co_name == "_back_up":
                return "copy"
        frame = frame.f_back
    return next((stage for stage in ("state", "write", "copy", "read") if stage in found), "click")


CALLS = Calls()
BUSY = {"left": 0}
"""How many more calls Excel rejects."""


def refuse(text: str) -> NoReturn:
    """Excel's run-time error 1004."""
    raise ComError(DISP_E_EXCEPTION, "Exception occurred.", (0, "Microsoft Excel", text, "xlmain11.chm", 0, REFUSED), None)


def no_item(name: object) -> NoReturn:
    raise ComError(DISP_E_EXCEPTION, "Exception occurred.", (0, None, None, None, 0, NOT_FOUND), str(name))


def bare(value: Any) -> Any:
    """An argument without xlwings' wrapper, as pywin32 passes it."""
    return value._inner if type(value).__name__ == "COMRetryObjectWrapper" else value


class _Names:
    """What pywin32 asks for a member it does not know."""

    def GetIDsOfNames(self, _: int, name: str) -> NoReturn:
        raise ComError(UNKNOWN_NAME, f"Unknown name. {name}", None, None)


class ComObject(CDispatch):
    """One of Excel's objects. Attributes with an underscore are ours and no calls."""

    _oleobj_ = _Names()

    def _count(self, name: str) -> None:
        if BUSY["left"]:
            BUSY["left"] -= 1
            raise ComError(CALL_REJECTED, "Call was rejected by callee.", None, None)
        if CALLS.on:
            CALLS.add(type(self).__name__ + name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        own = type(self)
        if (read := getattr(own, f"get_{name}", None)) is not None:
            self._count(f".{name}")
            return read(self)
        if (method := getattr(own, f"do_{name}", None)) is not None:

            def call(_: ComObject, *args: Any, **kwargs: Any) -> Any:
                self._count(f".{name}()")
                return method(self, *map(bare, args), **{key: bare(value) for key, value in kwargs.items()})

            return types.MethodType(call, self)
        raise AttributeError(f"{own.__name__}.{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
            return
        put = getattr(type(self), f"put_{name}", None)
        if put is None:
            raise AttributeError(f"Property '{type(self).__name__}.{name}' can not be set.")
        self._count(f".{name}=")
        put(self, bare(value))

    def __call__(self, *args: Any) -> Any:
        self._count("[]")
        return self.item(*map(bare, args))

    def do_Item(self, *args: Any) -> Any:
        return self.item(*args)

    def item(self, *args: Any) -> Any:
        raise ComError(UNKNOWN_NAME, "Member not found.", None, None)

    def each(self) -> Iterator[Any]:
        raise AttributeError("This object can not function as an iterator")

    def __iter__(self) -> Iterator[Any]:
        """pywin32 asks for an enumerator, then for one object after another until there is none."""
        self._count("._NewEnum")
        for found in self.each():
            self._count("[]")
            yield found
        self._count("[]")
