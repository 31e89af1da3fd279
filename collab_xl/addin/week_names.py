"""Weeks to choose from, as a person sees them: `2026-W46  已定稿`. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from collab_xl.catalogue import text


def week_names(running: str, reporting: str, issued: Collection[str], pages: Mapping[str, bool], lang: str) -> dict[str, str]:
    """Week → what is shown, newest first. `pages`: weeks whose page was made, and whether it is frozen."""
    out = {}
    for week in sorted({w for w in (running, reporting, *issued, *pages) if w}, reverse=True):
        kind = "frozen" if pages.get(week) else "made" if week in pages else "issued" if week in issued else ""
        said = [text(f"desk.week.{kind}", lang)] if kind else []
        said += [text("desk.week.running", lang)] if week == running else []
        out[week] = f"{week}  {' · '.join(said)}".rstrip()
    return out
