"""A hook of mkdocs (mkdocs.yml): links of the documents made to fit the site, and nothing loaded from a network.

In the repository a page names the other language by its file (`desk.en.md`) and may lead out of docs/ (`../README.md`). On the site each
language has the page under its plain name, and what lies outside docs/ is not there: its path is shown instead.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")
_SHIM = re.compile(r'<script src="https://[^"]*iframe-worker/shim"></script>')
"""What lets a page opened from a folder be searched. The theme loads it from a network; here it is a package of package.json."""
_LANG = re.compile(r"\.(zh|en)\.md$")


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Any) -> str:
    """Links to a language's file lead to the page of that language; links out of docs/ become text."""
    source = Path(config["docs_dir"]) / page.file.src_uri
    root = Path(config["docs_dir"])
    here = getattr(page.file, "locale", None) or "zh"

    def link(found: re.Match[str]) -> str:
        words, target, anchor = found[1], found[2], found[3] or ""
        if re.match(r"[a-z]+:", target):
            return found[0]
        path = (source.parent / target).resolve()
        if not path.is_relative_to(root.resolve()) or path.is_dir() or path.suffix in (".py", ".toml"):
            return f"{words} (`{target.lstrip('./')}`)"
        if (other := _LANG.search(target)) is None:
            return found[0]
        plain = _LANG.sub(".md", target)
        if other[1] == here:
            return f"[{words}]({plain}{anchor})"
        html = plain.removesuffix(".md") + ".html"
        return f'<a href="{"en/" + html if here == "zh" else "../" + html}">{words}</a>'

    return _LINK.sub(link, markdown)


def on_post_page(output: str, *, page: Any, config: Any) -> str:
    """The switch of languages leads to the same page of the other language, by a relative link: the site is opened from a folder."""
    dest = page.file.dest_uri
    english = dest.startswith("en/") or (getattr(page.file, "locale", None) == "en")
    up = "../" * (dest.removeprefix("en/").count("/"))
    plain = dest.removeprefix("en/")
    zh, en = (f"{up}../{plain}", f"{up}{plain}") if english else (f"{up}{plain}", f"{up}en/{plain}")
    output = output.replace('href="/index.html"', f'href="{zh}"').replace('href="/en/index.html"', f'href="{en}"')
    shim = f'<script src="{up}{"../" if english else ""}assets/shim.js"></script>' if _shim(config).is_file() else ""
    return _SHIM.sub(shim, output)


def on_post_build(*, config: Any) -> None:
    """Bring the package into the site."""
    site = Path(config["site_dir"])
    _site.append(site.parent if site.name == "en" else site)
    if (shim := _shim(config)).is_file():
        target = _site[-1] / "assets" / "shim.js"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(shim, target)


_site: list[Path] = []
"""Where the site was built."""


def on_shutdown() -> None:
    """What is searched without a server holds both languages: the theme writes it when only one has been built."""
    for site in _site[-1:]:
        index = site / "search" / "search_index.json"
        index.with_suffix(".js").write_text(f"var __index = {index.read_text('utf-8')}", encoding="utf-8")


def _shim(config: Any) -> Path:
    return Path(config["docs_dir"]).parent / "node_modules" / "iframe-worker" / "shim" / "index.js"
