"""Service sheets of a master (findings, conflicts, departments, settings and so on), made from `service.toml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from xlsxwriter.worksheet import Worksheet

from collab_xl.book.hidden_sheet import LISTS_SHEET
from collab_xl.build.data_sheet import CENTRE, DATA_BAR, OLDEST
from collab_xl.build.style import ACCENT, AMBER, AMBER_PALE, CARD, GREEN, LONG_TEXT, MUTED, RED, ROW_HEIGHT, WHITE, Styles
from collab_xl.build.table import DATE, FIRST_ROW, GENERAL, MOMENT, PERCENT, QUIET, SEVERAL, TEXT, WHOLE, Col, below, list_sheet
from collab_xl.catalogue import COMMA, codes, has, text
from collab_xl.forms import YES_NO, Form, Schema, ServiceTable, column_label
from collab_xl.forms.own_fields import OWN_KINDS
from collab_xl.model.directory import Department
from collab_xl.model.finding import Severity
from collab_xl.model.outgoing import ANYWHERE, PLACES, MailKind
from collab_xl.model.place import Area, column_letters
from collab_xl.model.record import replace
from collab_xl.model.values import Value
from collab_xl.rules.codes import FAMILIES, rule_text, switchable
from collab_xl.rules.field_lines import all_lines
from collab_xl.settings import CHOICE_WORDS, WHOLE_NUMBERS, Settings, limits

NUMBER = {
    **dict.fromkeys(("date", "end", "answer_by", "since", "told_at", "reply_at", "closed_at"), DATE),
    **dict.fromkeys(("began", "until"), MOMENT),
    "received_at": MOMENT,
    "sent_at": MOMENT,
    "time": MOMENT,
    "progress": PERCENT,
}
COUNTS = {
    "no",
    "count",
    "level",
    "days",
    "shift",
    "edits",
    "applied",
    "same",
    "conflicts",
    "rights",
    "not_cleared",
    "unreadable",
    "excluded",
    "rows_new",
    "rows_missing",
}
CENTRED = {
    *NUMBER,
    *COUNTS,
    "severity",
    "code",
    "cell",
    "row_key",
    "kind",
    "decision",
    "state",
    "outcome",
    "verb",
    "run",
    "week",
    "bucket",
    "cause",
    "holds",
    "filled_by",
    "required",
    "in_pack",
    "on_page",
    "hidden",
}
SWITCHES = frozenset({"settings", "rules"})
"""Sheets whose values say how the program works."""
OPEN_HOURS = frozenset({"began", "until"})
"""Columns of moments in which a day without an hour means the whole day: it is shown without one."""
ENTRY = {
    "conflicts": {"decision", "manual", "why"},
    "questions": {"answer"},
    "submissions": {"decision"},
    "settings": {"value"},
    "rules": {"value"},
    "escalations": {"told_at", "reply_at", "ruling"},
    "fields": {"sheet", "heading", "holds", "words", "filled_by", "required", "in_pack", "on_page", "hidden", "help"},
    "mail_texts": {"subject", "body"},
}
"""Columns that a person fills in, white on a grey sheet. In departments and calendar these are all columns."""
OWN = {"departments", "calendar", "words"}
LINKS = {("findings", "cell"), ("overdue", "row_key"), ("escalations", "row_key"), ("clocks", "row_key"), ("comparison", "row_key")}
"""Columns of HYPERLINK formulas. They must not be formatted Text: there a formula becomes text when somebody edits the cell."""
FIELD_LINES = 30
"""Blank lines on sheet 字段."""
ANSWERS = ("yes", "none_of_ours", "day_first", "month_first", "same_row", "new_row", "import_all", "ask_again")
MAX_LIST = 255
"""Characters that Excel accepts in a drop-down whose words are in the rule itself."""
LONG = {
    "candidates",
    "note",
    "question",
    "message",
    "fix",
    "reason",
    "measure",
    "subject",
    "body",
    "places",
    "mailed",
    "ruling",
    "signed_by",
    "unsigned_by",
}
HEIGHTS = {"calendar": 20.0, "settings": 26.0, "rules": 20.0, "mail_texts": 125.0, "conflicts": 42.0}
MACHINE = {"id", "sha256", "mark"}
MANY = tuple(f"all_{scope}_{choice}" for scope in ("department", "file", "kind") for choice in ("submission", "master"))
"""Decisions for all rows of a department, file or kind (`merge.many_at_once`)."""
DECIDE = {("conflicts", "decision")}
"""Where the PMO has to act: the heading and its cells stand out."""
NAMED = {"overdue": 4, "escalations": 6, "findings": 5, "changes": 5, "preview": 5, "comparison": 4, "conflicts": 6}
"""The first columns, up to the ID or name of the row."""
FREEZE = {
    "settings": 1,
    "rules": 2,
    "mail_texts": 1,
    "fields": 2,
    "departments": 1,
    "calendar": 1,
    "submissions": 2,
    "changes": 2,
    "conflicts": 2,
    "preview": 4,
    "findings": 2,
    "escalations": 6,
}

# (service, column, catalogue key of the word) → its format
WORDS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("findings", "severity", "model.severity.error", {"font_color": RED, "bold": True}),
    ("findings", "severity", "model.severity.warning", {"font_color": AMBER, "bold": True}),
    ("findings", "severity", "model.severity.note", {"font_color": MUTED}),
    ("submissions", "state", "model.state.consolidated", {"font_color": GREEN}),
    ("submissions", "state", "model.state.ready", {"font_color": ACCENT, "bold": True}),
    ("submissions", "state", "model.state.refused", {"font_color": RED, "bold": True}),
    ("submissions", "state", "model.state.failed", {"font_color": RED, "bold": True}),
    ("submissions", "state", "model.state.superseded", {"font_color": MUTED}),
    ("submissions", "state", "model.state.duplicate", {"font_color": MUTED}),
    ("preview", "outcome", "model.outcome.applied", {"font_color": GREEN}),
    ("preview", "outcome", "model.outcome.same", {"font_color": MUTED}),
    ("preview", "outcome", "model.outcome.conflicts", {"font_color": RED, "bold": True}),
    ("preview", "outcome", "model.outcome.rights", {"font_color": RED, "bold": True}),
    ("preview", "outcome", "model.outcome.unreadable", {"font_color": AMBER, "bold": True}),
    ("preview", "outcome", "model.outcome.not_cleared", {"font_color": AMBER}),
    ("preview", "outcome", "model.outcome.excluded", {"font_color": AMBER}),
    ("conflicts", "kind", "model.kind.conflict", {"font_color": RED, "bold": True}),
    ("conflicts", "kind", "model.kind.rights", {"font_color": RED, "bold": True}),
    ("conflicts", "kind", "model.kind.review", {"font_color": AMBER, "bold": True}),
    ("calendar", "kind", "build.day.off", {"font_color": GREEN, "bold": True}),
    ("calendar", "kind", "build.day.work", {"font_color": AMBER, "bold": True}),
    ("escalations", "cause", "rules.cause.urgent_problem", {"font_color": RED, "bold": True}),
    ("escalations", "state", "model.escalation.to_tell", {"font_color": RED, "bold": True}),
    ("escalations", "state", "model.escalation.unanswered", {"font_color": RED, "bold": True}),
    ("escalations", "state", "model.escalation.told", {"font_color": AMBER, "bold": True}),
    ("escalations", "state", "model.escalation.answered", {"font_color": GREEN}),
    ("escalations", "state", "model.escalation.ruled", {"font_color": GREEN}),
    ("escalations", "state", "model.escalation.ended", {"font_color": MUTED}),
    ("baselines", "state", "model.baseline.fully_signed", {"font_color": GREEN, "bold": True}),
    ("baselines", "state", "model.baseline.not_signed", {"font_color": AMBER, "bold": True}),
    ("baselines", "state", "model.baseline.earlier", {"font_color": MUTED}),
    ("comparison", "kind", "model.compare.range", {"font_color": ACCENT, "bold": True}),
    ("comparison", "kind", "model.compare.kind.gone", {"font_color": RED}),
    ("comparison", "note", "model.compare.note.unapproved", {"font_color": RED, "bold": True}),
    ("comparison", "kind", "model.compare.kind.back", {"font_color": AMBER}),
    ("comparison", "kind", "model.compare.kind.ended", {"font_color": GREEN}),
)


def service_sheet(
    ws: Worksheet, styles: Styles, service: ServiceTable, schema: Schema, rows: Sequence[Sequence[Value]] = (), name_width: float = 0.0
) -> None:
    """Write one list with its rows (in column order), drop-downs and colours. `name_width`: characters that a department's name needs."""
    lang = styles.lang
    cols = [
        replace(_col(service, c.id, c.heading[lang], c.width * (1.15 if lang == "en" else 1.06)), hidden=c.hidden) for c in service.columns
    ]
    if service.id == "departments":
        cols[0] = replace(cols[0], width=max(cols[0].width, name_width))
    list_sheet(
        ws, styles, service.table, service.title[lang], text(f"build.sheet.help_{service.id}", lang), cols, rows,
        freeze=FREEZE.get(service.id, 4), named=NAMED.get(service.id, 0), height=HEIGHTS.get(service.id, ROW_HEIGHT),
    )  # fmt: skip
    at = {c.id: n for n, c in enumerate(service.columns)}
    _validations(ws, service.id, at, lang, schema)
    first = FIRST_ROW + 1
    for owner, column, key, look in WORDS:
        if owner == service.id and has(key, lang):
            formula = f'=${column_letters(at[column] + 1)}{first}="{text(key, lang)}"'
            ws.conditional_format(*below(at[column]), {"type": "formula", "criteria": formula, "format": styles.change(**look)})
    for counted in sorted({"days", "shift"} & at.keys()):
        cell = f"${column_letters(at[counted] + 1)}{first}"
        for over, look in ((7, {"font_color": RED, "bold": True}), (0, {"font_color": AMBER, "bold": True})):
            formula = f"=AND(ISNUMBER({cell}),{cell}>{over})"
            ws.conditional_format(*below(at[counted]), {"type": "formula", "criteria": formula, "format": styles.change(**look)})
    if service.id == "rules":  # the name of a kind stands out where the kind begins
        area = (FIRST_ROW, at["kind"], below(0)[2], at["kind"])
        begins = f"=$A{first}<>$A{first - 1}"
        ws.conditional_format(*area, {"type": "formula", "criteria": begins, "format": styles.change(bold=True, font_color=ACCENT)})
    if service.id == "fields":
        code, hidden = (f"${column_letters(at[c] + 1)}{first}" for c in ("id", "hidden"))
        area = (FIRST_ROW, 0, below(0)[2], at["help"])
        for formula, look in (
            (f'={hidden}="{YES_NO[0].label[lang]}"', {"font_color": MUTED, "italic": True}),
            (f'=OR(ISNUMBER(SEARCH(".own_",{code})),{code}="")', {"font_color": ACCENT, "bold": True}),
        ):
            ws.conditional_format(*area, {"type": "formula", "criteria": formula, "format": styles.change(**look)})
        for column in ("required", "in_pack", "on_page", "hidden"):  # a list of No hides the few Yes
            formula = f'=${column_letters(at[column] + 1)}{first}="{YES_NO[1].label[lang]}"'
            ws.conditional_format(*below(at[column]), {"type": "formula", "criteria": formula, "format": styles.change(font_color=MUTED)})
    for column in sorted(OPEN_HOURS & at.keys()):
        cell = f"${column_letters(at[column] + 1)}{first}"
        rule = {"type": "formula", "criteria": f"=AND(ISNUMBER({cell}),{cell}=INT({cell}))", "format": styles.change(num_format=DATE)}
        ws.conditional_format(*below(at[column]), rule)
    if "progress" in at:
        ws.conditional_format(*below(at["progress"]), DATA_BAR)


