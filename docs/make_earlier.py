"""Write `workbook_templates/earlier.json`: fingerprints of what the templates of earlier commits have on our lists. Needs the history.

    python docs/make_earlier.py

To be run before a release. What is in the file stays: a history that was cut short takes nothing away.
"""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from pathlib import Path

from collab_xl.book.package import Package
from collab_xl.book.parts import Structure
from collab_xl.book.read import read_book
from collab_xl.build.earlier import column_rules, columns_of_list, fingerprints, head_cells, text_fingerprint
from collab_xl.forms import load, templates_folder
from collab_xl.forms.read import EARLIER

REPO = Path(__file__).parents[1]
FILE = templates_folder() / EARLIER
TEMPLATES = ("workbook_templates/master.zh.xlsx", "workbook_templates/master.en.xlsx")


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=REPO, check=True, capture_output=True).stdout


def templates() -> list[bytes]:
    """Every version of the templates that a commit has, each once."""
    blobs: dict[str, None] = {}
    for path in TEMPLATES:
        for commit in git("log", "--format=%H", "--diff-filter=AM", "--", path).decode().split():
            blobs[git("rev-parse", f"{commit}:{path}").decode().strip()] = None
    return [git("cat-file", "blob", blob) for blob in blobs]


def note(data: bytes, known: dict[str, set[str]]) -> None:
    """Add what this workbook has."""
    structure, book = Structure(Package(data)), read_book(data)
    for service in load().services:
        ref = book.tables.get(service.table)
        if ref is None:
            continue
        known[service.id] |= {text_fingerprint(said) for _, _, said in head_cells(book.snapshot(ref.sheet), ref)}
        for column, col in columns_of_list(ref, service).items():
            if (rules := column_rules(structure, ref.sheet, col)) is not None:
                known[f"{service.id}.{column}"] |= fingerprints(rules)


def main() -> None:
    known: dict[str, set[str]] = defaultdict(set)
    if FILE.is_file():
        for name, said in json.loads(FILE.read_text(encoding="utf-8")).items():
            known[name] |= set(said.split())
    for data in templates():
        note(data, known)
    kept = {name: " ".join(sorted(said)) for name, said in sorted(known.items()) if said - {"-"}}
    FILE.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
