"""Answers Yes or No to questions about measured motion, by plain rules on the words of the question.

A question makes claims: parts, and the directions named beside them. A claim holds when the parts' tracks go in that
direction in the time asked about. Where no claim can be read, or nothing moved, the answer is no.
"""

from __future__ import annotations

import re
from types import MappingProxyType

import numpy as np

from mabench_eval import kinematics

from .body import STEP, BodyMotion
from .claims import WHOLE, Claim, Span, read_claims, read_span

AXES = MappingProxyType({"left": (0, -1), "right": (0, 1), "up": (1, -1), "down": (1, 1)})
"""Direction -> axis (0 rightward, 1 downward) and sign along it, as the viewer sees it."""
OPPOSITE = MappingProxyType({"left": "right", "right": "left", "up": "down", "down": "up", "in": "out", "out": "in"})
ONSET = 0.25
"""A movement has begun when this share of it is done: robust against a first noisy pixel, and finer than a frame."""
CLEARLY = 1.2
"""Factor by which one amplitude must exceed another to be the greater one."""
QUIET = 0.015
"""Body heights: what moves less far is nearly still (about 2 cm of a seated adult)."""
SOME = 0.3
"""Share of a part's path along an axis that must go in a direction for it to move in that direction among others."""
MOST = 0.8
"""Share of it that must go in a direction for it to move in that direction only."""

_ORDER = re.compile(r"\b(?:before|prior to|earlier than|ahead of|precedes?|(?P<later>after|later than))\b")
_STRETCH = re.compile(r"\b(?:phase|segment|stage|portion|\d+(?:\.\d+)?s)\b")
_AWAY = re.compile(r"\baway from\b|\b(?:separat|diverg)\w+|\bapart\b|\bfarther\b|\bfurther from\b")
_NEAR = re.compile(r"\bapproach\w*|\bcloser\b|\bconverg\w+|\bnearer\b|\b(?:come|move)s? (?:near|together)\b")
_DIRECTION = re.compile(r"\b(?P<kind>same|opposite)\b[^?,]*?\b(?P<axis>horizontal |vertical )?(?:direction|way)s?\b")
_GREATER = re.compile(r"\b(?:greater|larger|bigger|stronger|higher (?:motion )?amplitude)\b")
_STILL = re.compile(r"\b(?:still|stationary|static|motionless|stable|unchanged|inactive)\b")
_REPEATED = re.compile(r"\b(?:back[- ]and[- ]forth|repeat\w*|repetitive\w*|oscillat\w*|rhythmic\w*)\b")
_STRICT = re.compile(
    r"\b(?:only|exclusively|consistent(?:ly)?|stead(?:y|ily)|constant(?:ly)?|maintain\w*|throughout|entire"
    r"|without any)\b"
)
_CHANGE = re.compile(r"\b(?:then|transition\w*|chang\w+|followed by|before|revers\w+)\b")


def answer_yes_no(question: str, body: BodyMotion) -> bool:
    """Whether what the question asks about is what was measured."""
    text = question.lower()
    span = read_span(text, body.duration)

    # one movement before or after another, anywhere in the clip
    order = _ORDER.search(text)
    if order and (span is None or not _STRETCH.search(text)):
        first, second = read_claims(text[: order.start()]), read_claims(text[order.end() :])
        if first and second:
            times = onset(first[-1], WHOLE, body), onset(second[0], WHOLE, body)
            return max(times) < np.inf and (times[0] > times[1] if order["later"] else times[0] < times[1])

    span = span or WHOLE
    if _AWAY.search(text) or _NEAR.search(text):
        return _proximity(text, span, body)
    return _detail(text, read_claims(text), span, body)


def holds(claim: Claim, span: Span, body: BodyMotion, share: float = SOME) -> bool:
    """Whether every part moves in every direction of the claim in the span, with ``share`` of its path on that axis."""
    directions = claim.directions or ("",)
    return all(_goes(part, direction, span, body, share) for part in claim.parts for direction in directions)


def onset(claim: Claim, span: Span, body: BodyMotion) -> float:
    """When the claimed movement begins, as a share of the clip; infinity when it does not happen in the span."""
    directions = claim.directions or ("",)
    times = [_onset(part, direction, span, body) for part in claim.parts for direction in directions]
    return max(times, default=float("inf"))


def amplitude(part: str, span: Span, body: BodyMotion) -> float:
    """Length of the part's path in the span, body heights."""
    return float(np.hypot(*body.parts[part].steps[body.during(*span)].T).sum())


def extent(part: str, span: Span, body: BodyMotion) -> float:
    """How far the part moves from where it is when the span begins, body heights; noise does not add up in it."""
    steps = np.cumsum(body.parts[part].steps[body.during(*span)], axis=0)
    return float(np.hypot(*steps.T).max(initial=0))


def nearing(one: str, other: str, span: Span, body: BodyMotion) -> float:
    """By how much two parts come closer to each other in the span, body heights; negative when they move apart."""
    chosen = np.flatnonzero(body.during(*span))
    if not len(chosen) or one == other:
        return 0.0
    first, second = (body.positions(part).astype(np.float64) for part in (one, other))
    return kinematics.approach(first, second, int(chosen[0]), int(chosen[-1]) + 1)