def _col(service: ServiceTable, column: str, heading: str, width: float) -> Col:
    number = NUMBER.get(column, QUIET if column in COUNTS - {"no", "level", "count"} else WHOLE if column in COUNTS else TEXT)
    if (service.id, column) == ("findings", "count"):
        number = SEVERAL
    entry = service.id in OWN or column in ENTRY.get(service.id, set())
    look: dict[str, Any] = dict(CENTRE) if column in CENTRED else {}
    if service.id in ENTRY and not entry:
        look["bg_color"] = CARD
    if service.id in SWITCHES and column == "value":
        number = GENERAL
        look |= {**CENTRE, "bold": True}
    if column in LONG:
        look |= LONG_TEXT
    if column in MACHINE:
        look |= {"font_color": MUTED, "font_size": 8}
    if column == "name":
        look["bold"] = service.id != "calendar"
    if column in {"row_key", "cell"} and service.id in {"findings", "overdue", "escalations", "clocks", "comparison"}:
        look |= {"font_color": ACCENT}
    if (service.id, column) in LINKS:
        number = GENERAL
    head: dict[str, Any] = dict(CENTRE) if column in CENTRED or (service.id in SWITCHES and column == "value") else {}
    if entry and service.id in ENTRY:
        head["font_color"] = ACCENT
    if (service.id, column) in DECIDE:
        look |= {"bold": True, "bg_color": AMBER_PALE}
        head |= {"bg_color": ACCENT, "font_color": WHITE}
    return Col(column, heading, width, number, look, head)


