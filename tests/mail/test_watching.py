"""`collect --watch`: rounds with pauses, longer ones while something is wrong, an end that leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e.small_project import DAY, Project
from mail_proxy import proxy
from mail_server import MailServer
from test_mailbox import LIAISONS, collect, mailed, outside, reply, states, with_mailbox

from collab_xl import verbs
from collab_xl.catalogue import text
from collab_xl.errors import OK, REFUSED, CollabError
from collab_xl.verbs.receiving.watching import FAILURES, Round, code_of, ends, pause_seconds, watch
from collab_xl.verbs.report import Report, no_progress


@pytest.fixture
def project(tmp_path: Path, mail_server: MailServer) -> Project:
    return with_mailbox(Project.again(tmp_path / "p"), mail_server.port)


class Pauses(threading.Event):
    """Does something in each pause instead of waiting; the end comes after the last."""

    def __init__(self, *then: Callable[[], object]) -> None:
        super().__init__()
        self.then, self.seconds = list(then), list[float]()

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0)
        if self.then:
            self.then.pop(0)()
            return False
        return True


def test_pauses_grow_with_failures_and_have_a_limit() -> None:
    assert [pause_seconds(1, n) for n in range(8)] == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert [pause_seconds(15, n) for n in range(4)] == [900, 1800, 3600, 3600]
    assert [pause_seconds(180, n) for n in range(3)] == [10800, 10800, 10800]
    assert ends("mail_login_code")
    assert ends("mail_oauth_again")
    assert not ends("mail_oauth_unreachable")
    assert not ends("mail_cut")


def one_round(project: Project) -> Round:
    report = collect(project)
    problem = report.json["mailbox_problem"] or {"code": "", "what": ""}
    return Round(report, problem["code"], problem["what"])


def test_what_comes_between_rounds_is_taken_by_the_next(project: Project, mail_server: MailServer) -> None:
    files = [outside(project, reply(project, "市场部", f"缺 {n} 人", f"r{n}")) for n in range(2)]

    def arrives(n: int) -> Callable[[], None]:
        return lambda: mail_server.deliver(mailed(LIAISONS["市场部"], files[n], subject=f"r{n}"))

    shown: list[str] = []
    pauses = Pauses(arrives(0), arrives(1))
    rounds, last = watch(lambda: one_round(project), 15, pauses, shown.append, "zh")
    assert (rounds, code_of(last), pauses.seconds) == (3, OK, [900, 900, 900])
    assert len(shown) == 3
    assert all(line.endswith(text("verbs.say.watch_round", "zh", time="", what="", minutes=15).strip()) for line in shown)
    assert "收到 1 件" in shown[1]
    assert "收到 1 件" in shown[2]


def test_a_server_that_is_down_is_asked_less_and_less_and_then_no_more(project: Project, mail_server: MailServer) -> None:
    with_mailbox(project, 1)  # nobody answers there
    shown: list[str] = []
    pauses = Pauses(*[lambda: None] * (FAILURES + 5))
    rounds, last = watch(lambda: one_round(project), 1, pauses, shown.append, "zh")
    assert rounds == FAILURES
    assert code_of(last) == REFUSED
    assert pauses.seconds == [120, 240, 480, 960, 1920, *[3600] * (FAILURES - 6)]
    assert "localhost:1" in shown[0]
    pauses = Pauses(lambda: with_mailbox(project, mail_server.port))
    rounds, last = watch(lambda: one_round(project), 1, pauses, shown.append, "zh")
    assert (rounds, code_of(last), pauses.seconds) == (2, OK, [120, 60])


def test_a_refused_login_is_tried_once(project: Project, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLAB_XL_MAIL_PASSWORD", "wrong-secret")
    shown: list[Report] = []
    with proxy(mail_server) as between:
        with_mailbox(project, between.port)
        report = verbs.collect(project.master, watch=1, as_of=DAY, lang="zh", progress=no_progress, show=shown.append)
        assert between.connections == 1
    assert (report.exit_code, report.json["rounds"], report.json["problem"]) == (REFUSED, 1, "mail_login")
    assert len(shown) == 1
    assert report.lines == (text("verbs.say.watch_ended", "zh", rounds=1),)


def test_an_open_master_is_waited_for(project: Project) -> None:
    owner = project.master.with_name(f"~${project.master.name}")
    owner.write_bytes(b"\x04user" + bytes(160))
    reply(project, "市场部", "缺人", "市场部")
    shown: list[str] = []
    from collab_xl.verbs.receiving.watching import failed

    def again() -> Round:
        try:
            return one_round(project)
        except CollabError as error:
            return failed(error, "zh")

    pauses = Pauses(owner.unlink)
    rounds, last = watch(again, 5, pauses, shown.append, "zh")
    assert (rounds, code_of(last), pauses.seconds) == (2, OK, [600, 300])


@pytest.mark.parametrize(("minutes", "inputs", "write"), [(0.5, 0, True), (2000, 0, True), (15, 1, True), (15, 0, False)])
def test_wrong_usage(project: Project, minutes: float, inputs: int, write: bool) -> None:
    with pytest.raises(CollabError) as error:
        verbs.collect(project.master, [project.master] * inputs, watch=minutes, write=write, as_of=DAY, lang="zh", progress=no_progress)
    assert (error.value.code, error.value.exit_code) == ("usage_watch", 2)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(project: Project, mail_server: MailServer, number: signal.Signals) -> None:
    mail_server.deliver(mailed(LIAISONS["市场部"], outside(project, reply(project, "市场部", "缺人", "市场部"))))
    command = [sys.executable, "-m", "collab_xl", "collect", str(project.master), "--watch", "30", "--as-of", "2026-11-20", "--lang", "zh"]
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    assert running.stdout is not None
    first = running.stdout.readline()
    assert "收到 1 件" in first
    time.sleep(0.2)
    running.send_signal(number)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 0, err
    assert out.strip() == text("verbs.say.watch_ended", "zh", rounds=1)
    assert "Traceback" not in err
    assert states(collect(project)) == {}
