"""Install collab_xl from this kit: no internet, no administrator. `install.cmd`, `install.command` and `install.sh` start this file.

It stands alone (nothing of collab_xl is installed yet) and is the same on every system. In order: verify every file of the kit against
its list, take off the mark of a download, make an environment of Python in the user's folder, install from the kit's wheels, put the add-in
into Excel. Removes no file. Texts: `texts.json`, from the catalogue, always in both languages.

    python -I install.py [--to FOLDER] [--no-addin] [--check] [--quiet]

Exit codes: 0 done, 2 wrong usage, 5 refused (said why), 1 a fault of this program.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import re
import struct
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

FILES = Path(__file__).resolve().parent
KIT = FILES.parent
MARK = "collab-kit.json"
"""In the environment: a copy of the list, so that the same folder is known again, and `doctor` knows what was installed."""
LOG = "collab-kit.log"
DONE, USAGE, REFUSED = 0, 2, 5
LANGS = ("zh", "en")


class Refused(Exception):
    """Cannot go on. `key` has the texts: what is wrong, what to do."""

    def __init__(self, key: str, **facts: object) -> None:
        super().__init__(key)
        self.key, self.facts = key, facts


class Options:
    """The words of the command line. Raises SystemExit 2."""

    def __init__(self, words: list[str]) -> None:
        self.to: Path | None = None
        self.addin, self.only_check, self.quiet = True, False, False
        rest = iter(words)
        for word in rest:
            if word == "--to":
                folder = next(rest, "")
                self.to = Path(os.path.abspath(folder)) if folder else None
                if self.to is None:
                    sys.exit(USAGE)
            elif word in ("--no-addin", "--check", "--quiet"):
                self.addin &= word != "--no-addin"
                self.only_check |= word == "--check"
                self.quiet |= word == "--quiet"
            else:
                print(__doc__, file=sys.stderr)
                sys.exit(USAGE)


def say(key: str, **facts: object) -> None:
    texts = json.loads((FILES / "texts.json").read_text("utf-8"))
    for lang in LANGS:
        print(texts[lang][key].format(**facts), flush=True)


def say_refusal(refused: Refused) -> None:
    texts = json.loads((FILES / "texts.json").read_text("utf-8"))
    for lang in LANGS:
        for part in ("what", "fix"):
            print(texts[lang][f"{refused.key}.{part}"].format(**refused.facts), flush=True)


def main(words: list[str]) -> int:
    options = Options(words)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    done = REFUSED
    try:
        kit = json.loads((FILES / "manifest.json").read_text("utf-8"))
        say("kit.install.begin", version=kit["package"])
        verify(kit)
        say("kit.install.verified", count=len(kit["files"]))
        unblock([KIT / name for name in (*kit["files"], "files/manifest.json")], sys.platform)
        if options.only_check:
            return DONE
        suitable(kit)
        install(kit, options)
        done = DONE
    except Refused as refused:
        print()
        say_refusal(refused)
    except PermissionError as error:
        print()
        say_refusal(Refused("kit.install.denied", path=error.filename))
    ended(options, opens=done == DONE and options.addin and bool(kit["excel"]))
    return done


def ended(options: Options, *, opens: bool) -> None:
    """Keep the window open until it was read; after an installation Enter opens Excel."""
    if options.quiet or not (sys.stdin and sys.stdin.isatty()):
        return
    say("kit.install.enter_excel" if opens else "kit.install.enter")
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        input()
        if opens and sys.platform == "win32":
            with contextlib.suppress(OSError):
                os.startfile("excel.exe")
        elif opens and sys.platform == "darwin":
            subprocess.run(["/usr/bin/open", "-a", "Microsoft Excel"], check=False)


# The kit itself


def verify(kit: dict[str, Any]) -> None:
    """Compare every file with the list. Raises Refused `kit.install.changed`, `kit.install.incomplete`, `kit.install.foreign`."""
    lost, changed = [], []
    for name, wanted in kit["files"].items():
        try:
            found = hashlib.sha256((KIT / name).read_bytes()).hexdigest()
        except FileNotFoundError:
            lost.append(name)
            continue
        if found != wanted:
            changed.append(name)
    if lost:
        raise Refused("kit.install.incomplete", names=", ".join(lost[:5]), count=len(lost))
    if changed:
        raise Refused("kit.install.changed", names=", ".join(changed[:5]), count=len(changed))
    foreign = [p.name for p in sorted((FILES / "wheels").iterdir()) if f"files/wheels/{p.name}" not in kit["files"]]
    foreign = [name for name in foreign if name.endswith((".whl", ".gz", ".zip"))]
    if foreign:
        raise Refused("kit.install.foreign", names=", ".join(foreign[:5]), count=len(foreign))


def unblock(paths: list[Path], platform: str) -> None:
    """Take the mark of a download off our own, verified files, so that neither Windows nor the Mac stops them later."""
    if platform == "win32":
        for path in paths:
            with contextlib.suppress(OSError):
                os.remove(f"{path}:Zone.Identifier")
    elif platform == "darwin":
        with contextlib.suppress(OSError):
            subprocess.run(["/usr/bin/xattr", "-d", "com.apple.quarantine", *map(str, paths)], capture_output=True, check=False)


def suitable(kit: dict[str, Any]) -> None:
    """Whether this computer and its Python are what the kit is for. Raises Refused."""
    if {"win32": "windows", "darwin": "mac"}.get(sys.platform, sys.platform) != kit["platform"]:
        raise Refused("kit.install.platform", wanted=kit["platform"])
    python, path = "{}.{}".format(*sys.version_info[:2]), sys.executable
    if python != kit["python"] or sysconfig.get_config_var("Py_GIL_DISABLED"):
        raise Refused("kit.install.python", found=python, wanted=kit["python"], path=path)
    machine = machine_here()
    if struct.calcsize("P") != 8 or machine not in kit["requirements"]:
        raise Refused("kit.install.machine", found=machine, wanted=", ".join(kit["requirements"]), path=path)
    if "windowsapps" in f"{path}|{sys.base_prefix}".lower():
        raise Refused("kit.install.store", path=path)
    if any(importlib.util.find_spec(name) is None for name in ("venv", "ensurepip")):
        raise Refused("kit.install.no_venv", path=path)


def machine_here() -> str:
    """The processor that this Python was built for (an Intel Python on another processor is an Intel one)."""
    return sysconfig.get_platform().removeprefix("win-") if sys.platform == "win32" else os.uname().machine


# What is installed


def install(kit: dict[str, Any], options: Options) -> None:
    folder = options.to or Path.home() / f"collab-{kit['python']}"
    take_folder(folder)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    say("kit.install.environment", folder=folder)
    if not works(python):
        run([sys.executable, "-I", "-m", "venv", folder], folder, "kit.install.venv_failed")
    say("kit.install.packages", count=sum(name.endswith(".whl") for name in kit["files"]))
    pip = [
        python,
        "-I",
        "-m",
        "pip",
        "install",
        "--no-index",
        "-f",
        FILES / "wheels",
        "--no-deps",
        "--require-hashes",
        "--only-binary",
        ":all:",
    ]
    run([*pip, "-r", FILES / kit["requirements"][machine_here()]], folder, "kit.install.pip_failed")
    # The same version may be another build of ours: it is put in place anew each time.
    run([*pip, "--force-reinstall", "-r", FILES / "own.txt"], folder, "kit.install.pip_failed")
    (folder / MARK).write_bytes((FILES / "manifest.json").read_bytes())
    ask = "import hashlib, collab_xl, collab_xl.cli; print(collab_xl.__version__)"
    if kit["excel"]:
        ask += "; from collab_xl.addin.build import build; print(hashlib.sha256(build()).hexdigest())"
    found = run([python, "-I", "-c", ask], folder, "kit.install.start_failed").split()[-2:]
    if found[0] != kit["package"] or found[1:] != ([kit["addin"]] if kit["excel"] else []):
        raise Refused("kit.install.other", found=" ".join(found), log=folder / LOG)
    command = folder / ("Scripts/collab-xl.exe" if sys.platform == "win32" else "bin/collab-xl")
    if options.addin and kit["excel"]:
        put_into_excel(python)
        say("kit.install.done", command=command)
    else:
        say("kit.install.done_no_addin", command=command)


def works(python: Path) -> bool:
    """Whether the environment of an earlier kit can be used as it is."""
    asked = [str(python), "-I", "-c", "import sys, pip; print(sys.version_info[:2])"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=False, env=environment())
    except OSError:
        return False
    return done.returncode == 0 and done.stdout.strip() == str(sys.version_info[:2])


def take_folder(folder: Path) -> None:
    """A new or empty folder, or one of an earlier kit. Nobody else's is touched. Raises Refused `kit.install.folder`."""
    if folder.exists() and (not folder.is_dir() or (not (folder / MARK).is_file() and any(folder.iterdir()))):
        raise Refused("kit.install.folder", folder=folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_bytes((FILES / "manifest.json").read_bytes())


def put_into_excel(python: Path) -> None:
    """`collab-xl addin install` says itself what is wrong, in the language it is asked in. Raises Refused `kit.install.addin`."""
    said = []
    for lang in LANGS:
        command = [str(python), "-I", "-m", "collab_xl", "addin", "install", "--json", "--lang", lang]
        done = subprocess.run(command, capture_output=True, check=False, env=environment())
        if not done.returncode:
            say("kit.install.addin_done", path=json.loads(done.stdout)["files"][0]["path"])
            return
        said.append(done.stderr.decode("utf-8", "replace").strip())
    raise Refused("kit.install.addin", said="\n".join(said))


def environment() -> dict[str, str]:
    """Without what would turn pip or Python to other places: settings of pip and Python are not used here."""
    kept = {name: value for name, value in os.environ.items() if not re.match(r"PIP_|PYTHON|VIRTUAL_ENV", name, re.IGNORECASE)}
    return {**kept, "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONUTF8": "1"}


def run(command: list[Any], folder: Path, refusal: str) -> str:
    """The output of a command; everything it prints is in the log. Raises Refused `refusal` with its last line."""
    done = subprocess.run([str(word) for word in command], capture_output=True, check=False, env=environment())
    out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    with (folder / LOG).open("a", encoding="utf-8") as log:
        log.write(f"$ {subprocess.list2cmdline([str(word) for word in command])}\n{out}{err}\n")
    if done.returncode:
        lines = [line for line in (out + err).splitlines() if line.strip()] or [f"exit {done.returncode}"]
        raise Refused(refusal, reason=lines[-1].strip(), log=folder / LOG, folder=folder)
    return out


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
