"""What the keys of answers rest on, for each built-in card: an identity that changes asks everything anew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mabench_eval.catalogue import load_catalogue
from mabench_eval.engines import open_engine
from mabench_eval.journal.keys import fingerprint
from mabench_eval.judging import open_judges
from tests.support.paths import DEMO, GOLDEN

GOLDEN = GOLDEN / "identities.txt"
DEMO = DEMO / "questions.json"
SETTINGS = {"text-probe": {"train_data": str(DEMO)}}
"""What a model cannot do without."""
JUDGE_SETTINGS = {"openai": {"model_id": "x"}}


def test_identities_are_those_of_before() -> None:
    """After a change on purpose: say in the changelog whose answers are asked anew, then write the line asked for."""
    assert identities() == GOLDEN.read_text(encoding="utf-8").splitlines()


def identities() -> list[str]:
    """A line a card."""
    catalogue = load_catalogue().check()
    lines = []
    for name, card in catalogue.models.items():
        given = replace(card, settings={**card.settings, **SETTINGS.get(name, {})})
        lines.append(f"model {name} {fingerprint(open_engine(given, 0).identity)[:16]}")
    for name in catalogue.judges:
        (judge,) = open_judges(name, catalogue, JUDGE_SETTINGS.get(name, {}))
        lines.append(f"judge {name} {fingerprint(judge.identity)[:16]}")
    return lines


@pytest.mark.parametrize("kind", ["model", "judge"])
def test_no_two_cards_share_an_identity(kind: str) -> None:
    hashes = [line.rsplit(" ", 1)[1] for line in identities() if line.startswith(kind)]
    assert len(set(hashes)) == len(hashes) > 1
