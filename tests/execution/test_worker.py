"""A worker without Ray: what it tells of its work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mabench_eval.execution.worker import Work, Worker


class Doubling(Worker[int, int, int]):
    """Doubles numbers, and knows its batch size once the first is done."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}
        super().__init__()

    def _load(self) -> Work[int, int]:
        def double(numbers: Iterator[int]) -> Iterator[int]:
            for number in numbers:
                self.known["batch"] = 4
                yield 2 * number

        return double

    def _prepare(self, given: int) -> int:
        return given

    def _resolved(self) -> dict[str, Any]:
        return dict(self.known)


def test_what_the_work_made_of_its_settings_comes_with_the_answers() -> None:
    worker = Doubling()
    assert worker.exchange([], -1, no_more=False, timeout_s=0).resolved == {}
    answers: list[int] = []
    while len(answers) < 2:
        update = worker.exchange([] if answers else [1, 2], -1, no_more=True, timeout_s=5)
        answers += update.answers
    assert answers == [2, 4] and update.resolved == {"batch": 4}
