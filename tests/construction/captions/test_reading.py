"""Sentences read back: what their words claim beyond the facts that they cite."""

from __future__ import annotations

import pytest

from mabench_eval.construction import PARTS, Sides
from mabench_eval.construction.captions.checking import problems

RISES = "SAD/direction/right hand/early/upward"
SINKS = "SAD/direction/right hand/late/downward"
LEGS = tuple(f"SAD/stillness/{part}" for part in PARTS if part.endswith(("leg", "foot")))
NAMES = ("Nodding", "Touching nose", "Spread legs")


def wrong(text: str, *ids: str, sides: Sides = "viewer") -> list[str]:
    return list(problems(text, ids, sides, NAMES))


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("The right hand rises early in the clip.", (RISES,)),
        ("Early in the clip, the right hand moves upward.", (RISES,)),
        ("The right hand rises early in the clip and comes down in the late part.", (RISES, SINKS)),
        ("It is raised at first.", (RISES,)),
        ("The right arm goes up.", (RISES,)),
        (
            "The right hand leads the movement, while the left foot keeps still.",
            ("CAP/leads/right hand", "SAD/stillness/left foot"),
        ),
        ("The movement is led by both hands.", ("CAP/leads/left hand+right hand",)),
        ("The head follows over a shorter distance than the right hand.", ("MAD/larger/right hand+head",)),
        ("Over a shorter distance than the right hand, the head moves.", ("MAD/larger/right hand+head",)),
        ("The right hand starts before the head.", ("MAS/before/right hand+head",)),
        (
            "It starts at lap height and ends on the left of the midline at head height.",
            ("CAP/height/right hand/start/lap", "CAP/side/right hand/end/left", "CAP/height/right hand/end/head"),
        ),
        (
            "The left hand swings from side to side and turns back three times.",
            ("CAP/manner/left hand/swings", "CAP/axis/left hand/horizontal", "CAP/turns/left hand/3"),
        ),
        ("Both hands move towards each other.", ("CAP/net/left hand/rightward", "CAP/net/right hand/leftward")),
        ("The right hand moves outward.", ("CAP/net/right hand/rightward",)),
        ("The right hand is near the head late in the clip.", ("CAP/near/right hand+head/late",)),
        ("There is no sign of contact, as the hand stays clear of the head.", ("CAP/clear/left hand+head",)),
        ("Nodding is ruled out, since the head goes one way and does not turn back.", ("CAP/manner/head/one-way",)),
        ("Both legs keep still.", LEGS),
        ("The head and the torso keep still.", ("SAD/stillness/head", "SAD/stillness/torso")),
        ("Nothing is confirmed about places.", ()),
    ],
)
def test_what_the_facts_hold(text: str, ids: tuple[str, ...]) -> None:
    assert wrong(text, *ids) == []


@pytest.mark.parametrize(
    ("text", "ids", "said"),
    [
        ("The right hand sinks early in the clip.", (RISES,), "'sinks' (early)"),
        ("The right hand rises late in the clip.", (RISES,), "'rises' (late)"),
        ("The right hand rises early and late in the clip.", (RISES,), "'rises' (early, late)"),
        ("The left hand rises early in the clip.", (RISES,), "it names the left hand"),
        ("The right hand rises and the head sinks.", (RISES, "CAP/moves/head"), "'sinks'"),
        ("The right hand rises, and the left hand too.", (RISES,), "it names the left hand"),
        ("Both hands rise early in the clip.", (RISES,), "it names the left hand"),
        ("The right hand rises.", (), "it names the right hand"),
        ("The right hand follows more weakly than the head.", ("MAD/larger/right hand+head",), "'follows'"),
        ("The right hand leads the movement.", (RISES,), "'leads'"),
        ("The right hand turns back four times.", ("CAP/turns/right hand/3",), "'four times'"),
        ("The right hand moves once.", ("CAP/manner/right hand/repeated",), "'once'"),
        ("The right hand starts at head height.", ("CAP/height/right hand/end/head",), "(start)"),
        ("The right hand ends at chest height.", ("CAP/height/right hand/end/head",), "'at chest height'"),
        ("It ends on the right of the midline.", ("CAP/side/right hand/end/left",), "'on the right of the midline'"),
        ("The right hand moves inward.", ("CAP/net/right hand/rightward",), "'inward'"),
        ("The right hand touches the head.", ("CAP/clear/right hand+head",), "'touches'"),
        ("The right hand is near the torso.", ("CAP/near/right hand+head",), "it names the torso"),
        ("The right hand is near the head early in the clip.", ("CAP/near/right hand+head/late",), "'near' (early)"),
        ("The right leg keeps still.", ("SAD/stillness/right foot",), "'keeps still'"),
        ("The head keeps still, and so do all other parts.", ("SAD/stillness/head",), "name the parts"),
        ("The head nods.", ("CAP/manner/head/repeated",), "'nods' is more than tracks"),
        ("The right hand moves forward, nervously.", (RISES,), "'forward' is more"),
        ("The right hand moves quickly.", ("CAP/pace/right hand/slow",), "'quickly'"),
        ("It moves slightly.", ("CAP/extent/right hand/wide",), "'slightly'"),
        ("Both hands move in opposite directions.", ("CAP/alike/left hand+right hand/same",), "'opposite directions'"),
    ],
)
def test_what_they_do_not_hold(text: str, ids: tuple[str, ...], said: str) -> None:
    assert any(said in problem for problem in wrong(text, *ids)), wrong(text, *ids)


def test_inward_depends_on_whose_left_it_is() -> None:
    """The person's right hand stands on the viewer's left: toward the midline is rightward for it."""
    text, fact = "The right hand moves inward.", "CAP/net/right hand/rightward"
    assert wrong(text, fact, sides="person") == []
    assert wrong(text, fact, sides="viewer")


def test_names_of_actions_claim_nothing() -> None:
    assert wrong("Touching nose is excluded, as the right hand rises early in the clip.", RISES) == []
    assert wrong("The right hand rises early in the clip, touching nose and head.", RISES)
