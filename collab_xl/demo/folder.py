"""The demo's folder: only what an earlier demo made is cleared (`project/made_folder.py`); its manifest is written at the end."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.project import made_folder
from collab_xl.project.durable import write_durably

MANIFEST = ".collab_xl_demo"


def prepare(out: Path, lang: str) -> None:
    """Make `out`, or clear it of an earlier demo's files. Raises CollabError `demo_here`, `demo_folder`, `cannot_write_into`."""
    try:
        made_folder.clear(out, MANIFEST, refused="demo_folder", here="demo_here", lang=lang)
    except CollabError as error:
        left = int(str(error.facts.get("count", 0))) - made_folder.NAMED
        error.facts["more"] = text("demo.more_files", lang, count=left) if left > 0 else ""
        raise


def remember(out: Path, made: Collection[str]) -> None:
    """Write down the files of `out` that are, or lie below, one of the entries `made`: a later demo may remove these."""
    files = {name: made_folder.sha256_of(out / name) for name in sorted(made_folder.files_below(out)) if name.partition("/")[0] in made}
    body = {"version": "collab-xl/demo-folder/1", "files": files}
    write_durably(out / MANIFEST, json.dumps(body, ensure_ascii=False, indent=1).encode(), code="cannot_write_into")
