"""`pythonw -m collab_xl.desk`, the command of the Start-menu entry: the desk without a console. A refusal is shown in a box."""

from __future__ import annotations

import sys
from pathlib import Path

from collab_xl import catalogue
from collab_xl.desk import log
from collab_xl.errors import CollabError
from collab_xl.faults import trace_of
from collab_xl.terminal import fallback_lang, system_lang


def main(words: list[str]) -> int:
    """Words: `--minimized`, and the path of a master."""
    lang = system_lang() or fallback_lang()
    paths = [Path(word) for word in words if not word.startswith("-")]
    try:
        from collab_xl.desk.start import show

        show(paths[0] if paths else None, lang, minimized="--minimized" in words, said=system_lang() is not None)
    except CollabError as error:
        said = "\n\n".join(catalogue.error_text(error, lang))
        log.write(said)
        _alert(said)
        return error.exit_code
    except Exception as error:
        path = log.write(trace_of(error))
        _alert(f"{type(error).__name__}: {error}\n\n{path or ''}")
        return 1
    return 0


def _alert(said: str) -> None:
    from collab_xl.addin.screen import system_alert

    system_alert(said, catalogue.text("desk.title", fallback_lang()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
