"""What a build's captions come to: how many by whom, which fell back and why, how long they are, what they cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mabench_eval.construction.asking import AskForecast, RoleCost
from mabench_eval.construction.captions.rows import Caption
from mabench_eval.construction.units import Tally


@dataclass(frozen=True, slots=True)
class Summary:
    """Of the captions that are there."""

    writers: Mapping[str, int]
    """``template``, or a model -> captions that it wrote."""
    fell_back: Mapping[str, int]
    """Kind of what was wrong with a model's second reply (``form``, ``facts``, ``labels``, ``length``, ``words``) ->
    captions that the template wrote in its place."""
    nothing: Mapping[str, int]
    """Why no movement could be confirmed -> captions that say so."""
    words: Mapping[str, int]
    """``madu``, ``mare`` -> median of their words; empty where there is no caption."""


@dataclass(frozen=True, slots=True)
class CaptionReport:
    """Where a build stands when ``caption`` ends, or before it begins."""

    writer: str
    """``template``, or the model."""
    captions: Tally
    """Of the clips that are described."""
    undescribed: int
    """Clips that are in and have no descriptor."""
    summary: Summary
    to_ask: AskForecast | None
    """What is missing of the model's replies; None: no model is asked."""
    cost: RoleCost | None
    """What writers have taken in this folder so far; None: none was asked."""

    @property
    def complete(self) -> bool:
        """Whether every clip that is described has its caption."""
        return not self.captions.left


def summarise(captions: Iterable[Caption]) -> Summary:
    """Count; one caption is held at a time."""
    writers, fell_back, nothing = Counter[str](), Counter[str](), Counter[str]()
    lengths = {"madu": Counter[int](), "mare": Counter[int]()}
    for caption in captions:
        writers[caption.writer] += 1
        if caption.fell_back is not None:
            fell_back[caption.fell_back.partition(":")[0]] += 1
        if caption.nothing is not None:
            nothing[caption.nothing] += 1
        lengths["madu"][len(caption.madu_text.split())] += 1
        lengths["mare"][len(caption.mare_text.split())] += 1
    words = {name: _median(counts) for name, counts in lengths.items() if counts}
    return Summary(dict(sorted(writers.items())), dict(fell_back.most_common()), dict(nothing.most_common()), words)


def _median(counts: Counter[int]) -> int:
    """The lower one of an even number."""
    left = (counts.total() + 1) // 2
    for number in sorted(counts):
        left -= counts[number]
        if left <= 0:
            return number
    raise ValueError("the median of nothing")
