"""The buttons that compare with a baseline or with chosen moments, and those that name a new baseline or note who has signed it."""

from __future__ import annotations

from typing import Any

from collab_xl.addin.blanks import Blanks
from collab_xl.addin.buttons import Click
from collab_xl.addin.week_names import moment_names
from collab_xl.catalogue import text

BASELINE, SIGN = "baseline set", "baseline sign"


def chosen(click: Click) -> dict[str, tuple[str, Any]]:
    """Parameter of the verb → (its keyword, the value). Raises `GivenUpError`."""
    if click.verb == "comparebase":
        return {"since": ("since", text("verbs.word.baseline", "en"))}
    if click.verb == "baselinesign":
        return _signed(click)
    from collab_xl.verbs.status import status

    assert click.fill_in is not None
    facts = status(click.screen, as_of=click.as_of, lang=click.lang).json
    lang = click.lang or str(facts["lang"])
    baselines = [(str(one["id"]), str(one["name"])) for one in facts["baselines"]]
    if click.verb == "baselineset":
        name = text("verbs.word.baseline_n", lang, n=len(baselines) + 1)
        said = click.fill_in(Blanks(BASELINE, lang, given={"baseline_new": name}))
        return {"baseline_new": ("name", str(said.get("baseline_new", "")))}
    pages = {page["week"]: page["frozen"] for page in facts["pages"]}
    names = moment_names(baselines, facts["week"], facts["reporting_week"], facts["weeks"], pages, lang, since=True)
    said = click.fill_in(Blanks("compare", lang, weeks=tuple(names.items())))
    return {"since": ("since", said.get("since")), "until": ("until", said.get("until"))}


def _signed(click: Click) -> dict[str, tuple[str, Any]]:
    """Which department has signed the current baseline, of those that have not yet, and who. Without a baseline nothing is asked: the verb
    says what is missing."""
    from collab_xl.verbs.baseline import baseline_list

    report = baseline_list(click.screen, as_of=click.as_of, lang=click.lang)
    baselines = report.json["baselines"]
    if not baselines:
        return {}
    assert click.fill_in is not None
    waiting = tuple(str(one["department"]) for one in baselines[0]["unsigned"])
    said = click.fill_in(Blanks(SIGN, click.lang or report.lang, departments=waiting))
    return {"signing": ("department", said.get("signing")), "signed_by": ("by", said.get("signed_by"))}
