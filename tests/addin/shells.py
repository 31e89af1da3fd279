"""What a program is started with when the add-in's command goes through Windows' shell, or through the Mac's script and shell.

Windows: cmd.exe cuts at `&` and takes redirections, both outside quotes; then the C runtime splits the words (Microsoft's documented
rules for backslashes and quotes). Mac: the text of xlwings' own script is read, and its one line worked out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import xlwings

SCRIPT = Path(xlwings.__file__).parent / f"xlwings-{xlwings.__version__}.applescript"


@dataclass(frozen=True)
class Started:
    """`before` are the commands of the shell itself, `argv` the program with its arguments, `errors_to` where stderr goes."""

    before: list[str]
    argv: list[str]
    errors_to: str


def through_cmd(command: str) -> Started:
    """A `cmd.exe /C …` line as cmd.exe reads it. Fails on what it would expand or take apart otherwise."""
    start = "cmd.exe /C "
    assert command.startswith(start)
    assert not set("%!\r\n") & set(command), "cmd.exe would expand or cut this"
    pieces, quoted = [""], False
    for letter in command.removeprefix(start):
        quoted ^= letter == '"'
        assert quoted or letter not in "|<^()" or letter == "(", letter
        if letter == "&" and not quoted:
            pieces.append("")
        else:
            pieces[-1] += letter
    assert not quoted
    *before, last = (piece.strip() for piece in pieces)
    program, found, log = last.partition(" 2> ")
    assert found
    assert ">" not in program.replace("2> ", "")
    return Started(before, words(program), *words(log))


def words(line: str) -> list[str]:
    """The arguments a C program on Windows is given: 2n backslashes before a quote are n, one more makes the quote plain."""
    out: list[str] = []
    word, inside, begun = "", False, False
    at = 0
    while at < len(line):
        slashes = re.match(r"\\*", line[at:])
        assert slashes
        count = slashes.end()
        at += count
        letter = line[at : at + 1]
        if letter == '"':
            word += "\\" * (count // 2)
            if count % 2:
                word += '"'
            else:
                inside, begun = not inside, True
        else:
            word += "\\" * count
            if letter in (" ", "\t", "") and not inside:
                if word or begun:
                    out.append(word)
                word, begun = "", False
            else:
                word += letter
        at += 1
    if word or begun:
        out.append(word)
    return out


def shell_command(parameter: str) -> str:
    """The shell command xlwings' script makes of the one parameter the add-in hands it. Fails when a bar cut it into other parts."""
    text = SCRIPT.read_text("utf-8")
    (listed,) = re.findall(r"set \{(.+?)\} to SplitString\(ParameterString, \"\|\"\)", text)
    names = [name.strip() for name in listed.split(",")]
    parts = parameter.split("|")
    assert len(parts) == len(names), parts
    return script_line(dict(zip(names, parts, strict=True)))


def script_line(names: Mapping[str, str]) -> str:
    """`set ShellCommand to …` of the script, worked out: texts and names joined by `&`."""
    (expression,) = re.findall(r"set ShellCommand to (.*?)\n\ttry", SCRIPT.read_text("utf-8"), re.DOTALL)
    out, rest = "", expression.replace("¬", " ").strip()
    while rest:
        literal = re.match(r'"((?:[^"\\]|\\.)*)"', rest)
        name = re.match(r"\w+", rest)
        found = literal or name
        assert found, rest
        out += re.sub(r"\\(.)", r"\1", literal[1]) if literal else names[found[0]]
        rest = rest[found.end() :].strip()
        assert not rest or rest.startswith("&"), rest
        rest = rest[1:].strip()
    return out
