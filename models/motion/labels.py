"""Which micro-action a measured motion looks like: the body part by where energy lies, the action by how it moves."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from mabench_eval import MICRO_ACTIONS, body_part

from .body import STEP, BodyMotion, coordinates
from .pixels import Array
from .tables import PROFILES, SIGNS, ZONES, Sign

HEAD_ALONG = 0.15
"""Share of the energy that is the head's own in any micro-action: people hardly move a limb and keep the head still."""
TOGETHER = MappingProxyType({"Body": 0.9})
"""Body part -> how far both shoulders go the same way (0-1); hardly at all (0.1) for the others."""
REACH = 0.02
"""Share of an arm's energy above the place it reaches for; the centre of the hand is half a hand (0.04) below."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a part moves over the whole clip."""

    toward: tuple[float, float]
    """Unit vector (outward from the midline, downward) from rest to the farthest point; zero when it does not move."""
    horizontal: float
    """Share of its path that is horizontal, 0-1."""
    reversals: int
    """On the axis it mainly moves along. A movement there and back has one."""

    @property
    def repeated(self) -> float:
        """0 for a single movement, 1 for one that goes back and forth; there and back once may be either (0.5)."""
        return min(self.reversals, 2) / 2


def zone_shares(body: BodyMotion) -> Array:
    """(7,): share of the clip's energy in each zone; zeros when nothing moves."""
    across, down = coordinates(body.motion.box, body.motion.silhouette.shape)
    energy, lateral = body.motion.energy.sum(axis=0), np.abs(across)
    sums = [
        energy[(top <= down) & (down < bottom) & (inner <= lateral) & (lateral < outer)].sum()
        for top, bottom, inner, outer in ZONES.values()
    ]
    return np.array(sums, np.float32) / max(float(energy.sum()), 1e-6)


def together(body: BodyMotion) -> float:
    """How far both shoulders go the same way, 0-1: 0 for one alone or opposite ways, 1 for equal steps."""
    left, right = (body.parts[f"{side} upper arm"].steps for side in ("left", "right"))
    return max(0.0, float(2 * (left * right).sum() / max(float((left**2 + right**2).sum()), 1e-6)))


def part_scores(body: BodyMotion) -> dict[str, float]:
    """Body part -> likeness 0-1: Bhattacharyya coefficients (1943) of the shares and of the shoulders' agreement."""
    shares, agreement = zone_shares(body), together(body)
    scores = {}
    for part, profile in PROFILES.items():
        expected = TOGETHER.get(part, 0.1)
        shoulders = (agreement * expected) ** 0.5 + ((1 - agreement) * (1 - expected)) ** 0.5
        usual = (1 - HEAD_ALONG) * np.array(profile) / 100 + HEAD_ALONG * np.eye(len(ZONES))[0]
        scores[part] = float(np.sqrt(shares * usual).sum()) * shoulders
    return scores


def action_scores(body: BodyMotion) -> dict[str, float]:
    """Micro-action -> likeness 0-1: its body part's, times how many of its sign's traits the motion shows."""
    looks = {part: (score, _look(part, body)) for part, score in part_scores(body).items()}
    scores = {}
    for action in MICRO_ACTIONS.values():
        likeness, look = looks[body_part(action) or ""]
        scores[action] = likeness * _fit(SIGNS[action], look)
    return scores


def leader(part: str, body: BodyMotion) -> str:
    """The track that leads if the micro-action is of this body part: of several, the one with the most energy."""
    if part in ("Head", "Body"):
        return "head" if part == "Head" else "torso"
    names = ("foot", "lower leg", "upper leg") if part == "Lower limb" else ("hand",)
    tracks = [f"{side} {name}" for name in names for side in ("left", "right")]
    return max(tracks, key=lambda name: float(body.parts[name].energy.sum()))


def manner(name: str, body: BodyMotion) -> Manner:
    """How a track moves over the whole clip."""
    track = body.parts[name]
    displacement = body.positions(name) - body.positions(name)[0]
    farthest = displacement[np.hypot(*displacement.T).argmax()]
    if body.side(name) < 0:  # outward is leftward
        farthest = farthest * np.array([-1, 1])
    unit = farthest / max(float(np.hypot(*farthest)), STEP)

    path = np.abs(track.steps).sum(axis=0)
    horizontal = float(path[0] / max(float(path.sum()), 1e-6))
    return Manner((float(unit[0]), float(unit[1])), horizontal, track.reversals(int(horizontal < 0.5)))


class _Look(NamedTuple):
    """What a clip shows if its micro-action is of a certain body part."""

    manner: Manner
    place: tuple[float, float]
    balance: float | None
    """How far the other side takes part, 0-1; None for head and torso."""


def _look(part: str, body: BodyMotion) -> _Look:
    name = leader(part, body)
    balance = _balance(name, body) if name.startswith(("left", "right")) else None
    return _Look(manner(name, body), _place(part, body), balance)


def _fit(sign: Sign, look: _Look) -> float:
    """Mean of the traits, 0-1: direction, rhythm, place, and one side or both."""
    rhythm = look.manner.repeated if sign.repeated else 1 - look.manner.repeated
    traits = [_in_direction(sign.direction, look.manner), rhythm, _nearness(sign.place, look.place)]
    if look.balance is not None:
        traits.append(look.balance if sign.both else 1 - look.balance)
    return sum(traits) / len(traits)


def _in_direction(direction: str, manner: Manner) -> float:
    """How far the motion goes in that direction, 0-1."""
    out, down = manner.toward
    values = {
        "up": -down,
        "down": down,
        "out": out,
        "in": -out,
        "horizontal": manner.horizontal,
        "vertical": 1 - manner.horizontal,
        "any": 0.5,
    }
    return max(0.0, values[direction])


def _nearness(expected: tuple[float, float], measured: tuple[float, float]) -> float:
    """1 where the motion is at the expected place, less with distance: half at about a head's width (0.1)."""
    distance = float(np.hypot(measured[0] - expected[0], measured[1] - expected[1]))
    return 1 / (1 + (distance / 0.1) ** 2)


def _place(part: str, body: BodyMotion) -> tuple[float, float]:
    """Where it happens: where a hand reaches that goes to head or body, else the middle of all energy."""
    across, down = coordinates(body.motion.box, body.motion.silhouette.shape)
    energy = body.motion.energy.sum(axis=0)
    total = max(float(energy.sum()), 1e-6)
    if part not in ("Head-hand", "Body-hand"):
        return float((energy * np.abs(across)).sum() / total), float((energy * down).sum() / total)

    # The hand is at the upper end of the energy, the rest of which is the arm's on its way.
    rows = np.cumsum(energy.sum(axis=1)) / total
    top = float(down[np.searchsorted(rows, REACH).clip(max=len(rows) - 1), 0]) + 0.04
    near = energy * (np.abs(down - top) < 0.05)
    return float((near * np.abs(across)).sum() / max(float(near.sum()), 1e-6)), top


def _balance(name: str, body: BodyMotion) -> float:
    """Energy of a limb and of its counterpart on the other side, the smaller as a share of the greater."""
    counterpart = name.replace("left", "right") if name.startswith("left") else name.replace("right", "left")
    energies = sorted(float(body.parts[limb].energy.sum()) for limb in (name, counterpart))
    return energies[0] / max(energies[1], 1e-6)
