"""Write the reference pages that come from data: docs/verbs.<lang>.md and docs/settings.<lang>.md.

    python docs/make_reference.py

Verbs and options come from verbs/table.py, options.py and the catalogue, settings from build/lists.py: tests/test_site.py compares the
pages with what this script would write.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
HEAD = "<!-- Written by docs/make_reference.py. Do not edit. -->\n"
LANGS = ("zh", "en")
EXAMPLE = ("例：", "Example: ")


def cell(text: object) -> str:
    """A text in a cell of a table."""
    return " ".join(str(text).replace("|", "\\|").split())


def verbs(lang: str) -> str:
    """Every verb with its sentence, its example and its options."""
    from collab_xl.catalogue import text
    from collab_xl.options import PARAMETERS, help_text
    from collab_xl.verbs.table import VERBS

    zh = lang == "zh"
    intro = (
        "功能区和协作台的按钮、命令行的命令是同一套动作。每个命令都有 `--json`（给脚本用）和 `--quiet`；写之前想先看看，用 `--no-write`。"
        if zh
        else "The buttons of ribbon and desk and the commands are the same verbs. Each has `--json` (for scripts) and `--quiet`;"
        " `--no-write` shows what would be written."
    )
    parts = [HEAD, f"# {'命令' if zh else 'Verbs'}\n", f"{intro}\n"]
    for verb in VERBS:
        told = text(f"verbs.help.{verb.id}", lang).strip().splitlines()
        parts.append(
            f"## {verb.name}\n\n" + "\n".join(line.strip() for line in told if not line.startswith(("例：", "Example: "))).strip() + "\n"
        )
        parts += [
            f"```\n{line.removeprefix('例：').removeprefix('Example: ').strip()}\n```\n"
            for line in told
            if line.startswith(("例：", "Example: "))
        ]
        rows = []
        for name in verb.takes:
            shown = PARAMETERS[name].shown
            if shown is None:
                continue
            flags = getattr(shown, "param_decls", None) or ()
            typed = " ".join(f"`{flag}`" for flag in flags) + (f" {shown.metavar}" if flags and shown.metavar else "")
            rows.append(f"| {cell(typed or f'`{shown.metavar}`')} | {cell(shown.help)} |")
        if rows:
            parts.append("\n".join([f"| {'写法' if zh else 'typed'} | {'作用' if zh else 'what for'} |", "| --- | --- |", *rows]) + "\n")
    assert help_text("opt_json")
    return "\n".join(parts)


def settings(lang: str) -> str:
    """Every row of sheet 设置, with its default."""
    from collab_xl.build.lists import setting_rows
    from collab_xl.forms import load

    zh = lang == "zh"
    intro = (
        "“设置”表的每一行，和它的默认值。改了以后，下一次操作就按新的算。每条规则的开关在“检查规则”表，见[规则](rules/README.md)。"
        if zh
        else "Every row of the sheet “Settings” and its default. A change counts from the next run on. The switches of the"
        " rules are on sheet “Rules”: see [rules](rules/README.md)."
    )
    rows = setting_rows({}, lang, load().forms)
    heads = ("设置", "默认", "说明", "代码") if zh else ("Setting", "Default", "What it does", "Code")
    body = [
        f"| {cell(name)} | {cell('' if value is None else value)} | {cell(help_ or '')} | `{code}` |" for name, value, help_, code in rows
    ]
    table = "\n".join([f"| {' | '.join(heads)} |", "| --- | --- | --- | --- |", *body])
    return f"{HEAD}\n# {'设置' if zh else 'Settings'}\n\n{intro}\n\n{table}\n"


def main(argv: list[str]) -> int:
    """Each language in a process of its own: the texts of the options are chosen when they are imported."""
    if argv:
        lang, out = argv[0], Path(argv[1])
        for name, make in (("verbs", verbs), ("settings", settings)):
            (out / f"{name}.{lang}.md").write_text(make(lang), encoding="utf-8", newline="\n")
        return 0
    return write(FOLDER)


def write(out: Path) -> int:
    """All pages, into a folder."""
    path = os.pathsep.join([str(FOLDER.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    env = {**os.environ, "PYTHONPATH": path}
    commands = {lang: [sys.executable, __file__, lang, str(out)] for lang in LANGS}
    codes = [subprocess.run(command, env={**env, "COLLAB_XL_LANG": lang}, check=False).returncode for lang, command in commands.items()]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
