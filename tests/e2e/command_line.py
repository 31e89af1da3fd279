"""The real command line for tests: `collab_xl.cli.main` in a process of its own, with its exit code and both outputs.

Where the system can fork, one warm process forks for every command: the same `main`, the same exit, without importing everything
again (0.05 s in place of 0.5 s). `real=True` starts the interpreter from scratch, as a person's shell does.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CAN_FORK = hasattr(os, "fork")
NOT_ROOT = """
import ctypes, os
if hasattr(os, "geteuid") and os.geteuid() == 0:  # root may write anywhere: give that right up, for the children too
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (1, 2, 3):
        libc.prctl(24, capability, 0, 0, 0)
    head, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(head, data) == 0
    for n in range(3):
        data[n] &= ~0b1110
    assert libc.capset(head, data) == 0
"""
"""Python to carry out `before` a command: rights count for it, also where the tests run as root."""


@dataclass(frozen=True)
class Done:
    """What one command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """stdout as the one JSON object it must be; raises ValueError for anything else."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


def environment(**more: str) -> dict[str, str]:
    """The system's, without a language of its own, with the project's code in front."""
    kept = {k: v for k, v in os.environ.items() if k not in {"COLLAB_XL_LANG", "LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"}}
    return {**kept, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}", "PYTHONUTF8": "1", **more}


def command_line(
    *words: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None, real: bool = False, before: str = "", stdin: str = ""
) -> Done:
    """Run `collab-xl words…`. `before` is Python carried out in that process first (to arm a checkpoint, to drop a privilege)."""
    job = {"argv": [str(w) for w in words], "cwd": str(cwd or ROOT), "env": environment(**(env or {})), "before": before}
    if real or stdin or not CAN_FORK:
        done = subprocess.run(
            [sys.executable, str(Path(__file__)), json.dumps(job)],
            input=stdin.encode(),
            capture_output=True,
            cwd=job["cwd"],
            env=job["env"],  # type: ignore[arg-type]
            timeout=120,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())
    return _Warm.the_one().run(job)


def start(*words: str | Path, before: str = "", env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a real `collab-xl` that the test may kill; it prints what `before` prints, then its own."""
    job = {"argv": [str(w) for w in words], "cwd": str(ROOT), "env": environment(**(env or {})), "before": before}
    return subprocess.Popen(
        [sys.executable, str(Path(__file__)), json.dumps(job)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=job["cwd"],  # type: ignore[arg-type]
        env=job["env"],  # type: ignore[arg-type]
    )


class _Warm:
    """A process that has imported the product and forks for each command."""

    _running: _Warm | None = None

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__)), "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(), cwd=ROOT
        )

    @classmethod
    def the_one(cls) -> _Warm:
        if cls._running is None:
            cls._running = cls()
            atexit.register(cls._running.stop)
        return cls._running

    def run(self, job: dict[str, Any]) -> Done:
        assert self._process.stdin
        assert self._process.stdout
        with tempfile.TemporaryDirectory(prefix="collab-cli-") as folder:
            job = {**job, "out": f"{folder}/out", "err": f"{folder}/err"}
            self._process.stdin.write(json.dumps(job).encode() + b"\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
            if not answer:
                raise RuntimeError("the warm process is gone")
            return Done(int(answer), Path(job["out"]).read_text("utf-8"), Path(job["err"]).read_text("utf-8"))

    def stop(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)


def _warm_up() -> None:
    """Import every verb and what they load late, read forms and texts: all that does not depend on the command."""
    import contextlib
    import gc
    import importlib
    import io
    import pkgutil
    import zoneinfo

    from collab_xl import catalogue, verbs
    from collab_xl.forms import load

    for module in pkgutil.iter_modules(verbs.__path__):
        importlib.import_module(f"collab_xl.verbs.{module.name}")
    for name in (
        "pandas",
        "rich.console",
        "rich.table",
        "rich._unicode_data.unicode17-0-0",
        "msgspec.json",
        "_strptime",
        "encodings.cp437",
        "pwd",
    ):
        importlib.import_module(name)
    zoneinfo.ZoneInfo("UTC")
    load()
    for lang in catalogue.LANGS:
        catalogue.texts(lang)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
            _carry_out({"argv": ["explain", "V203", "--lang", lang], "before": ""})
    gc.enable()
    gc.freeze()


def _serve() -> None:
    import signal

    from collab_xl.forms.folders import own_forms_folder

    _warm_up()
    for line in sys.stdin.buffer:
        job = json.loads(line)
        child = os.fork()
        if child == 0:
            signal.alarm(120)  # a command that hangs must not hang the tests
            os.setpgid(0, 0)
            null = os.open(os.devnull, os.O_RDONLY)
            out, err = (os.open(job[name], os.O_WRONLY | os.O_CREAT, 0o666) for name in ("out", "err"))
            for number, opened in enumerate((null, out, err)):
                os.dup2(opened, number)
            os.chdir(job["cwd"])
            os.environ.clear()
            os.environ.update(job["env"])
            own_forms_folder.cache_clear()  # the command may have forms of its own
            code = 1
            try:
                _carry_out(job)
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
            except BaseException:
                import traceback

                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _carry_out(job: dict[str, Any]) -> None:
    sys.argv = ["collab-xl", *job["argv"]]
    from collab_xl.cli import main

    exec(job["before"], {})
    main()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        _serve()
    else:
        _carry_out(json.loads(sys.argv[1]))
