"""Every case of what comes from outside, by its command: state, exit code, message in both languages, memory of both sides, time.

    python -m benchmarks.door [--cases FOLDER] [--only WORD]

The cases lie beside the checkout (`shared/cases`, or `--cases`): `public/NN-name/check.py` each run the command line and say whether the
answer is right; `door/make.py` makes inputs, which are collected here one by one into the master of a demo. The messages of `public` are
those of the runs of its check, asked again in English without writing. Exit code 1 when a case is not right, a command ends with a
traceback, or a process has more memory than allowed. Needs Linux for the memory, and NODE_PATH with xlsx and exceljs for some cases.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import Sides, run_sides

ROOT = Path(__file__).resolve().parent.parent
BESIDE = ROOT.parent / "shared" / "cases"
COMMAND = [sys.executable, "-m", "collab_xl"]
MAIN_MB, CHILD_MB = 200, 600
TOLD = frozenset({"import", "collect", "preview", "consolidate"})
"""Verbs that a check calls to look at an input."""
AS_OF = "2026-11-20"
SHORT = 70
RIGHT: Mapping[str, tuple[str, ...]] = {
    "texts": ("ignored", "refused"),
    "long/subject": ("ignored",),
    "long": ("refused",),
    "stray": ("accepted", "duplicate"),
    "senders/two": ("refused",),
    "senders/dated": ("ignored",),
    "memory": ("refused",),
}
"""Beginning of a door input's path → the states that are right. A long subject is cut; its mail has no workbook."""
RIGHT_CODES: Mapping[str, int] = {"status": 5, "doctor": 3}
"""Verb → its exit code on a foreign master: refused, or named among what is to do."""


@dataclass
class Line:
    """One command on one input."""

    case: str
    verb: str
    state: str
    exit_code: int
    zh: str
    en: str
    main_mb: int
    child_mb: int
    seconds: float
    faults: tuple[str, ...] = ()

    def show(self) -> None:
        verdict = "ok" if not self.faults else "; ".join(self.faults)
        print(f"{self.case:<44} {self.verb:<12} exit {self.exit_code}  {self.state}", flush=True)
        print(f"    main {self.main_mb} MB  child {self.child_mb} MB  {self.seconds:.1f} s  {verdict}")
        for said in (self.zh, self.en):
            if said:
                print(f"    {said}")


def line_of(case: str, verb: str, zh: Sides, en: Sides, right: Iterable[str] = ()) -> Line:
    """The line of a command that was run in both languages; the larger figures count."""
    state = states(zh.out) or str(zh.exit_code)
    faults = [side for side, ran in (("traceback zh", zh), ("traceback en", en)) if "Traceback" in ran.err or ran.exit_code in (1, 6)]
    main, child = max(zh.main_mb, en.main_mb), max(zh.child_mb, en.child_mb)
    faults += [f"main over {MAIN_MB} MB"] if main >= MAIN_MB else []
    faults += [f"child over {CHILD_MB} MB"] if child >= CHILD_MB else []
    allowed = tuple(right)
    if allowed and not {word.split()[0] for word in state.split(", ")} <= set(allowed):
        faults.append(f"expected {' or '.join(allowed)}")
    if case.startswith("masters") and zh.exit_code != RIGHT_CODES[verb]:
        faults.append(f"expected exit {RIGHT_CODES[verb]}")
    return Line(case, verb, state, zh.exit_code, message(zh), message(en), main, child, max(zh.seconds, en.seconds), tuple(faults))


def parsed(out: str) -> dict[str, Any]:
    try:
        found = json.loads(out)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def states(out: str) -> str:
    """The different states and codes of the inputs, "" if the command has none."""
    found = parsed(out)
    items = [f"{i['state']} {i.get('code') or ''}".strip() for i in found.get("items", ()) if isinstance(i, dict) and "state" in i]
    codes = [str(f.get("code") or f.get("error")) for part in ("findings", "not_read") for f in _listed(found.get(part))]
    return ", ".join(dict.fromkeys(items or codes))


def _listed(part: object) -> list[dict[str, Any]]:
    return [one for one in part if isinstance(one, dict)] if isinstance(part, list) else []


def message(ran: Sides) -> str:
    """The first thing a person is told, shortened."""
    found = parsed(ran.out)
    for part in ("items", "not_read", "findings", "questions"):
        listed = _listed(found.get(part))
        for one in sorted(listed, key=lambda each: each.get("state") in ("ok", "skipped")):
            for name in ("reason", "what", "message", "asks"):
                if one.get(name):
                    return _short(str(one[name]))
    said = [*(str(line) for line in found.get("notes", ()) or ()), *ran.err.splitlines(), *(() if found else ran.out.splitlines())]
    return _short(next((line for line in said if line.strip()), ""))


def _short(words: str) -> str:
    one = " ".join(words.split())
    return one if len(one) <= SHORT else one[: SHORT - 1] + "…"


def spoken(words: Sequence[str], lang: str, *, write: bool) -> list[str]:
    """The command with this language, and without writing."""
    found, skip = [], False
    for word in words:
        if skip or word == "--lang":
            skip = word == "--lang" and not skip
            continue
        found.append(word)
    more = [] if write or "--no-write" in found else ["--no-write"]
    return [*COMMAND, *found, *more, "--lang", lang]