def _validations(ws: Worksheet, service: str, at: Mapping[str, int], lang: str, schema: Schema) -> None:
    """The drop-downs. The decision on a conflict also accepts free text (several candidates), so it is not enforced."""

    def choose(column: str, keys: Sequence[str], tip: str, insist: bool) -> None:
        words = [text(key, lang) for key in keys]
        rule: dict[str, Any] = {"validate": "list", "source": words, "input_message": text(tip, lang)[:255]}
        rule |= {"error_message": text("build.sheet.pick_one", lang, words=" / ".join(words))[:255]} if insist else {"show_error": False}
        ws.data_validation(*below(at[column]), rule)

    if service == "rules":
        rule_validations(ws, at["value"], lang)
    elif service == "conflicts":
        choose(
            "decision",
            [f"model.word.{w}" for w in ("keep_master", "take_submission", "by_hand", "postpone", *MANY)],
            "build.sheet.tip_decision",
            False,
        )
        ws.data_validation(*below(at["why"]), {"validate": "any", "input_message": text("build.sheet.tip_why", lang)[:255]})
        ws.data_validation(*below(at["manual"]), {"validate": "any", "input_message": text("build.sheet.tip_manual", lang)[:255]})
    elif service == "submissions":
        choose("decision", ("model.word.use", "model.word.do_not_use"), "build.sheet.tip_use", True)
    elif service == "calendar":
        choose("kind", ("build.day.off", "build.day.work"), "build.sheet.tip_day", True)
        rule = {"validate": "date", "criteria": ">=", "value": OLDEST, "error_message": text("build.sheet.date", lang)}
        ws.data_validation(*below(at["date"]), rule)
    elif service == "words":
        for column, words in own_word_lists(schema, lang).items():
            source = words if len(",".join(words)) <= MAX_LIST else f"=list_{column}"
            rule = {
                "validate": "list",
                "source": source,
                "show_error": False,
                "input_message": text(f"build.sheet.tip_{column}", lang)[:255],
            }
            ws.data_validation(*below(at[column]), rule)
        ws.data_validation(*below(at["word"]), {"validate": "any", "input_message": text("build.sheet.tip_word", lang)[:255]})
    elif service == "questions":
        words = answer_list(schema, lang)
        source = words if len(",".join(words)) <= MAX_LIST else "=list_answer"
        rule = {"validate": "list", "source": source, "show_error": False, "input_message": text("build.sheet.tip_answer", lang)[:255]}
        ws.data_validation(*below(at["answer"]), rule)
    elif service == "fields":
        _field_drop_downs(ws, at, lang, schema)
    elif service == "departments":
        for column in ("aliases", "emails"):
            ws.data_validation(*below(at[column]), {"validate": "any", "input_message": text(f"build.sheet.tip_{column}", lang)[:255]})


