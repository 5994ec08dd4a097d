"""How far runs are: rates and times derived by hand from journals with known times, whoever writes them meanwhile."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from mabench_eval import evaluate
from mabench_eval.cli import main
from mabench_eval.cli.verbs.status import span
from mabench_eval.errors import InputError
from mabench_eval.journal import lock
from mabench_eval.journal.journal import FILE, Journal
from mabench_eval.journal.lock import is_written
from mabench_eval.runs import rejudging as rejudge
from mabench_eval.runs.status import RunStatus, read_status
from tests.support.benchmarks import Ask, write_benchmark

PRICES = {"price": [2.0, 0.5, 10.0], "judges": {"gpt-4o": [1.0, 1.0, 1.0]}}
NEW = {"model": "m", "total": 240, "judgments": 40, **PRICES}
RUN = "m/data-0123456789ab"


def write(folder: Path, records: Iterable[Any], torn: bytes = b"") -> Path:
    """A journal with these records, and a line that is being written."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"kind": record["kind"], "key": "", **record}).encode() + b"\n" for record in records]
    (folder / FILE).write_bytes(b"".join(lines) + torn)
    return folder


def session(at: float, **fields: Any) -> dict[str, Any]:
    return {"kind": "session", "version": "0.1.0", "at": at, "host": platform.node(), **fields}


def answers(count: int, start: float, step: float, **fields: Any) -> list[dict[str, Any]]:
    """Answers at ``start``, ``start + step``, ..."""
    return [
        {"kind": "answer", "key": f"{start}-{number}", "text": "B", "at": start + number * step, **fields}
        for number in range(count)
    ]


def one(folder: Path, now: float = 10_000.0) -> RunStatus:
    (found,) = read_status(folder, now=now)
    return found


def test_a_run_that_was_cut_off(tmp_path: Path) -> None:
    """21 answers every 3 s from 1060 on: 20 in the 60 s after the first; the model's loading is in no rate."""
    write(tmp_path / RUN, [session(1000, **NEW), *answers(21, 1060, 3)])
    found = one(tmp_path, now=2000)
    assert (found.folder, found.model, found.run_id) == (tmp_path / RUN, "m", "data-0123456789ab")
    assert (found.state, found.answered, found.total, found.judged, found.errors) == ("stopped", 21, 240, 0, 0)
    assert found.rate == pytest.approx(20 / 60 * 60)
    assert (found.seconds_left, found.last_activity) == (None, 1120)


def test_a_running_one_has_time_left(tmp_path: Path) -> None:
    """40 answers every 2 s from 1000 to 1078; now is 1100: 39 in the 100 s after the first, 23.4 a minute; the 200 that
    are left take 200 / 39 * 100 s."""
    with Journal(tmp_path / RUN) as writer:
        for record in [session(990, **NEW), *answers(40, 1000, 2)]:
            writer.append(**record)
        found = one(tmp_path, now=1100)
        assert found.state == "running"
        assert found.rate == pytest.approx(23.4)
        assert found.seconds_left == pytest.approx(200 / 39 * 100)
    assert one(tmp_path, now=1100).state == "stopped"


def test_only_the_last_minutes_count(tmp_path: Path) -> None:
    """150 answers a second apart, then after an hour's silence 120 every 4 s: the last is at 5076, so that the window
    of 300 s begins at 4776, that of 100 answers with the 101st last, at 4676: 100 in 400 s."""
    write(tmp_path / RUN, [session(900, **NEW), *answers(150, 1000, 1), *answers(120, 4600, 4)])
    assert one(tmp_path).rate == pytest.approx(100 / 400 * 60)


def test_of_fast_models_five_minutes_count(tmp_path: Path) -> None:
    """2000 at 5 a second to 1399.8, then 600 at 2 a second from 1400: of the last 300 s, after 1399.5, two at 5 a
    second, 1399.6 and 1399.8, and all 600."""
    write(tmp_path / RUN, [session(900, **NEW), *answers(2000, 1000, 0.2), *answers(600, 1400, 0.5)])
    assert one(tmp_path).rate == pytest.approx(602 / 300 * 60)