def _detail(text: str, claims: list[Claim], span: Span, body: BodyMotion) -> bool:
    """Directions of one part or several, their directions or amplitudes compared, or their keeping still."""
    parts = [part for claim in claims for part in claim.parts]
    if not parts:
        return False

    if len(parts) > 1 and _GREATER.search(text):
        first, second = (parts[1], parts[0]) if "compared to" in text else (parts[0], parts[1])
        return amplitude(first, span, body) > max(STEP, CLEARLY * amplitude(second, span, body))
    if len(parts) > 1 and (compared := _DIRECTION.search(text)):
        return _alike(parts[-2], parts[-1], compared, span, body)

    if _STILL.search(text):
        return all(extent(part, span, body) < QUIET for part in claims[0].parts)
    if _REPEATED.search(text):
        return all(_repeats(part, body) for part in claims[0].parts)
    if len(claims) == 1 and _CHANGE.search(text) and (turn := _turn(claims[0])):
        times = [onset(movement, span, body) for movement in turn]
        return times[0] < times[1] < np.inf

    share = MOST if _STRICT.search(text) else SOME
    return all(holds(claim, span, body, share) for claim in claims)


def _turn(claim: Claim) -> tuple[Claim, Claim] | None:
    """The movement and its reverse, where the claim names two directions that exclude each other."""
    for direction in claim.directions:
        if OPPOSITE.get(direction) in claim.directions:
            return Claim(claim.parts, (direction,)), Claim(claim.parts, (OPPOSITE[direction],))
    return None


def _proximity(text: str, span: Span, body: BodyMotion) -> bool:
    """Whether the first part comes nearer to, or away from, the second (the two sides of a pair to each other)."""
    parts = [part for claim in read_claims(text, landmarks=True) for part in claim.parts]
    first, second = ([*parts, "torso"] if len(parts) == 1 else parts)[:2] if parts else ("head", "head")
    change = nearing(first, second, span, body)
    return (-change if _AWAY.search(text) else change) >= STEP


def _alike(one: str, other: str, compared: re.Match[str], span: Span, body: BodyMotion) -> bool:
    """Whether two parts go in the same or in opposite directions, on the axis named, else on all that are clear."""
    chosen = body.during(*span)
    nets = np.array([body.parts[part].steps[chosen].sum(axis=0) for part in (one, other)])
    axes = [axis for axis, name in enumerate(("horizontal ", "vertical ")) if compared["axis"] in (None, name)]
    clear = [axis for axis in axes if (np.abs(nets[:, axis]) >= STEP).all()]
    same = [bool(nets[0, axis] * nets[1, axis] > 0) for axis in clear]
    return bool(same) and (all(same) if compared["kind"] == "same" else not any(same))


def _repeats(part: str, body: BodyMotion) -> bool:
    """Whether the part turns back at least twice along its main axis, and is more than nearly still."""
    axis = int(np.abs(body.parts[part].steps).sum(axis=0).argmax())
    return body.parts[part].reversals(axis) >= 2 and extent(part, WHOLE, body) >= QUIET


def _goes(part: str, direction: str, span: Span, body: BodyMotion, share: float) -> bool:
    """Whether a part moves in a direction; in any for the empty one."""
    path = np.abs(body.parts[part].steps[body.during(*span)]).sum(axis=0)
    if direction in ("horizontal", "vertical"):
        axis = int(direction == "vertical")
        return body.parts[part].reversals(axis) > 0 and bool(path[axis] >= path[1 - axis])

    seen = _as_seen(part, direction, body)
    if seen is None:
        return amplitude(part, span, body) >= 2 * STEP
    covered = float(_covered(part, seen, span, body).sum())
    return covered >= STEP and covered >= share * float(path[AXES[seen][0]])


def _onset(part: str, direction: str, span: Span, body: BodyMotion) -> float:
    """When a part begins to move in a direction, as a share of the clip; infinity when it does not.

    Not the onset of ``kinematics``, which is a frame's time and of any direction: eight frames are too far apart for
    it, and of the demo's 56 questions about order it answers four wrongly that this one answers rightly.
    """
    seen = _as_seen(part, direction, body)
    if seen is None:
        done = np.hypot(*body.parts[part].steps.T) * body.during(*span)
    else:
        done = _covered(part, seen, span, body)
    total = float(done.sum())
    if total < STEP:
        return float("inf")
    share = np.concatenate([[0.0], np.cumsum(done) / total])
    return float(np.interp(ONSET, share, body.moments))


def _covered(part: str, direction: str, span: Span, body: BodyMotion) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """(N,): how far the part goes in the viewer's direction in each interval of the span, body heights."""
    axis, sign = AXES[direction]
    return np.maximum(sign * body.parts[part].steps[:, axis], 0) * body.during(*span)


def _as_seen(part: str, direction: str, body: BodyMotion) -> str | None:
    """The viewer's direction: inward is towards the midline. None for what the picture does not show."""
    if direction in ("in", "out") and (side := body.side(part)):
        return "left" if (direction == "in") == (side > 0) else "right"
    return direction if direction in AXES else None
