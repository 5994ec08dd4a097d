"""Workers: all tasks are done, a task that fails or kills its worker is lost alone, and none of them stays behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mabench_eval.construction.pool import Pool
from mabench_eval.errors import InputError, ModelError


def double() -> Callable[[Any], Any]:
    return _double


def _double(task: Any) -> Any:
    if task == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    if task == "leaves":
        os._exit(7)
    if task == "fails":
        raise ValueError("no number")
    if task == "refuses":
        raise InputError("this is no task")
    if task == "pid":
        return os.getpid()
    if task == "threads":
        return os.environ["OMP_NUM_THREADS"]
    if task == "prints":
        os.write(2, b"from C\n")
        return "said"
    if task == "sleeps":
        time.sleep(60)
    return 2 * task


def unprepared() -> Callable[[Any], Any]:
    raise InputError("there is no tracker", hint="Make one.")


def dead() -> Callable[[Any], Any]:
    os._exit(3)


def test_a_task_that_fails_or_kills_its_worker_is_lost_alone(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    tasks = [1, "fails", 2, "dies", 3, "refuses", "leaves", 4, "threads", "prints"]
    with Pool(double, 2, tmp_path / "log") as pool:
        found = {outcome.task: outcome.result or outcome.error for outcome in pool.run(tasks)}
        assert found == {
            0: 2,
            1: "ValueError: no number",
            2: 4,
            3: "its worker was killed, most likely for want of memory (fewer --jobs need less)",
            4: 6,
            5: "this is no task",
            6: "its worker ended, code 7",
            7: 8,
            8: "1",
            9: "said",
        }
        assert sorted(outcome.result for outcome in pool.run(range(1, 6))) == [2, 4, 6, 8, 10]  # and it goes on
    assert "OMP_NUM_THREADS" not in os.environ
    assert capfd.readouterr() == ("", "")
    assert (tmp_path / "log").read_text().split() == ["from", "C"]


@pytest.mark.parametrize(("prepare", "message"), [(unprepared, "there is no tracker"), (dead, "its worker ended")])
def test_workers_that_cannot_be_made_ready_are_an_error(
    prepare: Callable[[], Any], message: str, tmp_path: Path
) -> None:
    with (
        Pool(prepare, 2, tmp_path / "log") as pool,
        pytest.raises(ModelError, match=f"no worker can be started: {message}"),
    ):
        list(pool.run([1, 2, 3]))


def test_no_worker_is_started_for_nothing_and_none_stays_behind(tmp_path: Path) -> None:
    with Pool(double, 4, tmp_path / "log") as pool:
        assert list(pool.run([])) == []
        with closing(pool.run(["pid", "sleeps", "sleeps"])) as outcomes:
            pid = next(outcomes).result
            os.kill(pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
