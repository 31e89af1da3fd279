"""Write docs/rules/<CODE>.md, one page for every finding code of the catalogue, and the list docs/rules/README.md.

    python docs/make_rules.py

Everything on a page comes from data (catalogue texts, rules/codes.py, docs/rules/examples.toml and reading.toml), so pages never
drift: tests/rules/test_rules.py compares them with what this script would write.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from collab_xl.forms import load
from collab_xl.forms.folders import form_files, own_forms_folder
from collab_xl.rules.codes import RuleText, all_rules

FOLDER = Path(__file__).parent / "rules"
HEAD = "<!-- Written by docs/make_rules.py from the catalogue and examples.toml. Do not edit. -->\n"


def sheets() -> dict[str, tuple[str, str]]:
    """What the sheets are called, in Chinese and English."""
    return {"departments": ("部门与接口人", "Departments"), **{f.id: (f.sheet["zh"], f.sheet["en"]) for f in load().forms}}


def examples() -> dict[str, dict[str, Any]]:
    """Those of every form, then those that forms bring along in an `examples.toml` beside their `form.toml`."""
    files = [FOLDER / "examples.toml", *(form.with_name("examples.toml") for form in form_files(own_forms_folder()))]
    found = (tomllib.loads(path.read_text(encoding="utf-8")) for path in files if path.is_file())
    return {code: example for examples in found for code, example in examples.items()}


def reading() -> dict[str, dict[str, Any]]:
    """Examples of the rules of reading: rows of a sheet, headings first."""
    return tomllib.loads((FOLDER / "reading.toml").read_text(encoding="utf-8"))


def pages() -> dict[str, str]:
    """File name → text."""
    shown, english = examples(), {rule.code: rule for rule in all_rules("en")}
    read = reading()
    out = {f"{rule.code}.md": page(english[rule.code], rule, shown.get(rule.code), read.get(rule.code)) for rule in all_rules("zh")}
    out["README.md"] = index(list(english.values()))
    return out


def page(en: RuleText, zh: RuleText, example: dict[str, Any] | None, read: dict[str, Any] | None = None) -> str:
    severity = en.severity.value if en.severity else "refused or set aside"
    about = f"Family {en.family} ({zh.family_name} · {en.family_name}) · severity: {severity}"
    if en.forms:
        about += " · " + ", ".join(sheets()[form][1] for form in en.forms)
    parts = [HEAD, f"# {en.code}\n", f"{about}\n"]
    parts += [f"{zh.rule}\n", f"{en.rule}\n", "As it reads for an example:\n"]
    for rule, titles in ((zh, ("问题", "原因", "处理")), (en, ("What", "Why", "What to do"))):
        lines = zip(titles, (rule.what, rule.why, rule.fix), strict=True)
        parts.append("".join(f"- **{title}** {words}\n" for title, words in lines))
    if example:
        places = ", ".join(f"`{at}`" for at in example["at"])
        parts += [f"With `{said}` in `[rules]` of form `{form}`.\n" for form, said in example.get("rules", {}).items()]
        parts.append(f"## Reported\n\n{f'At {places}:' if places else 'For the department:'}\n")
        parts += tables(example["fails"])
        if "history" in example:
            parts.append("Earlier value: " + ", ".join(f"{key} {field} {value:.0%}" for _, key, field, value in example["history"]) + "\n")
        if "agreed" in example:
            said = ", ".join(f"{key} {field} {value}" for _, key, field, value in example["agreed"] if field)
            parts.append(f"Signed on 2026-11-13: {said}\n")
        parts.append("## Not reported\n")
        parts += tables(example["passes"])
    if read:
        first = 3 if "list" in read else 1
        below = read.get("more", [])
        places = ", ".join(f"`{at}`" for at in read["at"])
        said = [f"`{cell}` holds {what}" for kind in ("errors", "formulas") for cell, what in read.get(kind, {}).items()]
        said += [f"`{cell}` has the number format `{code}`" for cell, code in read.get("formats", {}).items()]
        said += [f"`{area}` is merged" for area in read.get("merges", ())]
        said += [f"the table part has the columns {', '.join(read['named'])}"] if "named" in read else []
        said += ["the table ends above the last row"] if below else []
        said += [f'column `{field}` has `kind = "{kind}"`' for field, kind in read.get("kinds", {}).items()]
        parts.append(f"## Reported\n\nAt {places}{''.join(f'; {s}' for s in said)}:\n")
        parts.append(rows([*read["fails"], *below], first))
        parts += ["## Not reported\n", rows(read["passes"], first)]
    if en.severity:
        switch = f"Row `rule.{en.code}` of sheet 检查规则 (Rules): `off`, `error`, `warning` or `note`; blank keeps `{severity}`."
        parts.append(f"## Switch\n\n{switch}\n")
    return "\n".join(parts)


def tables(example: dict[str, str]) -> list[str]:
    names = sheets()
    return [f"{names[form][0]} ({names[form][1]}):\n\n{markdown.strip()}\n" for form, markdown in example.items()]


def rows(lines: list[list[Any]], first: int) -> str:
    """Rows as they stand on a sheet, with its letters and numbers."""
    width = max(map(len, lines))
    letters = " | ".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[:width])
    body = [f"| **{n}** | " + " | ".join([*map(str, line), *[""] * (width - len(line))]) + " |" for n, line in enumerate(lines, first)]
    return "\n".join([f"| | {letters} |", f"| --- |{' --- |' * width}", *body]) + "\n"


def index(rules: list[RuleText]) -> str:
    parts = [HEAD, "# Rules\n", "`collab-xl rules` lists them, `collab-xl explain CODE` says what one means.\n"]
    family = ""
    for rule in rules:
        if rule.family != family:
            family = rule.family
            parts.append(f"\n## {family}: {rule.family_name}\n\n| code | severity | when it reports |\n| --- | --- | --- |")
        what = rule.rule.replace("|", "\\|")
        parts.append(f"| [{rule.code}]({rule.code}.md) | {rule.severity or '–'} | {what} |")
    return "\n".join(parts) + "\n"


def main() -> None:
    wanted = pages()
    for old in FOLDER.glob("*.md"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")
    print(f"{len(wanted)} pages in {FOLDER.name}/")


if __name__ == "__main__":
    main()