def record(log: Path, words: Sequence[str]) -> int:
    """Stand for the command in a check: run it, pass on what it says, and note what it took."""
    told = bool(words) and words[0] in TOLD
    en = run_sides(spoken(words, "en", write=False), Path.cwd()) if told else None
    ran = run_sides([*COMMAND, *words], Path.cwd())
    sys.stdout.write(ran.out)
    sys.stderr.write(ran.err)
    line = line_of("", words[0] if words else "", ran, en or ran)
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps({**asdict(line), "told": told}, ensure_ascii=False) + "\n")
    return ran.exit_code


def public(folder: Path, scratch: Path) -> Iterator[Line]:
    """Each check, with the runs that looked at an input; its last line says whether the answers were right."""
    for check in sorted(folder.glob("*/check.py")):
        log, command = scratch / f"{check.parent.name}.log", scratch / f"{check.parent.name}.sh"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m benchmarks.door --record "{log}" -- "$@"\n')
        command.chmod(0o755)
        temporary = scratch / f"{check.parent.name}.tmp"
        temporary.mkdir()
        node = os.environ.get("NODE_PATH", str(ROOT / "node_modules"))
        env = {**os.environ, "COLLAB_XL": str(command), "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "TMPDIR": str(temporary)}
        done = subprocess.run(
            [sys.executable, str(check)], cwd=ROOT, env={**env, "NODE_PATH": node}, capture_output=True, text=True, encoding="utf-8"
        )
        noted = [json.loads(text) for text in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []
        lines = [Line(**{**one, "faults": tuple(one["faults"]), "case": check.parent.name}) for one in map(_without_told, noted)]
        yield from (line for line, one in zip(lines, noted, strict=True) if one["told"] or line.faults)
        wrong = [text for text in done.stdout.splitlines() if text.startswith(("BAD", "CRASH"))]
        wrong += [] if not done.returncode or wrong else (done.stderr.splitlines() or ["failed"])[-1:]
        right = sum(text.startswith("ok") for text in done.stdout.splitlines())
        peak = [max((getattr(line, side) for line in lines), default=0) for side in ("main_mb", "child_mb")]
        seconds = sum(line.seconds for line in lines)
        said = f"{right} right, {len(wrong)} wrong, {len(lines)} commands"
        yield Line(check.parent.name, "check", said, done.returncode, "", "", *peak, seconds, tuple(map(_short, wrong)))


def _without_told(one: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name != "told"}


def door(folder: Path, scratch: Path) -> Iterator[Line]:
    """The inputs of `make.py`, each collected by itself without writing; the foreign masters by `status` and `doctor`."""
    demo, out = scratch / "demo", scratch / "door"
    subprocess.run([*COMMAND, "demo", "--out", str(demo), "--lang", "zh", "-q"], cwd=ROOT, check=True, capture_output=True)
    master = max(demo.glob("*.xlsx"), key=lambda path: (path.with_suffix(".collab").is_dir(), path.stat().st_size))
    subprocess.run([sys.executable, str(folder / "make.py"), str(out), str(master)], check=True, capture_output=True)
    for path in sorted(path for part in ("texts", "long", "stray", "senders", "memory") for path in (out / part).iterdir()):
        words = ["collect", str(master), str(path), "--json", "--as-of", AS_OF]
        words += ["--department", "研发部"] if path.parent.name == "stray" else []
        yield _both(path.relative_to(out).as_posix(), words)
    for path in sorted((out / "masters").glob("*/*.xlsx")):
        for verb in ("status", "doctor"):
            yield _both(path.relative_to(out).parent.as_posix(), [verb, str(path), "--json"])


def _both(case: str, words: Sequence[str]) -> Line:
    zh, en = (run_sides(spoken(words, lang, write=words[0] not in TOLD), ROOT) for lang in ("zh", "en"))
    right = next((states for begin, states in RIGHT.items() if case.startswith(begin)), ())
    return line_of(case, words[0], zh, en, right)


def main() -> int:
    if "--record" in sys.argv:
        at = sys.argv.index("--record")
        return record(Path(sys.argv[at + 1]), sys.argv[at + 3 :])
    asked = argparse.ArgumentParser(prog="python -m benchmarks.door")
    asked.add_argument("--cases", type=Path, default=BESIDE)
    asked.add_argument("--only", choices=("public", "door"))
    given = asked.parse_args()
    lines: list[Line] = []
    with tempfile.TemporaryDirectory() as made:
        for name, cases in (("public", public), ("door", door)):
            folder, scratch = given.cases / name, Path(made) / name
            if given.only in (None, name) and not folder.is_dir():
                print(f"missing: {folder}", flush=True)
            elif given.only in (None, name):
                scratch.mkdir()
                for line in cases(folder, scratch):
                    line.show()
                    lines.append(line)
    if not lines:
        return 2
    wrong = sum(bool(line.faults) for line in lines)
    peak = [max(getattr(line, side) for line in lines) for side in ("main_mb", "child_mb")]
    print(
        f"\n{len(lines)} lines, {wrong} not right; at most main {peak[0]} MB, child {peak[1]} MB, {max(li.seconds for li in lines):.1f} s"
    )
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
