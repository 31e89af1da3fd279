"""Every message a person reads is finished: no place left open, at any call site, on any sheet of a whole week, in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from string import Formatter

import pytest
from python_calamine import CalamineWorkbook

from collab_xl import verbs
from collab_xl.catalogue import LANGS, code_key, example, finding_text, has, text, texts
from collab_xl.forms import load
from collab_xl.model.finding import Finding, Severity, Word
from collab_xl.rules.codes import all_rules
from collab_xl.verbs.report import Report, no_progress

PACKAGE = Path(__file__).resolve().parents[1] / "collab_xl"
JARGON = {
    "zh": r"\b(?:token|schema|hash|HMAC|UUID|SQL|NoneType|traceback)\b|(?<!collab-xl )(?<!\{)(?<!\|)\bbaseline\b|基线|哈希|令牌",
    "en": r"\b(?:token|schema|hash|HMAC|UUID|SQL|NoneType|traceback|sidecar)\b",
}
# `baseline` in English is what a project agreed on, as planning programs call it, and the name of a verb.
GIVEN = {"lang", "exit_code"}
"""What every CollabError may carry besides its facts."""
NAMED_LATER = {"damaged_workbook": {"file"}, "unsafe_xml": {"file"}}
"""Raised where only a part of the zip is known; `book/package.py` adds the file on the way out (tests/engines: the refusals)."""


def places(message: str) -> set[str]:
    names: set[str] = set()
    for _, name, _, _ in Formatter().parse(message):
        first, *words = (name or "").split("|")
        names |= {first} | set(words if len(words) == 1 else ())
    return names - {""}


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a function of this name anywhere in the package, with the file and line it stands at."""
    return iter(all_calls().get(name, ()))


