"""Our own wheel, made from the running package: whoever has collab_xl can make a kit, with or without its source.

In: the files of the package, and its metadata (installed: as installed; in a checkout: pyproject.toml).  Out: name and bytes of a wheel.
Equal files give equal bytes.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

from collab_xl import __version__
from collab_xl.addin.sources import macros_folder
from collab_xl.forms.folders import templates_folder

PACKAGE = Path(__file__).resolve().parent.parent
NAME = f"collab_xl-{__version__}-py3-none-any.whl"
INFO = f"collab_xl-{__version__}.dist-info"


def own_wheel() -> bytes:
    """The bytes of the wheel `NAME`."""
    parts = dict(_package()) | {f"{INFO}/{name}": text.encode() for name, text in _metadata().items()}
    parts[f"{INFO}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: collab_xl\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    record = io.StringIO()
    rows = [*((name, f"sha256={_digest(data)}", len(data)) for name, data in sorted(parts.items())), (f"{INFO}/RECORD", "", "")]
    csv.writer(record, lineterminator="\n").writerows(rows)
    parts[f"{INFO}/RECORD"] = record.getvalue().encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:  # not compressed: the output of deflate differs between zlib builds
        for name in sorted(parts, key=lambda n: (n.startswith(INFO), n)):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, parts[name])
    return out.getvalue()


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _package() -> Iterator[tuple[str, bytes]]:
    """Every file of the package; templates and macros lie in it when it is installed and beside it in a checkout."""
    folders = {"collab_xl": PACKAGE}
    if not (PACKAGE / "_data").is_dir():
        folders |= {"collab_xl/_data/workbook_templates": templates_folder(), "collab_xl/_data/macros": macros_folder()}
    for inside, folder in folders.items():
        for path in sorted(folder.rglob("*")):
            parts = path.relative_to(folder).parts
            if path.is_file() and "__pycache__" not in parts and not any(part.startswith((".", "~$")) for part in parts):
                yield f"{inside}/{'/'.join(parts)}", path.read_bytes()


def _metadata() -> dict[str, str]:
    """Files of the folder `.dist-info` by name: METADATA, entry_points.txt, the licence."""
    project = PACKAGE.parent / "pyproject.toml"
    if not (PACKAGE / "_data").is_dir() and project.is_file():
        return _of_checkout(tomllib.loads(project.read_text(encoding="utf-8"))["project"], PACKAGE.parent)
    installed = distribution("collab-xl")
    names = ("METADATA", "entry_points.txt", "licenses/LICENSE")
    return {name: text for name in names if (text := installed.read_text(name)) is not None}


def _of_checkout(project: dict[str, object], root: Path) -> dict[str, str]:
    lines = ["Metadata-Version: 2.4", f"Name: {project['name']}", f"Version: {__version__}", f"Summary: {project['description']}"]
    lines += [f"License-Expression: {project['license']}", "License-File: LICENSE", f"Requires-Python: {project['requires-python']}"]
    needed, scripts = project["dependencies"], project["scripts"]
    assert isinstance(needed, list)
    assert isinstance(scripts, dict)
    lines += [f"Requires-Dist: {requirement}" for requirement in needed]
    return {
        "METADATA": "\n".join(lines) + "\n",
        "entry_points.txt": "[console_scripts]\n" + "".join(f"{name} = {place}\n" for name, place in scripts.items()),
        "licenses/LICENSE": (root / "LICENSE").read_text(encoding="utf-8"),
    }
