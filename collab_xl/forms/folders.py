"""Where the forms are, a folder per form: ours in `workbook_templates/forms/`, the user's in the folder that `COLLAB_XL_FORMS` names."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

OWN_FORMS = "COLLAB_XL_FORMS"
"""Environment variable: a folder with the user's own forms, laid out like `workbook_templates/forms/`. Workers inherit it."""


def templates_folder() -> Path:
    """`workbook_templates/`: inside the installed package, or next to it in a checkout."""
    inside = Path(__file__).parent.parent / "_data" / "workbook_templates"
    return inside if inside.is_dir() else Path(__file__).parent.parent.parent / "workbook_templates"


@cache
def own_forms_folder() -> str:
    """The folder of the user's own forms, "" if none is set. The variable is read once: every text that is looked up asks for it."""
    return os.environ.get(OWN_FORMS, "")


def form_files(own: str) -> list[Path]:
    """Every `form.toml`, ours first, each kind by folder name."""
    roots = [templates_folder() / "forms", *([Path(own)] if own else [])]
    return [path for root in roots for path in sorted(root.glob("*/form.toml"))]


def text_files(own: str, lang: str) -> list[Path]:
    """The catalogue texts of forms: `<lang>.toml` next to a `form.toml`, if there is one."""
    return [path for form in form_files(own) if (path := form.with_name(f"{lang}.toml")).is_file()]