def test_copied_answers_and_earlier_sessions_are_answers_and_no_rate(tmp_path: Path) -> None:
    copied = answers(30, 500, 1, copied_from="other")
    write(
        tmp_path / RUN,
        [session(900, **NEW), *answers(50, 1000, 1), session(2000, **NEW), *copied, *answers(3, 2010, 10)],
    )
    found = one(tmp_path)
    assert found.answered == 83
    assert found.rate == pytest.approx(2 / 20 * 60)  # two after the first, in 20 s


@pytest.mark.parametrize("times", [0, 1])
def test_one_answer_makes_no_rate(tmp_path: Path, times: int) -> None:
    write(tmp_path / RUN, [session(900, **NEW), *answers(times, 1000, 1)])
    assert one(tmp_path).rate is None


def test_answers_at_one_moment_make_no_rate(tmp_path: Path) -> None:
    write(tmp_path / RUN, [session(900, **NEW), *answers(12, 1000, 0)])
    assert one(tmp_path).rate is None


def test_scores_errors_and_cost(tmp_path: Path) -> None:
    """An answer: (1000 - 400) x 2 + 400 x 0.5 + 10 x 10 = 1500 millionths of a dollar; a score of gpt-4o, and one that
    failed: 500 x 1 each. What another judge once said is no score of now, and what failed and then came no error."""
    told = {"prompt_tokens": 1000, "cached_tokens": 400, "output_tokens": 10}
    score = {"prompt_tokens": 400, "output_tokens": 100, "judge": "gpt-4o"}
    levels = {"levels": {"L1": 3}}
    write(
        tmp_path / RUN,
        [
            session(900, **NEW),
            *answers(2, 1000, 1, **told),
            {"kind": "judgment", "key": "j1", "at": 1003, **score, **levels},
            {"kind": "judgment", "key": "j2", "at": 1004, "judge": "lexical", **levels},
            {"kind": "error", "key": "j3", "at": 1005, "error": "no verdict", **score},
            {"kind": "error", "key": "1000-1", "at": 1006, "error": "timeout"},
            *answers(2, 1000, 1, **told)[1:],
        ],
    )
    found = one(tmp_path)
    assert (found.answered, found.judged, found.judgments, found.errors) == (2, 1, 40, 1)
    assert found.cost_usd == pytest.approx((2 * 1500 + 2 * 500) / 1e6)


def test_no_price_no_cost(tmp_path: Path) -> None:
    fields = {**NEW, "price": None, "judges": {"lexical": None}}
    write(tmp_path / RUN, [session(900, **fields), *answers(2, 1000, 1, prompt_tokens=9)])
    assert one(tmp_path).cost_usd is None


@pytest.mark.parametrize(("left", "state"), [(0, "done"), (3, "stopped")])
def test_the_end_tells_whether_anything_is_missing(tmp_path: Path, left: int, state: str) -> None:
    end = {"kind": "end", "at": 1100, "left": left}
    write(tmp_path / RUN, [session(900, **NEW), *answers(2, 1000, 1), end])
    assert (one(tmp_path).state, one(tmp_path).last_activity) == (state, 1100)
    write(tmp_path / RUN, [session(900, **NEW), end, session(1200, **NEW)])
    assert one(tmp_path).state == "stopped"  # taken up again, and cut off


def test_a_journal_of_an_older_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = {"kind": "session", "version": "0.1.0", "at": 900.0}
    score = {"kind": "judgment", "key": "j", "judge": "x", "levels": {"L1": 3}, "at": 1003}
    write(tmp_path / RUN, [old, *answers(3, 1000, 1), score])
    found = one(tmp_path)
    assert (found.model, found.state, found.answered, found.total) == ("m", "stopped", 3, None)
    assert (found.judged, found.judgments, found.cost_usd) == (1, None, None)
    assert main(["status", str(tmp_path)]) == 0
    assert " 3/? " in capsys.readouterr().out
    write(tmp_path / RUN, [old, *answers(3, 1000, 1), {"kind": "end", "at": 1004.0}])
    assert one(tmp_path).state == "ended"


