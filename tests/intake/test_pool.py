"""A foreign file may crash a worker: the other files are read, in order, and the reason is reported."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pool_jobs
import pytest
from intake_books import far_cells, plain_workbook
from judges import missing

from collab_xl.intake import pool as pool_module
from collab_xl.intake.pool import SafePool, workers_kept

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_sharing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test starts its own workers: those of the other tests are not kept here (conftest.py)."""
    monkeypatch.setattr(pool_module, "_keeping", 0)
    monkeypatch.setattr(pool_module, "_waiting", {})


def test_results_come_in_the_order_of_the_items() -> None:
    with SafePool(workers=2) as pool:
        assert [r.value for r in pool.map(pool_jobs.slow_first, range(60))] == list(range(60))
        assert [r.value for r in pool.map(pool_jobs.square, iter([3, 4]))] == [9, 16]
        assert list(pool.map(pool_jobs.square, [])) == []


@pytest.mark.parametrize(
    ("what", "failed"),
    [
        pytest.param("abort", "died", id="aborted"),
        pytest.param("kill", "died", id="killed"),
        pytest.param("exit", "raised", id="sys.exit"),
        pytest.param("panic", "raised", id="a panic is no Exception"),
        pytest.param("raise", "raised", id="an ordinary exception"),
        pytest.param("unpicklable", "raised", id="a result that cannot be sent"),
        pytest.param("memory", "memory", id="memory", marks=pytest.mark.skipif(sys.platform != "linux", reason="no address space limit")),
    ],
)
def test_one_bad_item_spoils_only_itself(what: str, failed: str) -> None:
    with SafePool(workers=1, memory_mb=1024) as pool:
        results = list(pool.map(pool_jobs.act, ["before", what, "after", what, "end"]))
    assert [r.failed for r in results] == ["", failed, "", failed, ""]
    assert [r.value for r in results if not r.failed] == ["before", "after", "end"]


def test_an_ordinary_exception_comes_back_as_itself() -> None:
    with SafePool(workers=1) as pool:
        (result,) = pool.map(pool_jobs.act, ["raise"])
    assert isinstance(result.error, ValueError)
    assert result.detail == "ValueError: ordinary"


@pytest.mark.parametrize("what", ["sleep", "spin"])
def test_a_worker_that_takes_too_long_is_ended(what: str) -> None:
    with SafePool(workers=2, seconds=0.3) as pool:
        results = list(pool.map(pool_jobs.act, [what, "after"]))
    assert [r.failed for r in results] == ["timeout", ""]


def test_a_two_kilobyte_workbook_ends_a_worker_and_not_us() -> None:
    """samples/README: only A1 and XFD1048576 filled aborts calamine's whole process."""
    bomb, good = far_cells("A1", "XFD1048576"), plain_workbook([["a"], ["b"]])
    assert len(bomb) < 2500
    with SafePool(workers=1) as pool:
        results = list(pool.map(pool_jobs.rows_by_calamine, [good, bomb, good]))
    assert [r.value for r in results] == [2, None, 2]
    assert results[1].failed in {"died", "memory"}


def test_words_on_stdout_do_no_harm() -> None:
    with SafePool(workers=1) as pool:
        assert [r.value for r in pool.map(pool_jobs.chatty, range(5))] == list(range(5))


def test_workers_are_reused() -> None:
    with SafePool(workers=1) as pool:
        first = {r.value for r in pool.map(pool_jobs.who, range(10))}
        again = {r.value for r in pool.map(pool_jobs.who, range(10))}
    assert first == again
    assert len(first) == 1
    assert os.getpid() not in first


def the_worker(**limits: float) -> int:
    with SafePool(workers=1, **limits) as pool:  # type: ignore[arg-type]
        (result,) = pool.map(pool_jobs.who, [1])
    assert result.value
    return result.value


def test_without_the_block_a_worker_ends_with_its_pool() -> None:
    first = the_worker()
    assert not alive(first)
    assert the_worker() != first


def test_within_the_block_the_next_pool_uses_the_worker_again_and_none_is_left_afterwards() -> None:
    with workers_kept():
        first = the_worker()
        with workers_kept():
            assert the_worker() == first
        assert alive(first)
        with SafePool(workers=2) as pool:
            both: set[int | None] = set()
            for _ in range(100):  # until the second one, which starts meanwhile, has had a job
                both |= {r.value for r in pool.map(pool_jobs.who, range(60))}
                if len(both) == 2:
                    break
        assert first in both
        assert the_worker() in both
    assert not any(alive(pid) for pid in both if pid)


def test_a_worker_started_in_another_way_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with workers_kept():
        first = the_worker()
        assert the_worker(seconds=29) != first
        assert the_worker(memory_mb=900) != first
        with monkeypatch.context() as patch:
            patch.setenv("COLLAB_XL_FORMS", str(tmp_path))
            assert the_worker() != first
        with monkeypatch.context() as patch:
            patch.chdir(tmp_path)  # a job may name a file by a relative path
            assert the_worker() != first
        assert the_worker() == first


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize("what", ["abort", "exit", "stopped early", "dies while it waits"])
def test_a_worker_that_is_no_longer_sound_is_not_used(what: str) -> None:
    with workers_kept():
        first = the_worker()
        if what == "dies while it waits":
            os.kill(first, 9)
            until = time.monotonic() + 10
            while alive(first) and time.monotonic() < until:
                time.sleep(0.01)
        else:
            with SafePool(workers=1) as pool:
                results = pool.map(pool_jobs.act, ["ok", "sleep", "sleep"] if what == "stopped early" else [what])
                next(results)  # "stopped early": the caller goes on without the others, and the results are not closed
        assert the_worker() != first
    assert not alive(first)