def _field_drop_downs(ws: Worksheet, at: Mapping[str, int], lang: str, schema: Schema) -> None:
    """Words to choose from; another one is no error here, `forms apply` says what is wrong. A form whose name does not fit is typed."""
    lists = {
        "sheet": [form.sheet[lang] for form in schema.forms],
        "holds": [text(f"model.field_kind.{kind}", lang) for kind in OWN_KINDS],
        "filled_by": [text(f"model.filled_by.{access}", lang) for access in "DP"],
        **{column: [c.label[lang] for c in YES_NO] for column in ("required", "in_pack", "on_page", "hidden")},
    }
    for column in (*lists, "heading", "words", "help", "id"):
        words, key = lists.get(column), f"build.sheet.tip_field_{column}"
        rule: dict[str, Any] = {"input_message": text(key, lang)[:255]} if has(key, lang) else {}
        listed = words is not None and len(",".join(words)) <= MAX_LIST
        rule |= {"validate": "list", "source": words, "show_error": False} if listed else {"validate": "any"}
        if listed or rule.get("input_message"):
            ws.data_validation(*below(at[column]), rule)


def field_rows(schema: Schema, lang: str) -> list[list[Value]]:
    """Rows of sheet 字段 in column order: every field of the forms, then blank lines for fields of one's own."""
    columns = schema.service("fields").columns
    return [[line.get(c.id) for c in columns] for line in all_lines(schema, lang)] + [[None] * len(columns)] * FIELD_LINES


