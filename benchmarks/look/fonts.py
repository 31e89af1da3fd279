"""The fonts sheets are printed with here, whatever else a machine has, so that a position is one everywhere.

DejaVu Sans has letters and marks (✓ ◆ ★) in one font, a sixth wider than Arial: what fits here fits in Excel. Noto Sans CJK has the
Chinese characters, square as those of 微软雅黑.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Final

FILES: Final = {"DejaVu Sans": "DejaVuSans.*", "Noto Sans CJK SC": "NotoSansCJK-Regular.*"}
"""Family → a file of it, in the order in which a character is looked for."""
PLACES: Final = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts", Path.home() / ".fonts")


def absent() -> list[str]:
    """Families that this machine does not have."""
    return [family for family, folder in _folders().items() if folder is None]


@contextmanager
def pinned(folder: Path) -> Iterator[None]:
    """Every program started meanwhile knows these fonts and no others. `folder` holds the settings of fontconfig."""
    config, before = folder / "fonts.conf", os.environ.get("FONTCONFIG_FILE")
    config.write_text(_settings(folder), encoding="utf-8")
    os.environ["FONTCONFIG_FILE"] = str(config)
    try:
        yield
    finally:
        if before is None:
            del os.environ["FONTCONFIG_FILE"]
        else:
            os.environ["FONTCONFIG_FILE"] = before


def _settings(folder: Path) -> str:
    found = "".join(f"<dir>{escape(str(each))}</dir>" for each in _folders().values() if each is not None)
    families = "".join(f"<string>{family}</string>" for family in FILES)
    order = f'<match><edit name="family" mode="assign" binding="strong">{families}</edit></match>'
    return f"<?xml version='1.0'?><fontconfig>{found}<cachedir>{escape(str(folder / 'fonts'))}</cachedir>{order}</fontconfig>"


def _folders() -> dict[str, Path | None]:
    """Family → the folder of its files."""
    return {family: next((path.parent for place in PLACES for path in sorted(place.rglob(name))), None) for family, name in FILES.items()}
