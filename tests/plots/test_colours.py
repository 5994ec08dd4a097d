"""Colours of runs: told apart in grey, and by those who see fewer colours."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="the extra `plots` is not installed")

from mabench_eval.plots.style import LOOKS, lightness


def test_lightness_by_hand() -> None:
    """Grey of 119: ((119 / 255 + 0.055) / 1.055)^2.4 = 0.18447, and 116 x 0.18447^(1/3) - 16 = 50.03."""
    assert lightness("#777777") == pytest.approx(50.03, abs=0.01)
    assert (lightness("#000000"), lightness("#FFFFFF")) == pytest.approx((0, 100))


def test_runs_are_told_apart_in_grey() -> None:
    """Eight greys, at least 9.5 apart in lightness, neighbours in the legend 20; hatches, markers and lines besides."""
    greys = [lightness(look.color) for look in LOOKS]
    assert min(abs(one - other) for one, other in combinations(greys, 2)) >= 9.5
    assert min(abs(one - other) for one, other in pairwise(greys)) >= 19.5
    for sign in ("hatch", "marker", "line"):
        assert len({getattr(look, sign) for look in LOOKS}) == 8
    for look in LOOKS:
        assert abs(lightness(look.ink) - lightness(look.color)) >= 40, look  # hatches show on their colours


SIGHTS: Mapping[str, Any] = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
"""Machado, Oliveira and Fernandes 2009, severity 1, on linear sRGB."""
OKABE_ITO = ("#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")


def lab(color: str, sight: Any) -> Any:
    """CIE L*a*b* (D65) of a colour as somebody sees it."""
    parts = np.array([int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(sight) @ linear, 0, 1)
    xyz = (
        np.array(
            [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
        )
        @ seen
        / [0.95047, 1, 1.08883]
    )
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def nearest(colors: tuple[str, ...]) -> float:
    """The smallest CIE 1976 dE between two of the colours, for whom it is smallest."""
    return min(
        float(np.linalg.norm(lab(one, sight) - lab(other, sight)))
        for sight in SIGHTS.values()
        for one, other in combinations(colors, 2)
    )


def test_the_colour_blind_tell_all_runs_apart() -> None:
    assert nearest(tuple(look.color for look in LOOKS)) >= 25
    assert nearest(OKABE_ITO) == pytest.approx(16, abs=0.5)
