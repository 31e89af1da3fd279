"""Run pip for another computer than this one. Started as a script of its own, with the Python whose pip is to be used.

`pip download --platform` picks the files for another system, but decides by the markers of the running one which packages are needed: a kit
made on Linux would lack pywin32, tzdata and appscript. So pip runs here with the markers of the target.

    python pip_for_target.py download MARKERS PIP-ARGUMENTS…     pip's own output and exit code
    python pip_for_target.py check MARKERS FOLDER PACKAGE        a list, as JSON, of what the folder lacks for this package there

`check` asks the wheels alone and does not trust what `download` did. Exit 9: this Python has no pip, or one that this script does not know.
"""

import json
import re
import sys
import zipfile
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

UNKNOWN_PIP = 9


def _markers() -> Any:
    try:
        from pip._vendor.packaging import markers
    except ImportError:
        sys.exit(UNKNOWN_PIP)
    return markers


def download(target: dict[str, str], arguments: list[str]) -> None:
    markers = _markers()
    here = markers.default_environment
    markers.default_environment = lambda: {**here(), **target}
    if not markers.Marker(f'sys_platform == "{target["sys_platform"]}" and python_version == "{target["python_version"]}"').evaluate():
        sys.exit(UNKNOWN_PIP)  # pip no longer asks this function
    from pip._internal.cli.main import main

    sys.exit(main(arguments))


def check(target: dict[str, str], folder: Path, package: str) -> list[dict[str, str]]:
    """What is missing, `{"needs", "by"}`: every requirement of `package` and of what it needs must be met by a wheel in `folder`."""
    _markers()
    from pip._vendor.packaging.requirements import Requirement
    from pip._vendor.packaging.specifiers import SpecifierSet

    wheels = {}
    for path in sorted(folder.glob("*.whl")):
        with zipfile.ZipFile(path) as archive:
            (name,) = [n for n in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n)]
            facts = HeaderParser().parsestr(archive.read(name).decode("utf-8"))
        wheels[_normal(facts["Name"])] = facts
    missing = []
    todo: list[tuple[str, str]] = [(_normal(package), "")]
    seen = set(todo)
    while todo:
        name, extra = todo.pop()
        if name not in wheels:
            missing.append({"needs": name, "by": ""})
            continue
        facts = wheels[name]
        if not SpecifierSet(facts.get("Requires-Python") or "").contains(target["python_full_version"]):
            missing.append({"needs": f"Python {facts['Requires-Python']}", "by": name})
        for line in facts.get_all("Requires-Dist") or []:
            wanted = Requirement(line)
            if wanted.marker is not None and not wanted.marker.evaluate({**target, "extra": extra}):
                continue
            found = wheels.get(_normal(wanted.name))
            if found is None or not wanted.specifier.contains(found["Version"], prereleases=True):
                missing.append({"needs": f"{wanted.name}{wanted.specifier}", "by": name})
                continue
            for each in ("", *sorted(wanted.extras)):
                if (step := (_normal(wanted.name), each)) not in seen:
                    seen.add(step)
                    todo.append(step)
    return missing


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    action, environment, *rest = sys.argv[1:]
    if action == "download":
        download(json.loads(environment), rest)
    else:
        json.dump(check(json.loads(environment), Path(rest[0]), rest[1]), sys.stdout)