def own_word_lists(schema: Schema, lang: str) -> dict[str, list[str]]:
    """The lists for the drop-downs of sheet 状态词: every label that a word may mean, each once, and the possible columns."""
    choices = schema.choice_fields()
    labels = dict.fromkeys(c.label[lang] for _, f in choices for c in f.choices)
    return {"means": list(labels), "field": [column_label(form, f, lang) for form, f in choices]}


def answer_list(schema: Schema, lang: str) -> list[str]:
    """The drop-down of the answers on sheet 提问: the plain answers, then every column that a heading may be."""
    words = [text(f"model.word.{w}", lang) for w in ANSWERS]
    return list(dict.fromkeys((*words, *(f.heading[lang] for form in schema.forms for f in form.fields if f.access != "C"))))


def long_lists(schema: Schema, lang: str) -> dict[str, list[str]]:
    """Defined name → the words of a drop-down that are too long for its rule: they stand on a hidden sheet."""
    lists = {**own_word_lists(schema, lang), "answer": answer_list(schema, lang)}
    return {f"list_{name}": words for name, words in lists.items() if len(",".join(words)) > MAX_LIST}


def list_columns(ws: Worksheet, lists: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, Area]]:
    """Write each list into a column of the hidden sheet; returns the places of their names."""
    places = {}
    for col, (name, words) in enumerate(lists.items()):
        for row, word in enumerate(words):
            ws.write_string(row, col, word)
        places[name] = (LISTS_SHEET, Area(1, col + 1, len(words), col + 1))
    return places


def department_rows(departments: Sequence[Department], lang: str) -> list[list[Value]]:
    """Rows of departments in the column order of `service.toml`."""
    comma = COMMA[lang]

    def above(person: str, mail: str) -> str:
        return f"{person} <{mail}>" if mail else person

    return [
        [
            d.name, comma.join(d.aliases), d.liaison, "; ".join(d.emails), above(d.head, d.head_mail), above(d.superior, d.superior_mail),
            above(d.sponsor, d.sponsor_mail), None,
        ]
        for d in departments
    ]  # fmt: skip


def mail_text_rows(lang: str) -> list[list[Value]]:
    """The texts of the package, one kind of mail a row."""
    rows: list[list[Value]] = []
    for kind in MailKind:
        places = " ".join(f"{{{place}}}" for place in (*ANYWHERE, *PLACES[kind]))
        subject, body = text(f"model.mail.{kind}.subject", lang), text(f"model.mail.{kind}.body", lang).strip()
        rows.append([text(f"model.mail_kind.{kind}", lang), subject, body, places, str(kind)])
    return rows


