"""Records, the values that stages pass on: Structs of msgspec, defined in a fortieth of the time a dataclass takes (decision 0043)."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, field

__all__ = ["Struct", "field", "replace"]

T = TypeVar("T")


def replace(record: T, /, **changes: Any) -> T:
    """The record with other values in these fields; also for the few dataclasses, which hide or leave out a field."""
    if isinstance(record, Struct):
        return msgspec.structs.replace(record, **changes)
    return dataclasses.replace(record, **changes)  # type: ignore[type-var]
