"""Weeks and other moments to choose from, as a person sees them: `2026-W46  已定稿`. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

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


def moment_names(
    baselines: Iterable[tuple[str, str]], running: str, reporting: str, issued: Collection[str], pages: Mapping[str, bool], lang: str, *,
    since: bool,
) -> dict[str, str]:  # fmt: skip
    """What `compare` reads → what is shown: its default, the baselines (id, name), then the weeks, newest first."""
    out = {"": text("desk.ask.last_page" if since else "desk.ask.until_now", lang)}
    out |= {one: text("desk.ask.baseline_named", lang, id=one, name=name) for one, name in baselines}
    return out | week_names(running, reporting, issued, pages, lang)