def day_rows(rows: Sequence[tuple[date, str, str]], lang: str) -> list[list[Value]]:
    """Rows of the calendar: `off` and `work` become words; a kind that is already a word stays."""
    return [[day, text(f"build.day.{kind}", lang) if kind in {"off", "work"} else kind, name] for day, kind, name in rows]


SETTING_IDS = (
    "project", "lang", "warning_days", "warning_count", "escalate_days", "escalate_again_days", "decision_layer", "day_count",
    "week_start", "submit_weekday", "submit_time", "meeting_weekday", "meeting_time",
    "blank_rows", "stale_days", "problem_meeting_hours", "country", "inbox",
    "mail", "mail_server", "mail_user", "mail_folder", "mail_client", "mail_tenant", "mail_after", "mail_after_folder",
    "mail_smtp", "mail_cc", "mail_quiet", "robot_chase", "robot_escalate", "robot_week",
    "light_late_amber", "light_late_red", "light_urgent_days", "light_milestone_days", "light_behind", "light_missing",
    "pass_back", "pass_incomplete", "pass_predecessor", "pass_jump", "pass_days", "pass_sender", "pass_row",
)  # fmt: skip


def rule_codes() -> list[str]:
    """Rule codes that a PMO may switch."""
    return [code for code in codes() if switchable(code)]


def limit_rows(forms: Sequence[Form], lang: str) -> list[list[Value]]:
    """The limits of the forms' clocks (number and unit) and figures, by the id of their setting."""
    rows: dict[str, list[Value]] = {}
    for form in forms:
        for clock in form.clocks:
            value = text(f"build.set.unit.{clock.unit}", lang, n=clock.limit)
            name = text("build.set.clock.name", lang, sheet=form.sheet[lang], label=clock.label[lang])
            rows[clock.setting] = [name, value, text("build.set.clock.help", lang, code=clock.code), clock.setting]
        for over in form.rules.over:
            field = form.named(over.field)
            if field is not None:
                value = f"{over.limit:g}" if field.kind != "percent" else f"{over.limit:.0%}"
                name = text("build.set.over.name", lang, sheet=form.sheet[lang], label=field.heading[lang])
                rows[over.setting] = [name, value, text("build.set.over.help", lang, code=over.code), over.setting]
    return [row for name, row in rows.items() if name not in SETTING_IDS]


def setting_rows(settings: Mapping[str, Value], lang: str, forms: Sequence[Form] = ()) -> list[list[Value]]:
    """Every setting with its value (by default the default value), the forms' limits, then unknown ids."""
    defaults = Settings(lang=lang)
    rows: list[list[Value]] = []
    for name in SETTING_IDS:
        value = settings.get(name, getattr(defaults, name))
        if name in CHOICE_WORDS:
            key = f"build.set.word.{'lang_' if name == 'lang' else ''}{value}"
            value = text(key, lang) if has(key, lang) else value
        rows.append([text(f"build.set.{name}.name", lang), value, text(f"build.set.{name}.help", lang), name])
    limits_of_forms = limit_rows(forms, lang)
    rows += [[name, settings.get(str(key), value), help_, key] for name, value, help_, key in limits_of_forms]
    known = {*SETTING_IDS, *(str(row[3]) for row in limits_of_forms)}
    others = (name for name in settings if name not in known and not name.startswith(RULE))
    return [*rows, *([name, settings[name], None, name] for name in others)]


RULE = "rule."
"""The code of a switch: `rule.T301`."""


