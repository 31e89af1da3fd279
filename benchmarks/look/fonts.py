"""The fonts sheets are printed with here, whatever else a machine has: as wide as Arial and 微软雅黑, so that a position is one everywhere.

Liberation Sans has the widths of Arial. Noto Sans CJK stands for 微软雅黑: both have square Chinese characters. DejaVu has the marks that
neither has (✓ ▶). Without this LibreOffice takes what a machine happens to have, a sixth wider on one than on another.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Final

FILES: Final = {"Liberation Sans": "LiberationSans-Regular.*", "Noto Sans CJK SC": "NotoSansCJK-Regular.*", "DejaVu Sans": "DejaVuSans.*"}
"""Family → a file of it."""
STANDS_FOR: Final = {"Arial": "Liberation Sans", "微软雅黑": "Noto Sans CJK SC"}
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
    names = "".join(
        f'<match><test name="family"><string>{asked}</string></test>'
        f'<edit name="family" mode="assign" binding="strong"><string>{taken}</string></edit></match>'
        for asked, taken in STANDS_FOR.items()
    )
    return f"<?xml version='1.0'?><fontconfig>{found}<cachedir>{escape(str(folder / 'fonts'))}</cachedir>{names}</fontconfig>"


def _folders() -> dict[str, Path | None]:
    """Family → the folder of its files."""
    return {family: next((path.parent for place in PLACES for path in sorted(place.rglob(name))), None) for family, name in FILES.items()}