@cache
def all_calls() -> dict[str, list[tuple[str, ast.Call]]]:
    found: dict[str, list[tuple[str, ast.Call]]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                found.setdefault(node.func.id, []).append((f"{path.relative_to(PACKAGE)}:{node.lineno}", node))
    return found


def constants(node: ast.expr) -> list[str]:
    """The words an argument may be: `"a"`, or `"a" if … else "b"`."""
    match node:
        case ast.Constant(str(word)):
            return [word]
        case ast.IfExp(body=body, orelse=orelse):
            return constants(body) + constants(orelse)
    return []


@pytest.mark.parametrize("lang", LANGS)
def test_every_finding_reads_as_a_finished_sentence(lang: str) -> None:
    listed = all_rules(lang)
    assert len(listed) > 140
    for rule in listed:
        for said in (rule.what, rule.why, rule.fix):
            assert said, rule.code
            assert not re.search(r"[{}]|“”|\bNone\b|  ", said), f"{rule.code}: {said}"


@pytest.mark.parametrize("lang", LANGS)
def test_every_rule_has_an_explanation_without_facts(lang: str) -> None:
    """`explain`, the list of rules and the switches say when a code reports; a sentence with a value torn out says nothing."""
    listed = all_rules(lang)
    assert len(listed) > 200
    for rule in listed:
        assert has(code_key(rule.code, "rule"), lang), f"{rule.code} has no sentence `rule`"
        assert not re.search(r"[{}…]|“”|  ", rule.rule), f"{rule.code}: {rule.rule}"
        assert rule.rule.endswith("。" if lang == "zh" else "."), f"{rule.code}: {rule.rule}"
    assert len({rule.rule for rule in listed}) == len(listed), "two codes with one explanation"


def test_the_examples_say_no_more_than_the_messages_ask() -> None:
    """A fact no message of its code has a place for is a leftover."""
    asked: dict[str, set[str]] = {}
    for key, message in texts("zh").items():
        if found := re.fullmatch(r"\w+\.([A-Z]\d{3})\.(what|why|fix)", key):
            asked.setdefault(found[1], set()).update(places(message))
    given = [key.split(".")[2:] for key in texts("zh") if re.match(r"\w+\.example\.[A-Z]\d{3}\.", key)]
    assert len(given) > 100
    assert [f"{code}.{fact}" for code, fact in given if fact not in asked.get(code, set())] == []


def test_every_error_gets_its_facts_where_it_is_raised() -> None:
    seen, wrong = set(), []
    for at, call in calls("CollabError"):
        if not call.args or any(k.arg is None for k in call.keywords):
            continue
        facts = {str(k.arg) for k in call.keywords} - GIVEN
        for code in constants(call.args[0]):
            seen.add(code)
            for lang in LANGS:
                for part in ("what", "why", "fix"):
                    missing = places(texts(lang).get(code_key(f"error.{code}", part), "{text}")) - facts - NAMED_LATER.get(code, set())
                    wrong += [f"{at} {code}.{part} {lang}: {{{name}}}" for name in sorted(missing)]
    assert len(seen) > 40
    assert wrong == []


def test_every_sentence_gets_its_facts_where_it_is_said() -> None:
    seen, wrong = set(), []
    for at, call in calls("text"):
        if not call.args or any(k.arg is None for k in call.keywords):
            continue
        for key in constants(call.args[0]):
            seen.add(key)
            missing = places(texts("en")[key]) - {str(k.arg) for k in call.keywords}
            wrong += [f"{at} {key}: {{{name}}}" for name in sorted(missing)]
    assert len(seen) > 80
    assert wrong == []


ODD = {
    "zh": r"[\u4e00-\u9fff][,;:?!](?!\S*[a-z0-9])|[,;:?!][\u4e00-\u9fff]|。。|，。|、、|[\u4e00-\u9fff] [，。；：、]|\S  +[\u4e00-\u9fff]",
    "en": r"[，。；：（）、]|[a-z]  +[a-z]| [,.;:](?: |$)|\.\. ",
}
"""Half-width punctuation in Chinese and Chinese punctuation in English, two blanks, a blank before a comma, two full stops."""
WORDS_NOT_OURS = {
    "zh": r"账龄|越权|等您决定|不对的话|你们|你的账户|大概应该|没读懂|看不懂"
    r"|说一声|不对[请就]|干活|绕成|占位(?!符)|什么都没有应用|正在走的",
    "en": r"\b[Mm]end\b|\banew\b|thing to look at|things to look at|wait for your decision|data until|\bNo right\b|lateness"
    r"|rights are missing|\bthe ledger\b|\b[Ww]ords to the PMO",
}
"""Said otherwise: 滞后时长, 超出权限, 待您决定, 如有误, 您, 无法识别, 通知, 占位符; fix, again, points to review, need your decision,
data as of, permission, record of runs."""
SIGNS = {"forms.fault.sheet_name.allowed"}
"""A list of signs."""
SHEETS = re.compile(r"“[^”]*”|\S+\.\S+|\b\w+!\w+|表单:版本|主机名:端口")
"""Quotations, file names and cells, in which punctuation is what it is."""


@pytest.mark.parametrize("lang", LANGS)
def test_punctuation_and_words_are_those_of_the_language(lang: str) -> None:
    assert len(texts(lang)) > 2000
    wrong = []
    for key, said in texts(lang).items():
        if key == "verbs.usage.shown.placeholders" or key.startswith("verbs.spoken."):
            continue
        found = (key not in SIGNS and re.search(ODD[lang], SHEETS.sub("x", said))) or re.search(WORDS_NOT_OURS[lang], said)
        wrong += [f"{key}: …{said[max(0, found.start() - 10) : found.end() + 10]}…"] if found else []
    assert wrong == []


COUNTED = re.compile(
    r"\{(\w+)\} (?:[a-z]+ )?(?:rows|files|tasks|departments|masters|items|records|cells|changes|mails|edits|places|questions|packs)\b"
)
MORE_THAN_ONE = {"demo.error.demo_folder.what", "desk.rows_left", "plan.error.sheet_full.why", "merge.M202.what", "rules.Q502.what",
                 "rules.Q503.what", "read.V241.what", "read.word.why_part"}  # fmt: skip
"""Where the number is never 1, or the noun is not what is counted."""


def test_no_plural_for_one() -> None:
    """Texts of the kit are filled in by its own small program, which knows no plural; bodies of mails are texts a PMO may change."""
    left = [
        f"{key}: {found[0]}"
        for key, said in texts("en").items()
        if key not in MORE_THAN_ONE and not key.startswith(("kit.install.", "model.mail.")) and (found := COUNTED.search(said))
    ]
    assert left == []


@pytest.mark.parametrize("lang", LANGS)
def test_no_word_of_the_trade_in_what_a_person_reads(lang: str) -> None:
    wrong = [f"{key}: {found[0]}" for key, said in texts(lang).items() if (found := re.search(JARGON[lang], said, re.IGNORECASE))]
    assert len(texts(lang)) > 800
    assert wrong == []


def test_numbers_agree_with_their_words() -> None:
    assert text("verbs.say.issue", "en", packs=1, week="2026-W47", rows=2, folder="out") == "1 pack issued for 2026-W47, 2 rows: out"
    assert text("verbs.say.issue", "en", packs=2, week="2026-W47", rows=1, folder="out") == "2 packs issued for 2026-W47, 1 row: out"
    assert text("plan.error.issue_unknown_department.why", "en", known=("R&D", "Sales")) != text(
        "plan.error.issue_unknown_department.why", "zh", known=("R&D", "Sales")
    )
    for days, said in ((1, "Late by 1 working day (planned end 2026-11-19)."), (4, "Late by 4 working days (planned end 2026-11-19).")):
        facts = {"days": days, "unit": Word("rules.unit.working")}
        assert finding_text(Finding("T301", Severity.WARNING, found="2026-11-19", facts=facts), "what", "en") == said
    left = [key for key, said in texts("en").items() if "(s)" in said or "(es)" in said]
    assert left == []


def test_a_place_nobody_fills_shows() -> None:
    assert text("verbs.say.issue", "en", packs=1) == "1 pack issued for {week}, {rows} {rows|row|rows}: {folder}"
    assert example("T301", "en")["found"] == "2026-11-16"


@pytest.fixture(scope="module", params=LANGS)
def week(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, Report]:
    """The demo's week, played in one language."""
    lang: str = request.param
    folder = tmp_path_factory.mktemp(f"week-{lang}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("collab_xl.verbs.demo"), "weekly_picture", lambda *_: [])
        return lang, folder, verbs.demo(folder / "demo", lang=lang, progress=no_progress)


UGLY = re.compile(
    r"[{}]|\bNone\b|\bnan\b|Traceback|<class|"
    r"\d\.\d*0{6,}\d|\d\.\d*9{8,}|-\d\d 00:00(?::00)?\b|(?:^|\s)~[0-9a-f]{6}"
    r"|\(s\)|“”|（）|\b1 (?:tasks|rows|days|departments|problems|items)\b"
)
"""Open places, Python's words, floats with their tail, midnights, ids of ours, slips of the plural."""


def test_every_cell_of_the_week_is_fit_to_be_read(week: tuple[str, Path, Report]) -> None:
    lang, folder, _ = week
    books = [*(folder / "demo").glob("*.xlsx"), *(folder / "demo" / "outbox").glob("*.xlsx")]
    assert len(books) == 7
    seen, wrong = 0, []
    for book in books:
        opened = CalamineWorkbook.from_path(str(book))
        for sheet in opened.sheet_names:
            if sheet == "_collab" or sheet == load().service("mail_texts").sheet[lang]:  # texts with places, for a person to change
                continue
            for number, row in enumerate(opened.get_sheet_by_name(sheet).to_python(skip_empty_area=False), 1):
                for value in row:
                    if isinstance(value, str) and value:
                        seen += 1
                        if UGLY.search(value) or (lang == "en" and re.search(r"[\u4e00-\u9fff]", value.replace("中文", ""))):
                            wrong.append(f"{book.name} {sheet} row {number}: {value!r}")
                    elif isinstance(value, float) and value != round(value, 6):
                        wrong.append(f"{book.name} {sheet} row {number}: {value!r}")
    assert seen > 5000
    assert wrong == []


def test_everything_the_week_prints_is_fit_to_be_read(week: tuple[str, Path, Report]) -> None:
    lang, _, report = week
    said = [*report.lines, *report.notes]
    for listing in report.listings:
        said += [listing.title, *listing.columns, *(cell for row in listing.rows for cell in row)]
    assert len(said) > 150
    assert [line for line in said if UGLY.search(line) or (lang == "en" and re.search(r"[\u4e00-\u9fff]", line))] == []