def rule_rows(settings: Mapping[str, Value], lang: str) -> list[list[Value]]:
    """Rows of 检查规则 in column order: every rule with its switch, by kind; then switches of rules that are not installed."""
    rows: list[list[Value]] = []
    for code in sorted(rule_codes(), key=lambda code: (FAMILIES.index(code[0]), code)):
        rule = rule_text(code, lang)
        severity = text(f"model.severity.{rule.severity}", lang) if rule.severity else None
        value = settings.get(f"{RULE}{code}")
        value = text("build.set.word.on", lang) if value is None else value
        rows.append([rule.family_name, code, rule.rule, severity, value, f"{RULE}{code}"])
    known = {str(row[5]) for row in rows}
    others = (name for name in settings if name.startswith(RULE) and name not in known)
    return [*rows, *([None, name.removeprefix(RULE), None, None, settings[name], name] for name in others)]


def rule_validations(ws: Worksheet, col: int, lang: str) -> None:
    """The drop-down of the switches, for the whole column."""
    words = [text(f"build.set.word.{w}", lang) for w in ("on", "off")] + [text(f"model.severity.{s}", lang) for s in Severity]
    rule = {"validate": "list", "source": words, "input_message": text("build.sheet.tip_rule", lang)[:255]}
    rule |= {"error_title": text("build.sheet.invalid", lang)[:32]}
    rule |= {"error_message": text("build.sheet.pick_one", lang, words=" / ".join(words))[:255]}
    ws.data_validation(*below(col), rule)


def setting_validations(ws: Worksheet, rows: Sequence[Sequence[Value]], lang: str) -> None:
    """Add the drop-down or limits of its row to each value cell of table Settings; a row without a code gets none."""
    for n, row in enumerate(rows, FIRST_ROW):
        name = str(row[3] or "")
        if not name or name.startswith(RULE):
            continue
        rule, words = _accepted(name, lang), ()
        if rule["validate"] == "list":
            words = rule["source"]
            rule |= {"error_message": text("build.sheet.pick_one", lang, words=" / ".join(map(str, words)))[:255]}
        ws.data_validation(n, 1, n, 1, {"error_title": text("build.sheet.invalid", lang)[:32], **rule})


def _accepted(name: str, lang: str) -> dict[str, Any]:
    """What a setting accepts: a list to choose from, or a note with the unit and the range."""
    if name in CHOICE_WORDS:
        return {"validate": "list", "source": [text(f"build.set.word.{w}", lang) for w in CHOICE_WORDS[name]]}
    if name in WEEKDAYS:
        return {"validate": "list", "source": list(range(1, 8)), "input_message": text("build.set.tip.weekday", lang)}
    if name in WHOLE_NUMBERS:
        low, high = limits(name)
        unit = text(f"build.set.counted.{UNITS[name]}", lang)
        rule = {"validate": "integer", "criteria": "between", "minimum": low, "maximum": high}
        return rule | {
            "input_message": text("build.set.tip.whole", lang, low=low, high=high, unit=unit),
            "error_message": text("build.sheet.whole", lang, low=low, high=high)[:255],
        }
    kind = name.partition(".")[0]
    tip = kind if kind in ("clock", "over") else TIPS.get(name, "text")
    return {"validate": "any", "input_message": text(f"build.set.tip.{tip}", lang)[:255]}


WEEKDAYS = ("week_start", "submit_weekday", "meeting_weekday")
UNITS: Mapping[str, str] = {
    **dict.fromkeys(WHOLE_NUMBERS, "days"),
    **dict.fromkeys((name for name in WHOLE_NUMBERS if limits(name) == (0, 100)), "points"),
    "escalate_again_days": "working_days",
    "problem_meeting_hours": "hours",
    "blank_rows": "rows",
}
"""Setting that is a whole number → what it counts, as keys `build.set.counted.*`."""
TIPS: Mapping[str, str] = {
    "submit_time": "hour",
    "meeting_time": "hour",
    "mail_quiet": "hours",
    "country": "country",
    "inbox": "folder",
    "mail": "address",
    "mail_cc": "addresses",
    **dict.fromkeys(("mail_server", "mail_smtp"), "server"),
    **dict.fromkeys((name for name in SETTING_IDS if name.startswith("robot_")), "robots"),
}
"""Setting that is a text → what is typed there, as keys `build.set.tip.*`; any other is a name."""