@pytest.mark.skipif(sys.platform != "linux", reason="no address space limit")
def test_memory_taken_by_earlier_items_does_not_fail_later_ones() -> None:
    with SafePool(workers=1, memory_mb=512) as pool:
        results = list(pool.map(pool_jobs.hoard, [150] * 6))
    assert [r.failed for r in results] == [""] * 6


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import time\nfrom collab_xl.intake.pool import SafePool\nimport pool_jobs\n"
        "with SafePool(workers=2) as pool:\n    print(*{r.value for r in pool.map(pool_jobs.who, range(50))}, flush=True)\n"
        "    time.sleep(60)\n"
    )
    path = os.pathsep.join((str(ROOT), str(Path(__file__).parent)))
    with subprocess.Popen(
        [sys.executable, str(script)], env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        assert workers
        assert all(alive(pid) for pid in workers)
        parent.kill()
    until = time.monotonic() + 10
    while any(alive(pid) for pid in workers) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(alive(pid) for pid in workers)


def alive(pid: int) -> bool:
    """Whether the process is running; a zombie does not count."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_stopping_early_ends_the_work_and_the_pool_still_serves() -> None:
    with SafePool(workers=2, seconds=30) as pool:
        results = pool.map(pool_jobs.act, ["ok", "sleep", "sleep", "sleep"])
        assert next(results).value == "ok"
        results.close()
        assert [r.value for r in pool.map(pool_jobs.square, [5])] == [25]


def test_items_sent_ahead_and_not_wanted_any_more_are_no_answer_to_others() -> None:
    with SafePool(workers=2) as pool:
        for _ in range(5):
            results = pool.map(pool_jobs.act, [f"old {n}" for n in range(40)])
            assert next(results).value == "old 0"
            results.close()
            assert [r.value for r in pool.map(pool_jobs.square, range(20))] == [n * n for n in range(20)]


def test_items_and_answers_larger_than_a_pipe_do_not_wait_for_each_other() -> None:
    words = ["x" * (3 << 20) + str(n) for n in range(12)]
    with SafePool(workers=2) as pool:
        assert [r.value for r in pool.map(pool_jobs.act, words)] == words


@pytest.mark.skipif(sys.platform != "linux", reason="pipes cannot be widened")
def test_a_user_with_many_wide_pipes_still_gets_workers() -> None:
    """Linux refuses wide pipes to a user whose pipes have more than so many pages together (EPERM); root of a namespace is such a user."""
    import fcntl

    soft = int(Path("/proc/sys/fs/pipe-user-pages-soft").read_text())
    pipes = [os.pipe() for _ in range(soft // 256 + 2)]
    program = (
        f"import fcntl, sys; sys.path[:0] = [{str(ROOT)!r}, {str(Path(__file__).parent)!r}]\n"
        "import os, pool_jobs\nfrom collab_xl.intake.pool import SafePool\n"
        "try: fcntl.fcntl(os.pipe()[1], fcntl.F_SETPIPE_SZ, 1 << 20)\nexcept PermissionError: print('refused')\n"
        "with SafePool(workers=2) as pool: print([r.value for r in pool.map(pool_jobs.square, range(5))])"
    )
    try:
        with contextlib.suppress(PermissionError):  # without root the last ones are refused here already
            for _, end in pipes:
                fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, 1 << 20)
        words = ["unshare", "--map-root-user", sys.executable, "-c", program]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    finally:
        for end in (end for pair in pipes for end in pair):
            os.close(end)
    if "unshare" in done.stderr:
        missing(f"a user namespace ({done.stderr.strip()})")
    assert done.stdout.split("\n") == ["refused", "[0, 1, 4, 9, 16]", ""], done.stderr


@pytest.mark.parametrize("size", [0, 200_000, 3_000_000])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_worker_that_dies_with_items_queued_loses_none(workers: int, size: int) -> None:
    """Also when it answers one item and dies of the next while the parent is still sending."""
    items = [what for n in range(8) for what in (f"fine {n} " + "x" * size, "abort", "y" * size, "z" * size)]
    with SafePool(workers=workers) as pool:
        results = list(pool.map(pool_jobs.act, items))
    assert [r.failed for r in results] == ["died" if what == "abort" else "" for what in items]
    assert all(r.value == what for r, what in zip(results, items, strict=True) if what != "abort")


@pytest.mark.skipif(sys.platform != "linux", reason="no address space limit")
def test_what_waits_takes_no_memory_from_what_is_read() -> None:
    with SafePool(workers=1, memory_mb=300) as pool:
        small, large, after = pool.map(pool_jobs.act, ["small" * 1_000_000, "x" * (290 << 20), "after"])
    assert (small.failed, large.failed, after.failed) == ("", "memory", "")


def test_a_function_a_worker_cannot_find_is_refused_at_once() -> None:
    with SafePool(workers=1) as pool, pytest.raises(ValueError, match="module"):
        pool.map(lambda n: n, [1])


def test_a_script_without_a_main_guard_works(tmp_path: Path) -> None:
    """multiprocessing's spawn would run such a script again in every worker."""
    script = tmp_path / "script.py"
    script.write_text(
        "import operator\nfrom collab_xl.intake.pool import SafePool\nprint('once')\n"
        "pool = SafePool(workers=2)\nimport json\nprint([r.value for r in pool.map(json.loads, ['1', '[2]'])])\npool.close()\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.stdout.split("\n")[:2] == ["once", "[1, [2]]"], done.stderr


def test_the_far_cells_book_is_a_sound_zip() -> None:
    with zipfile.ZipFile(io.BytesIO(far_cells("A1", "B2"))) as archive:
        assert archive.testzip() is None
