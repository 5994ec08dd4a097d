"""A descriptor as a table that a model can read: figures of every part by every source, a few thousand tokens."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mabench_eval.construction.descriptors import FLOOR, Descriptor, Measure, Phase
from mabench_eval.construction.kinematics import PHASES
from mabench_eval.construction.questions.statements import CLEAR, ONCE, REPEATED
from mabench_eval.construction.sides import Sides

SHOWN = 0.005
"""Torso lengths: what is less is 0.00, and left out."""
WHOSE: Mapping[Sides, str] = MappingProxyType(
    {
        "viewer": "Left and right, of body parts too, are those of the viewer of the picture.",
        "person": "Directions are those of the viewer of the picture; left and right parts are the person's own.",
    }
)
LEGEND = f"""\
How to read the figures. Lengths are torso lengths, x grows rightward and y downward in the picture, times are seconds.
Each row is a body part as one source (a tracker of its own) measured it; where the sources differ, nothing is decided.
- amp: diagonal of the box that the part's path fits into. What stays below {FLOOR:.2f} is noise: it keeps still. What
  reaches {CLEAR:.2f} moves.
- path: length of its way. turns: how often it turns back; a movement with at least {REPEATED} is repeated, one with at
  most {ONCE} is not.
- starts, peak, rests: when it begins to move, is farthest from where it began, and comes to rest; "-" for a part that
  keeps still.
- {", ".join(PHASES)}: the three thirds of the clip. "x,y>x,y" is where the part is at the first and the last frame of
  the third: the difference says where it goes. u, d, l, r: how far it goes up, down, left and right in it, there and
  back counted each. For a part that keeps still: where it is."""


def legend(sides: Sides) -> str:
    """What the table's columns mean, and whose sides they are."""
    return f"{LEGEND}\n{WHOSE[sides]}"


def figures_table(descriptor: Descriptor) -> str:
    """The figures of all parts, a row a part and source."""
    quality = descriptor.quality
    lines = [
        f"clip of {descriptor.seconds:.2f} s; a person is found in {quality.found:.0%} of its frames",
        f"hardly seen: {', '.join(quality.hidden) or 'no part'}",
        " | ".join(("part", "source", "amp", "path", "turns", "starts", "peak", "rests", *PHASES)),
    ]
    for name, part in descriptor.parts.items():
        lines += [" | ".join((name, source, *_row(measure))) for source, measure in part.sources.items()]
    return "\n".join(lines)


def _row(measure: Measure) -> tuple[str, ...]:
    times = (measure.onset, measure.peak, measure.settle)
    return (
        f"{measure.amplitude:.2f}",
        f"{measure.path:.2f}",
        str(measure.reversals),
        *("-" if time is None else f"{time:.2f}" for time in times),
        *(map(_phase, measure.phases) if measure.amplitude > FLOOR else [f"at {_place(measure.phases[0].begins)}"]),
    )


def _phase(phase: Phase) -> str:
    gone = [f"{way}{far:.2f}" for way, far in zip("udlr", phase.four, strict=True) if far >= SHOWN]
    return " ".join([f"{_place(phase.begins)}>{_place(phase.ends)}", *gone])


def _place(point: tuple[float, float]) -> str:
    return f"{point[0]:.2f},{point[1]:.2f}"
