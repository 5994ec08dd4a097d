"""Killed at random moments and continued: the short form of ``python -m benchmarks.crash``."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("aiohttp", reason="the extra `openai` is not installed")

from benchmarks.crash import ADAPTIVE_MOST, QUESTIONS, crash


@pytest.mark.slow
def test_killed_runs_end_with_the_same_files_and_ask_nothing_twice_but_what_was_in_flight(tmp_path: Path) -> None:
    tally = crash(tmp_path, kills=6, seed=79)  # three of them while requests are in flight
    assert tally.problems == []
    assert tally.identical
    assert tally.kills.total() == 6
    assert tally.kills["asking"] > 0
    assert tally.requests == QUESTIONS * tally.folders
    assert tally.repeats == tally.in_flight <= 6 * ADAPTIVE_MOST
