"""Verb `kit`: an offline kit for computers without internet; reports what is in it and the next step."""

from __future__ import annotations

from pathlib import Path

from collab_xl import __version__
from collab_xl.catalogue import text
from collab_xl.kit.building import make
from collab_xl.kit.targets import this_platform
from collab_xl.verbs.next_step import NextStep
from collab_xl.verbs.report import Progress, Report


def kit(*, out: Path, platform: str | None = None, python: str, installer: Path | None = None, lang: str, progress: Progress) -> Report:
    """Make the kit in `out`. `platform`: windows, mac or linux, this system's by default. Raises CollabError as `building.make` does."""
    made = make(out, platform=platform or this_platform(), python=python, installer=installer, lang=lang, progress=progress)
    body = {
        "version": "collab-xl/kit-made/1",
        "package": __version__,
        "path": str(out),
        "platform": made.platform.name,
        "python": made.python,
        "packages": made.packages,
        "files": made.files,
        "sha256": made.sha256,
        "addin_sha256": made.addin or None,
        "size_bytes": made.size_bytes,
    }
    size = -(-made.size_bytes // 1_000_000)
    lines = [text("verbs.say.kit", lang, path=out, platform=made.platform.name, python=made.python, packages=len(made.packages), size=size)]
    lines.append(text("verbs.say.kit_sha256", lang, sha256=made.sha256))
    if made.addin:
        lines.append(text("verbs.say.kit_addin", lang, sha256=made.addin))
    return Report(lang, body, tuple(lines), next=NextStep("kit", facts={"starter": made.platform.starter}))