def test_a_torn_line_and_a_growing_journal(tmp_path: Path) -> None:
    records = [session(900, **NEW), *answers(3, 1000, 1)]
    write(tmp_path / RUN, records, torn=b'{"kind": "answer", "key": "1000-9", "te')
    before = (tmp_path / RUN / FILE).read_bytes()
    assert one(tmp_path).answered == 3
    assert (tmp_path / RUN / FILE).read_bytes() == before  # it is not ours to mend
    write(tmp_path / RUN, [*records, *answers(1, 1010, 1)])
    assert one(tmp_path).answered == 4
    write(tmp_path / RUN, [], torn=b'{"kind": "ses')
    found = one(tmp_path)
    assert (found.state, found.answered, found.last_activity) == ("stopped", 0, None)


def test_nothing_is_written_and_no_lock_is_taken(tmp_path: Path) -> None:
    folder = write(tmp_path / RUN, [session(900, **NEW)])
    read_status(tmp_path)
    assert [path.name for path in folder.iterdir()] == [FILE]
    with Journal(folder):
        assert is_written(folder)
        read_status(tmp_path)
    Journal(folder).close()


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="held locks are seen on Linux alone")
def test_the_lock_of_another_process_is_seen(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from mabench_eval.journal.journal import Journal
with Journal(Path({str(tmp_path / RUN)!r})):
    print("held", flush=True)
    input()
"""
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        assert one(tmp_path).state == "running"
        other.communicate(b"\n")
    assert one(tmp_path).state == "stopped"


def test_a_line_of_proc_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lock").touch()
    file = (tmp_path / "lock").stat()
    device = f"{os.major(file.st_dev):02x}:{os.minor(file.st_dev):02x}"
    table = tmp_path / "locks"
    monkeypatch.setattr(lock, "LOCK_TABLE", table)
    assert is_written(tmp_path) is None  # no such list here
    for line, held in (
        (f"1: FLOCK  ADVISORY  WRITE 42 {device}:{file.st_ino} 0 EOF", True),
        (f"1: POSIX  ADVISORY  WRITE 42 {device}:{file.st_ino} 0 EOF", False),
        (f"1: -> FLOCK  ADVISORY  WRITE 42 {device}:{file.st_ino} 0 EOF", False),
        (f"1: FLOCK  ADVISORY  WRITE 42 {device}:{file.st_ino + 1} 0 EOF", False),
        (f"1: FLOCK  ADVISORY  WRITE 42 fff:ff:{file.st_ino} 0 EOF", False),
    ):
        table.write_text(line + "\n")
        assert is_written(tmp_path) is held, line


def test_where_the_lock_cannot_be_seen_silence_tells(tmp_path: Path) -> None:
    """The run of another machine on a shared disk: its last record is at 1020."""
    elsewhere = {**session(1000, **NEW), "host": "another machine"}
    write(tmp_path / RUN, [elsewhere, *answers(3, 1000, 10)])
    assert one(tmp_path, now=1020 + 299).state == "running"
    assert one(tmp_path, now=1020 + 301).state == "stopped"
    write(tmp_path / RUN, [elsewhere, {"kind": "end", "at": 1020, "left": 0}])
    assert one(tmp_path, now=1021).state == "done"


def test_runs_stand_by_folder_and_any_folder_of_theirs_will_do(tmp_path: Path) -> None:
    for name in ("b/data-2", "a/data-1", "b/data-1"):
        write(tmp_path / name, [session(900)])
    assert [str(found.folder.relative_to(tmp_path)) for found in read_status(tmp_path)] == [
        "a/data-1",
        "b/data-1",
        "b/data-2",
    ]
    assert [found.run_id for found in read_status(tmp_path / "b")] == ["data-1", "data-2"]
    assert [(found.model, found.run_id) for found in read_status(tmp_path / "a" / "data-1")] == [("a", "data-1")]


def test_no_folder_and_no_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match="is no folder"):
        read_status(tmp_path / "none")
    assert main(["status", str(tmp_path / "none")]) == 2
    assert main(["status", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"no runs below {tmp_path}\n"
    assert main(["status", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_a_real_run_says_all_of_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = evaluate("random", data="demo", limit=2, output=tmp_path)
    found = one(tmp_path)
    assert (found.folder, found.model, found.run_id) == (result.folder, "random", result.folder.name)
    assert (found.state, found.answered, found.total, found.errors) == ("done", 24, 24, 0)
    assert (found.judgments, found.cost_usd) == (4, None)  # two clips, two open questions each
    assert found.judged == 4
    assert main(["status", str(tmp_path), "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["folder"], told["state"], told["total"]) == (str(result.folder), "done", 24)


def test_scores_of_a_wider_run_are_not_counted(tmp_path: Path) -> None:
    evaluate("random", data="demo", limit=4, output=tmp_path)
    narrow = evaluate("random", data="demo", limit=2, output=tmp_path)
    assert one(narrow.folder).judged == 4


def test_a_run_that_is_judged_later(tmp_path: Path, ask: Ask) -> None:
    data = write_benchmark(tmp_path / "data", clips=2, videos=True)
    result = ask(data, judge="none")
    assert (one(result.folder).state, one(result.folder).judgments) == ("done", 0)
    rejudge.judge_run(result.folder, "threes")
    found = one(result.folder)
    assert (found.state, found.total, found.judgments) == ("done", 24, 4)
    assert found.judged == 2  # equal answers, and references, on both clips


def test_a_run_with_failures_is_not_done(tmp_path: Path, ask: Ask) -> None:
    data = write_benchmark(tmp_path / "data", clips=2, videos=True)
    clip = data.parent / "videos" / "clip1.mp4"
    whole = clip.read_bytes()
    place = whole.index(b"mdat") + 4
    clip.write_bytes(whole[:place] + bytes(len(whole) - place - 2000) + whole[-2000:])
    result = ask(data)
    found = one(result.folder)
    assert (result.complete, found.state, found.answered, found.errors) == (False, "stopped", 12, 12)


def test_a_hundred_columns_hold_the_longest_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = {"model": "qwen3-vl-8b-ma-bench-train", "total": 12000, "judgments": 2000, **PRICES}
    begun = time.time() - 12_000  # its last answer came 10,800.2 s ago
    rows = answers(1, begun, 1, prompt_tokens=400_000_000)  # 800 dollars
    folder = tmp_path / "qwen3-vl-8b-ma-bench-train" / "mabench_data-0123456789ab"
    write(folder, [{**session(begun), **fields}, *rows, *answers(11_998, begun + 0.1, 0.1)])
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["status", str(tmp_path)]) == 0
    lines = [line.rstrip() for line in re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out).splitlines()]
    assert max(map(len, lines)) <= 100
    first, second = lines[3].split(), lines[7].split()  # of two tables: a run's names stand whole in both
    assert first == ["qwen3-vl-8b-ma-bench-train", "mabench_data-0123456789ab", "stopped", "11999/12000", "0/2000", "0"]
    assert second == [*first[:2], "0", "600", "-", "$800.00", "3", "h"]


def test_watching_ends_with_ctrl_c(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / RUN, [session(900, **NEW)])
    waits = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("mabench_eval.cli.verbs.status.time.sleep", sleep)
    assert main(["status", str(tmp_path), "--watch", "2.5"]) == 0
    out = capsys.readouterr().out
    assert (waits, out.count("data-0123456789ab"), "\x1b" in out) == ([2.5] * 3, 3, False)
    assert main(["status", str(tmp_path), "--watch", "2", "--json"]) == 2
    assert main(["status", str(tmp_path), "--watch", "0"]) == 2


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.4, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (11_999, "3 h 19"),
        (86_400, "1 d"),
        (180_000, "2 d 2"),
    ],
)
def test_times_in_words(seconds: float, told: str) -> None:
    assert span(seconds) == told
