"""Ten thousand mails, zips and workbooks made by mutation of real forms: no crash, no traceback, one state each, in linear time."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from intake_books import hand_made
from mutated import mutations
from outside_mails import mail

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from small_project import DAY, Project

from collab_xl.intake.archive import Budget
from collab_xl.intake.content import on_disk
from collab_xl.intake.mail_file import read_mail
from collab_xl.intake.opening import Opened, OpenJob, open_job
from collab_xl.intake.origin import Origin
from collab_xl.intake.pool import Result, SafePool
from collab_xl.model.directory import Directory
from collab_xl.model.submission_log import InMemory, State
from collab_xl.read.context import Context
from collab_xl.verbs.receiving.reading import Job, Reading, read_job

MAILS = Path(__file__).resolve().parents[1] / "mail"
SEED = int(os.environ.get("COLLAB_SEED", "1"))
LONGEST_SECONDS = 5
"""Of one input, all of which have less than 1 MB. (A pack takes 0.02 s; the machine may be busy.)"""


def one(job: OpenJob | Job) -> tuple[float, Opened | Reading]:
    """Open or read one input, and the processor time it took. Runs in a worker."""
    begun = time.process_time()
    value = open_job(job) if isinstance(job, OpenJob) else read_job(job)
    return time.process_time() - begun, value


def run(folder: Path, count: int, seed: int) -> Counter[str]:
    """Every input in the workers that the product uses; the states and codes found."""
    project = Project.start(folder)
    project.issue()
    books = [*(pack.read_bytes() for pack in project.packs.values()), hand_made([["任务ID", "任务名称"], ["RW-001", "甲"]])]
    inside = folder / "inside"
    inside.mkdir()
    context, names = Context("zh", Directory()), list[str]()

    def jobs() -> object:
        for name, data in mutations(MAILS, books, count, seed):
            names.append(name)
            if name.endswith(".xlsx"):
                yield Job(hashlib.sha256(data).hexdigest(), name, InMemory(data), context, DAY)
            else:
                (folder / name).write_bytes(data)
                yield OpenJob(on_disk(str(folder / name)), Origin((name,)), str(inside), Budget())

    seen: Counter[str] = Counter()
    with SafePool(workers=2, memory_mb=600, seconds=30, preload=("test_mutated_inputs",)) as pool:
        for n, result in enumerate(pool.map(one, jobs())):  # type: ignore[arg-type]
            checked(names[n], result, seen)
            (folder / names[n]).unlink(missing_ok=True)
    return seen


def checked(name: str, result: Result[tuple[float, Opened | Reading]], seen: Counter[str]) -> None:
    assert not result.trace, f"seed {SEED}, {name}: a fault of the program\n{result.trace}"
    if result.value is None:
        seen[result.failed] += 1
        return
    seconds, value = result.value
    assert seconds < LONGEST_SECONDS, f"seed {SEED}, {name}: {seconds:.1f} s"
    if isinstance(value, Reading):
        seen[value.scan.code or "read"] += 1
        return
    assert value.items, name
    for item in value.items:
        for text in (item.source, item.file, item.sender, item.message_id, *(fact for _, fact in item.facts)):
            text.encode("utf-8")
            assert len(text) < 6000, name
        assert item.state in (None, State.REFUSED, State.IGNORED, State.EVIDENCE)
        assert bool(item.state) == bool(item.code)
        seen[item.code or "to be read"] += 1


def test_two_hundred_mutations(tmp_path: Path) -> None:
    seen = run(tmp_path, 200, SEED)
    assert seen["died"] + seen["memory"] + seen["timeout"] == 0
    assert len(seen) > 8


@pytest.mark.slow
def test_ten_thousand_mutations(tmp_path: Path) -> None:
    seen = run(tmp_path, 10_000, SEED)
    print(f"\nseed {SEED}: {sum(seen.values())} results", dict(seen.most_common()))
    assert sum(seen.values()) >= 10_000
    assert seen["died"] + seen["memory"] + seen["timeout"] < 10  # a reader may end its worker; it never ends the run


GROWING: dict[str, Callable[[int], bytes]] = {
    "quoted sender": lambda n: mail(b'"' * n),
    "comments": lambda n: mail(b"(" * n + b"a@b.cn"),
    "brackets": lambda n: mail(b"<a@b.cn> " * (n // 9)),
    "encoded words": lambda n: mail(subject=b"=?gbk?B?1tyxqA==?= " * (n // 19)),
    "header lines": lambda n: b"".join(b"X-%d: a\r\n" % k for k in range(n // 8)) + mail(),
    "folded header": lambda n: b"Subject: a" + b"\r\n b" * (n // 4) + b"\r\n" + mail(),
    "body": lambda n: mail(disposition=b"attachment; filename=a.csv", data=b"a,b\r\n" * (n // 5)),
    "parts": lambda n: mail(disposition=b"attachment", data=b"\r\n--b\r\nContent-Type: a/b; name=x.csv\r\n\r\nx\r\n" * (n // 44)),
    "authentication": lambda n: b"Authentication-Results: x; dmarc=fail (" * 1 + b"(" * n + b"\r\n" + mail(),
}


@pytest.mark.parametrize("what", GROWING)
def test_the_time_grows_with_the_size_and_not_with_its_square(what: str) -> None:
    """Sixteen times the size may take sixteen times as long, with room for noise; with the square it would be 256 times."""

    def seconds(size: int) -> float:
        data = GROWING[what](size)
        best = 9.0
        for _ in range(3):
            begun = time.process_time()
            read_mail(data)
            best = min(best, time.process_time() - begun)
        return best

    small, large = seconds(1 << 16), seconds(1 << 20)
    assert large < 0.02 + 60 * small
