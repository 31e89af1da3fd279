"""collab_xl: run cross-department work in Excel without losing an hour or an edit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collab_xl.verbs.frames import frames

__version__ = "0.1.0"
__all__ = ["__version__", "frames"]


def __getattr__(name: str) -> Any:
    """`frames` is loaded when first asked for: no verb needs it."""
    if name != "frames":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from collab_xl.verbs.frames import frames

    return frames
