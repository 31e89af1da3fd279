"""A week counted again from the workbook alone: openpyxl and pandas, the headings and words of the forms' TOML, nothing of the program."""

from __future__ import annotations

import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from workbooks import workbook_at

FORMS = {
    path.parent.name: tomllib.loads(path.read_text("utf-8"))
    for path in (Path(__file__).parents[2] / "workbook_templates/forms").glob("*/form.toml")
}
LIMITS = {"late_amber": 10, "late_red": 30, "urgent": 5, "milestone": 5, "behind": 15, "escalate": 3}
"""The defaults of docs/settings."""
DAYS_OFF = ("休", "假", "off", "holiday")


def day(value: Any) -> date | None:
    return value.date() if isinstance(value, datetime) else value if isinstance(value, date) else None


def role(form: str, name: str) -> str:
    return str(next(f["id"] for f in FORMS[form]["field"] if f.get("role") == name))


def top_level(form: str) -> str:
    choices = next(f["choices"] for f in FORMS[form]["field"] if f.get("role") == "level")
    return str(FORMS[form]["choices"][choices][-1]["id"])


def cells_of(book: Any, table: str) -> list[list[Any]]:
    sheet = next((ws for ws in book if table in ws.tables), None)
    return [] if sheet is None else [[cell.value for cell in line] for line in sheet[sheet.tables[table].ref]]


