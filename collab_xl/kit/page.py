"""What a person reads and starts in a kit: the page in both languages, the file to double-click, the texts of `install.py`.

In: platform, Python version, the installer of Python if one is inside.  Out: the files as bytes.  Reads its templates from the package.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from pathlib import Path

from collab_xl import __version__
from collab_xl.catalogue import LANGS, text, texts
from collab_xl.kit.targets import Platform

PAGE = "read-me.html"
HERE = Path(__file__).parent
STYLE = """body{font:16px/1.6 "Microsoft YaHei","PingFang SC","Noto Sans CJK SC",system-ui,sans-serif;
max-width:46em;margin:2em auto;padding:0 1em;color:#222}
h1{font-size:1.4em}h2{font-size:1.05em;margin:1.4em 0 .3em}ol,ul{margin:.2em 0;padding-left:1.4em}li{margin:.3em 0}
section+section{border-top:1px solid #bbb;margin-top:2.5em}"""


def files_to_read(kind: Platform, python: str, installer: tuple[str, str]) -> dict[str, bytes]:
    """Name in the kit → bytes. `installer`: file name and SHA-256 of an installer of Python, both "" without one."""
    name, sha256 = installer
    facts = {
        "python": python,
        "digits": python.replace(".", ""),
        "comma": python.replace(".", ", "),
        "installer": name or "none",
        "sha256": sha256 or "none",
        **{f"packed_{lang}": text("kit.install.packed", lang, starter=kind.starter) for lang in LANGS},
    }
    windows = kind.starter.endswith(".cmd")
    starter = (HERE / "starters" / ("install.cmd" if windows else "install.sh")).read_text(encoding="utf-8").format(**facts)
    no_python = [
        text(f"kit.install.no_python.{part}", lang, python=python, starter=kind.starter) for lang in LANGS for part in ("what", "fix")
    ]
    out = {
        kind.starter: starter.replace("\n", "\r\n" if windows else "\n").encode(),
        PAGE: page(kind, python, bool(name)).encode(),
        "files/install.py": (HERE / "install.py").read_bytes(),
        "files/no-python.txt": _lines(no_python, windows),
        "files/texts.json": json.dumps(_install_texts(), ensure_ascii=False, indent=1).encode(),
    }
    if name and not windows:
        out["files/installer.txt"] = _lines([text("kit.install.installer", lang) for lang in LANGS], windows)
    return out


def _lines(lines: list[str], windows: bool) -> bytes:
    end = "\r\n" if windows else "\n"
    return "".join(f"{line}{end}" for line in lines).encode()


def _install_texts() -> dict[str, dict[str, str]]:
    """Every text of `install.py`, by language."""
    return {lang: {key: said for key, said in texts(lang).items() if key.startswith("kit.install.")} for lang in LANGS}


def page(kind: Platform, python: str, has_installer: bool) -> str:
    """The page, Chinese first."""
    title = text("kit.page.title", "zh", version=__version__, platform=text(f"kit.page.{kind.name}", "zh"), python=python)
    parts = "".join(f'<section lang="{lang}">{"".join(_section(kind, python, has_installer, lang))}</section>\n' for lang in LANGS)
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{html.escape(title)}</title>'
    return f"<!doctype html>\n<html><head>{head}<style>{STYLE}</style></head><body>\n{parts}</body></html>\n"


def _section(kind: Platform, python: str, has_installer: bool, lang: str) -> Iterator[str]:
    def said(key: str) -> str:
        platform = text(f"kit.page.{kind.name}", lang)
        return html.escape(text(key, lang, version=__version__, platform=platform, python=python, starter=kind.starter), quote=False)

    def listed(tag: str, keys: list[str]) -> str:
        return f"<{tag}>{''.join(f'<li>{said(key)}</li>' for key in keys)}</{tag}>"

    mac, windows = kind.name == "mac", kind.name == "windows"
    inside = "kit.page.python_inside_mac" if mac else "kit.page.python_inside"
    steps = ["kit.page.unpack", inside if has_installer else "kit.page.python_first", "kit.page.double_click"]
    steps += ["kit.page.ask_windows"] * windows + ["kit.page.ask_mac"] * mac + ["kit.page.open_excel"] * kind.excel
    wrong = ["kit.page.wrong_zip"] + ["kit.page.wrong_cmd"] * windows + ["kit.page.wrong_mac"] * (not windows)
    wrong += ["kit.page.wrong_again"] + ["kit.page.wps"] * kind.excel
    yield f"<h1>{said('kit.page.title')}</h1><p>{said('kit.page.lead' if kind.excel else 'kit.page.lead_linux')}</p>"
    yield f"<h2>{said('kit.page.steps')}</h2>{listed('ol', steps)}"
    yield f"<h2>{said('kit.page.wrong')}</h2>{listed('ul', wrong)}"
    what = ["kit.page.what_check", "kit.page.what_folder"] + ["kit.page.what_excel"] * kind.excel + ["kit.page.remove"]
    yield f"<h2>{said('kit.page.what')}</h2>{listed('ul', what)}"
    yield f"<h2>{said('kit.page.it')}</h2>{listed('ul', ['kit.page.it_options', 'kit.page.it_pip'])}"
