"""Nothing is claimed of the motion of a part that stays below the noise floor, whatever the tracks are."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mabench_eval.construction import PARTS, Descriptor, Statement, TrackedClip, Tracks, describe, statements, truths
from mabench_eval.construction.descriptors import FLOOR

TIMES = np.arange(46) / 30
ALL = tuple(statements())


def claims(statement: Statement, so: bool, below: frozenset[str]) -> bool:
    """Whether a decided statement says of a part below the floor that it moves, or how.

    Of one it may be said that it is still, that another part moves more, and where it is. A distance between two parts
    changes by the one that moves.
    """
    quiet = [part for part in statement.parts if part in below]
    match statement.family:
        case "stillness":
            return bool(quiet) and not so
        case "larger":
            first, second = statement.parts
            return (first if so else second) in below
        case "while still":
            first, second = statement.parts
            return first in below or (second in below and not so)
        case "approach" | "apart" | "ends nearer" | "ends farther":
            return len(quiet) == 2
        case "closer than":
            return False
        case _:
            return bool(quiet)


def drawn(seed: int, scale: float, sources: int) -> Descriptor:
    """A clip of random walks: of each part, in all sources alike up to noise, of a size about the floor."""
    draw = np.random.default_rng(seed)
    sizes = FLOOR * scale * draw.choice([0.2, 0.5, 0.9, 1.5, 4.0, 12.0], len(PARTS))
    walk = np.cumsum(draw.normal(size=(len(TIMES), len(PARTS), 2)), axis=0)
    walk = walk if draw.random() < 0.5 else np.sin(TIMES[:, None, None] * draw.uniform(2, 25, (1, len(PARTS), 2)))
    walk = walk / np.hypot(*np.moveaxis(np.ptp(walk, axis=0), 1, 0))[:, None] * sizes[:, None]
    rest = draw.uniform(0, 2, (len(PARTS), 2))
    seen: NDArray[np.float64] = np.ones((len(TIMES), len(PARTS)))
    tracks = [
        Tracks(f"source {number}", rest + walk + draw.normal(scale=0.001, size=walk.shape), seen)
        for number in range(sources)
    ]
    return describe(TrackedClip(TIMES, "viewer", 90.0, 1.0, tuple(tracks)), "drawn", None, {})


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.5, 1.0, 1.1]), st.integers(1, 2))
def test_nothing_is_claimed_of_a_part_below_the_floor(seed: int, scale: float, sources: int) -> None:
    descriptor = drawn(seed, scale, sources)
    below = frozenset(
        name
        for name, part in descriptor.parts.items()
        if min(measure.amplitude for measure in part.sources.values()) < FLOOR
    )
    decided = [(statement, said == 1) for statement, said in zip(ALL, truths(descriptor), strict=True) if said]
    assert [statement for statement, so in decided if claims(statement, so, below)] == []
    quiet = [each for name in below for each in descriptor.parts[name].sources.values() if each.amplitude < FLOOR]
    assert {(each.onset, each.peak, each.settle) for each in quiet} <= {(None, None, None)}


def test_such_clips_decide_a_lot_and_parts_are_on_either_side_of_the_floor() -> None:
    """Else the test above would pass for want of statements."""
    found = [drawn(seed, 1.0, 2) for seed in range(4)]
    decided = sum(np.count_nonzero(truths(descriptor)) for descriptor in found)
    amplitudes = [part.sources["source 0"].amplitude for descriptor in found for part in descriptor.parts.values()]
    assert decided > 200
    assert 0.25 < np.mean(np.array(amplitudes) < FLOOR) < 0.75