class Week:
    """The week as of a day (`till`: not after its last one)."""

    def __init__(self, path: Path, lang: str, as_of: date, week: str) -> None:
        self.book, self.lang = workbook_at(path), lang
        self.monday = date.fromisocalendar(int(week[:4]), int(week[-2:]), 1)
        self.sunday = self.monday + timedelta(6)
        self.till = min(self.sunday, as_of)
        self.kinds = {day(line[0]): str(line[1]).casefold() for line in cells_of(self.book, "WorkCalendar")[1:] if day(line[0])}
        self.tasks, self.demands, self.problems, self.risks, self.resources = (
            self.frame(form) for form in ("tasks", "requirements", "problems", "risks", "resources")
        )
        tasks = self.tasks
        tasks["done_on"] = [
            (day(a) or day(u)) if s == "done" else None
            for a, u, s in zip(tasks["actual_end"], tasks["updated"], tasks["state"], strict=True)
        ]
        tasks["reached"] = [1.0 if s == "done" else float(p or 0) for s, p in zip(tasks["state"], tasks["progress"], strict=True)]
        tasks["weight"] = [self.weight(day(s), e) for s, e in zip(tasks["start"], tasks["due_day"], strict=True)]
        self.going = tasks[tasks["state"] != "cancelled"]

    def works(self, one: date) -> bool:
        kind = self.kinds.get(one)
        return one.weekday() < 5 if kind is None else not any(word in kind for word in DAYS_OFF)

    def between(self, first: date | None, last: date | None) -> int:
        """Working days after the first until the last."""
        if first is None or last is None or last <= first:
            return 0
        return sum(self.works(first + timedelta(n)) for n in range(1, (last - first).days + 1))

    def weight(self, start: date | None, due: date | None) -> int:
        return max(1, self.between(start, due) + self.works(start)) if start and due else 1

    def frame(self, form: str) -> pd.DataFrame:
        """A form's rows with the ids of fields and choices, their state, due day, whether they are open, how late they are."""
        fields = FORMS[form]["field"]
        lines = cells_of(self.book, FORMS[form]["table"]) or [[f[self.lang] for f in fields]]
        ids = {f[self.lang]: f["id"] for f in fields}
        frame = pd.DataFrame(lines[1:], columns=[ids.get(head, head) for head in lines[0]], dtype=object).dropna(how="all")
        frame = frame.astype(object).where(frame.notna(), None)
        for f in fields:
            if f["kind"] == "choice":
                words = {choice[self.lang]: choice["id"] for choice in FORMS[form]["choices"][f["choices"]]}
                frame[f["id"]] = [words.get(word, word) for word in frame[f["id"]]]
        status = role(form, "status")
        choices = next(f["choices"] for f in fields if f["id"] == status)
        states = {choice["id"]: choice.get("state") for choice in FORMS[form]["choices"][choices]}
        frame["state"] = [states.get(word) or "open" for word in frame[status]]
        frame["key"] = frame[next(f["id"] for f in fields if f["kind"] == "key")]
        frame["open"] = [state not in ("done", "cancelled") for state in frame["state"]]
        frame["due_day"] = [day(value) for value in frame[role(form, "due")]]
        frame["late"] = [
            self.between(due, self.till) if is_open else 0 for due, is_open in zip(frame["due_day"], frame["open"], strict=True)
        ]
        return frame

    def figures(self) -> dict[str, int]:
        tasks = self.tasks
        in_week = [due is not None and self.monday <= due <= self.sunday for due in self.going["due_day"]]
        return {
            "open": int(tasks["open"].sum()),
            "overdue": int((tasks["late"] > 0).sum()),
            "due_this_week": sum(in_week),
            "finished_this_week": len(self.done()),
            "rate": round(100 * self.going["reached"].mean()) if len(self.going) else 0,
            "open_problems": int(self.problems["open"].sum()),
        }

    def done(self) -> set[str]:
        return {key for key, on in zip(self.tasks["key"], self.tasks["done_on"], strict=True) if on and self.monday <= on <= self.sunday}

    def planned(self) -> int:
        """Per cent of the work that is planned to be done before the day."""
        shares = []
        for _, task in self.going.iterrows():
            start, due = day(task["start"]), task["due_day"]
            if task["state"] == "done" or not (task["late"] or isinstance(task["progress"], (int, float))):
                shares.append(task["reached"])
            elif due is None or due < self.till:
                shares.append(float(due is not None))
            elif start is None or start >= self.till:
                shares.append(0.0)
            else:
                shares.append(min(1.0, (self.between(start, self.till) + self.works(start) - self.works(self.till)) / task["weight"]))
        return round(100 * sum(shares) / len(shares)) if shares else 0

    def escalated(self) -> set[str]:
        tasks, problems, risks, resources = self.tasks, self.problems, self.risks, self.resources
        named = problems["open"] & ((problems["level"] == "urgent") | (problems["status"] == "escalated"))
        found = set(problems["key"][named])
        for frame in (tasks, problems, risks):
            found |= set(frame["key"][frame["late"] > LIMITS["escalate"]])
        for _, row in resources[resources["open"]].iterrows():
            if isinstance(row["need"], (int, float)) and isinstance(row["have"], (int, float)) and row["need"] > 0:
                found |= {row["key"]} if (row["need"] - row["have"]) / row["need"] > 0.2 else set()
        return found

    def milestones(self) -> dict[str, tuple[date | None, date | None]]:
        """Key → plan and, where it is done, the day."""
        marked = self.going[[value in ("是", "Yes", True) for value in self.going["milestone"]]]
        return {
            task["key"]: (day(task["baseline_end"]) or task["due_day"], task["done_on"] if task["state"] == "done" else None)
            for _, task in marked.iterrows()
        }

    def progress_of_demands(self) -> dict[str, float | None]:
        out: dict[str, float | None] = {}
        for _, row in self.demands[self.demands["state"] != "cancelled"].iterrows():
            parts = self.going["reached"][self.going["req_id"] == row["key"]]
            out[row["key"]] = 1.0 if row["state"] == "done" else round(parts.mean(), 2) if len(parts) else None
        return out

    def days_of_demands(self, report: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
        """Key → days after its day (until now, or until what the report expects), its late tasks, days of the latest of them."""
        expected = {d["row_id"]: d["forecast"] and date.fromisoformat(d["forecast"]) for d in report["demands"]}
        out = {}
        for _, row in self.demands.iterrows():
            if row["state"] == "done":
                out[row["key"]] = (0, 0, 0)
                continue
            late = [n for n, of in zip(self.tasks["late"], self.tasks["req_id"], strict=True) if n and of == row["key"]]
            ends = max(self.till, expected.get(row["key"]) or self.till)
            out[row["key"]] = (self.between(row["due_day"], ends), len(late), max(late, default=0))
        return out

    def late_tasks(self, demand: str = "") -> dict[str, int]:
        """Late tasks, of a requirement or all, and their days."""
        lines = zip(self.tasks["key"], self.tasks["late"], self.tasks["req_id"], strict=True)
        return {key: late for key, late, of in lines if late and demand in ("", of)}

    def without_response(self) -> tuple[int, int]:
        """Open high risks without a response, and those past their day."""
        high = self.risks[self.risks["open"] & (self.risks["level"] == top_level("risks"))]
        return int(high["response"].isna().sum()), sum(due is not None and due < self.till for due in high["due_day"])

    def causes(self, report: dict[str, Any]) -> dict[str, str]:
        """Cause → colour. What is expected of milestones and requirements is taken from the report."""
        tasks, found = self.tasks, dict[str, str]()

        def add(name: str, amber: bool, red: bool = False) -> None:
            if amber or red:
                found[name] = "red" if red else "amber"

        if not len(self.going):
            return {}
        whole = tasks["weight"][tasks["open"]].sum()
        share = max((tasks["late"] > 0).sum() / tasks["open"].sum(), tasks["weight"][tasks["late"] > 0].sum() / whole) if whole else 0
        add("late", 100 * share > LIMITS["late_amber"], 100 * share > LIMITS["late_red"])
        urgent = set(self.demands["key"][self.demands["open"] & (self.demands["urgency"] == top_level("requirements"))])
        days = [late for late, parent in zip(tasks["late"], tasks["req_id"], strict=True) if late and parent in urgent]
        add("urgent", bool(days), max(days, default=0) > LIMITS["urgent"])
        behind = [
            self.between(date.fromisoformat(m["plan"]), date.fromisoformat(m["forecast"]))
            for m in report["milestones"]
            if m["plan"] and m["forecast"] and not m["actual"]
        ]
        add("milestone", any(behind), max(behind, default=0) > LIMITS["milestone"])
        due = [d for d in report["demands"] if d["due"] and d["progress"] != 1.0]
        add("demand", any(d["due"] < self.till.isoformat() or (d["forecast"] or "") > d["due"] for d in due))
        points = self.planned() - self.figures()["rate"]
        add("behind", points > LIMITS["behind"], points > 2 * LIMITS["behind"])
        add("unanswered", bool(self.escalated()))
        add("at_once", bool((self.problems["open"] & (self.problems["level"] == "urgent")).any()))
        high = self.risks["open"] & (self.risks["level"] == top_level("risks")) & self.risks["response"].isna()
        add("high_risks", bool(high.any()))
        due_by_now = sum(due is not None and self.monday <= due <= self.till for due in self.going["due_day"])
        add("stalled", due_by_now > 1 and not self.done())
        return found
