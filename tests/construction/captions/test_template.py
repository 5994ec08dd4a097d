"""What the template writes: every sentence rests on facts that are true of the clip, and says no more than they do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from statistics import median

import numpy as np
import pytest

from judges.lexical.judge import lexical
from mabench_eval.answers import read_labels
from mabench_eval.construction import Caption, ClipRow, Descriptor
from mabench_eval.construction.captions import Known, Sentence, fact_of
from mabench_eval.construction.captions.checking import problems
from mabench_eval.construction.captions.phrases import name_parts
from mabench_eval.construction.captions.template import write_caption
from mabench_eval.construction.intake import Action, Actions, read_actions
from mabench_eval.types import JudgeRequest
from tests.construction.captions.known import described, ramp, row, swing
from tests.support.construction import demo_build, drawn_clips

MA52 = read_actions(None)
NAMES = [action.name for action in MA52.all]
Clips = list[tuple[ClipRow, Descriptor]]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    build = demo_build(tmp_path_factory.mktemp("demo") / "mine")
    return list(zip(build.clips(), build.descriptors(), strict=True))


@pytest.fixture(scope="module")
def clips(demo: Clips) -> Clips:
    """Those of the demo, and a hundred that were drawn."""
    return demo + [(clip.row, clip.descriptor) for clip in drawn_clips(100)]


@pytest.fixture(scope="module")
def captions(clips: Clips) -> list[Caption]:
    return [written(descriptor, about) for about, descriptor in clips]


def written(descriptor: Descriptor, about: ClipRow, seed: int = 0, actions: Actions = MA52) -> Caption:
    return write_caption(Known(descriptor), about, actions, seed)


def sentences(caption: Caption) -> Iterator[Sentence]:
    structure = caption.structure
    yield from caption.parts.values()
    yield from (structure.leading, structure.coordinated, structure.minor, structure.space, structure.time)
    yield from (*caption.madu, *caption.mare)


def test_every_sentence_rests_on_what_is_true_of_its_clip(clips: Clips, captions: list[Caption]) -> None:
    for (_, descriptor), caption in zip(clips, captions, strict=True):
        known = Known(descriptor)
        for sentence in sentences(caption):
            assert all(known.holds(fact_of(id)) for id in sentence.statements), sentence


def test_no_sentence_says_more_than_what_it_rests_on(clips: Clips, captions: list[Caption]) -> None:
    """Read back by words: parts, directions, phases, places, counts, order. Only the labels' line says nothing.

    Of every other clip, for time.
    """
    for (_, descriptor), caption in list(zip(clips, captions, strict=True))[::2]:
        for sentence in sentences(caption):
            if sentence is not caption.mare[-1]:
                assert not list(problems(sentence.text, sentence.statements, descriptor.sides, NAMES)), sentence


SWAPS = {
    "upward": "downward",
    "leftward": "rightward",
    "left hand": "right hand",
    "head": "torso",
    "slight": "wide",
    "lap height": "head height",
    "left of the midline": "right of the midline",
    "from side to side": "up and down",
    "again and again": "once",
    "six times": "four times",
    "quickly": "slowly",
    "clear of": "near",
    "keep still": "swing",
    "follows": "leads",
    "same way": "opposite way",
}


def test_one_wrong_word_is_noticed(demo: Clips) -> None:
    """Sentences with a part, direction, place, count or manner exchanged for another."""
    wrong = 0
    for about, descriptor in demo[::5]:
        caption = written(descriptor, about)
        for sentence in (*caption.madu, *caption.mare[:-1]):
            for one, other in [*SWAPS.items(), *((b, a) for a, b in SWAPS.items())]:
                text = re.sub(rf"(?<!than )\b{one}\b", other, sentence.text, count=1)
                if text != sentence.text and other not in sentence.text:
                    wrong += 1
                    assert list(problems(text, sentence.statements, "viewer", NAMES)), text
    assert wrong > 60


def test_references_are_as_long_as_the_published_ones_and_end_with_their_labels(captions: list[Caption]) -> None:
    """Published medians are 75 and 130 words; labels are read as those of any model's answer are."""
    assert 60 <= median(len(caption.madu_text.split()) for caption in captions) <= 105
    assert 100 <= median(len(caption.mare_text.split()) for caption in captions) <= 150
    for caption in captions:
        labels = read_labels(caption.mare_text)
        assert (labels.coarse, labels.fine) == (caption.coarse, caption.fine)
        assert caption.mare[-1].text.startswith("Therefore")
        assert caption.fine.lower() not in caption.madu_text.lower()
    assert len({caption.mare[-1].text.split(caption.coarse)[0][-24:] for caption in captions}) >= 3  # printed forms


def test_text_is_plain_english(captions: list[Caption]) -> None:
    for caption in captions:
        for sentence in sentences(caption):
            text = sentence.text
            assert text[0].isupper() or text.startswith("**"), text
            assert text.endswith((".", "**.")), text
            assert not re.search(r"\s\s|\s[.,:]|[{}|]\w|\b(\w+) \1\b|,,|\.\.", text.replace(" | ", " ")), text
            assert not re.search(r"\b(?:both|they) \w+s (?:the|in|up|down|early|late)\b", text, re.IGNORECASE), text


def test_wordings_vary_by_clip_and_seed_and_by_nothing_else(demo: Clips) -> None:
    about, descriptor = demo[4]
    texts = {written(descriptor, replace(about, clip=f"clip {n}")).madu_text for n in range(12)}
    assert len(texts) >= 6
    assert written(descriptor, about) == written(descriptor, about)
    assert len({written(descriptor, about, seed).mare_text for seed in range(12)}) >= 6


def test_a_reference_is_worth_full_marks_beside_itself_and_few_beside_another_clips(demo: Clips) -> None:
    texts = [written(descriptor, about) for about, descriptor in demo]

    def levels(task: str, reference: str, answer: str) -> list[int]:
        scored = lexical(JudgeRequest("key", task, ("L1", "L2", "L3"), reference, answer)).levels
        assert scored is not None
        return list(scored.values())

    for task in ("MADU", "MARE"):
        references = [text.madu_text if task == "MADU" else text.mare_text for text in texts]
        assert {tuple(levels(task, text, text)) for text in references} == {(5, 5, 5)}
        turned = references[9:] + references[:9]
        others = [levels(task, one, other) for one, other in zip(references, turned, strict=True)]
        assert np.mean(others) < 2


RAISED = {"right hand": ramp((0.0, -1.4), 3, 17), "right lower arm": ramp((0.0, -0.7), 3, 17)}


def test_a_raised_hand_in_words() -> None:
    """From the lap (2.5) to the head (1.1) in the first third; everything else keeps still."""
    caption = written(described(RAISED), row("Touching nose", "Head-hand"))
    assert caption.nothing is None
    text = caption.madu_text
    assert re.search(r"right hand\b.*?(?:upward|rises|goes up)", text)
    assert "at lap height" in text
    assert "ends at head height on the right of the midline" in text
    assert "The right lower arm" in text
    assert "both legs" in text
    assert "head" not in caption.parts["right hand"].text.replace("head height", "")


def test_sides_of_the_person_say_whose_left_places_are() -> None:
    caption = written(described(RAISED, sides="person"), row("Touching nose", "Head-hand"))
    assert "viewer's right of the midline" in caption.madu_text
    assert not list(problems(caption.madu[1].text, caption.madu[1].statements, "person", NAMES))


def test_neighbours_are_ruled_out_by_what_was_measured_alone() -> None:
    nods = {"head": swing((0.0, 0.2), 3)}
    texts = {written(described(nods), row("Nodding", "Head", clip=f"clip {n}")).mare_text for n in range(10)}
    assert any("Bowing head" in text for text in texts)  # it is made once, and this turns back six times
    assert not any("Nodding is ruled out" in text or "rules out Nodding" in text for text in texts)
    for text in texts:
        for name in ("Turning head", "Tiptoe", "Clenching fist"):  # nothing that tracks can show speaks against them
            assert name not in text
    bow = {"head": ramp((0.0, 0.4), 3, 17)}
    texts = {written(described(bow), row("Bowing head", "Head", clip=f"clip {n}")).mare_text for n in range(10)}
    assert any("Nodding" in text for text in texts)  # a nod comes back


def test_any_taxonomy() -> None:
    """Cues follow from the words of an action: `wave` is to and fro, `touch face` has a hand at the head."""
    actions = Actions(
        [
            Action("1", "Raise the hand", "Arms"),
            Action("2", "Wave with a hand", "Arms"),
            Action("3", "Touch the face", "Arms"),
            Action("4", "Sing", "Arms"),
        ],
        "mine",
    )
    out = {"right hand": ramp((0.5, -0.3), 3, 17)}
    texts = [
        written(described(out), row("Raise the hand", "Arms", clip=f"clip {n}"), actions=actions).mare_text
        for n in range(20)
    ]
    assert all("[Body part (coarse-grained)] Arms" in t or "Body part (coarse-grained): Arms" in t for t in texts)
    assert any("Wave with a hand" in text for text in texts)
    assert any("Touch the face" in text for text in texts)
    assert not any("Sing" in text for text in texts)


def test_what_a_label_is_about_is_never_said_to_keep_still() -> None:
    """A nod of real people is below what tracks of a head's middle show: nothing is said of the head then."""
    caption = written(described({}), row("Nodding", "Head"))
    assert "head" not in caption.parts
    assert "the head" not in caption.madu_text
    assert caption.nothing == "no part moves clearly"
    assert caption.mare_text.startswith("No movement could be confirmed")
    assert read_labels(caption.mare_text).fine == "Nodding"


@pytest.mark.parametrize("draft", [True, False])
def test_a_clip_of_which_nothing_is_known_says_so(draft: bool) -> None:
    clip = described(RAISED) if draft else described(RAISED, persons=2)
    caption = write_caption(Known(clip, draft=draft), row(), MA52, 0)
    assert caption.nothing == ("its tracker is a draft" if draft else "2 persons are in the picture")
    assert caption.parts == {}
    assert caption.madu_text == "No movement could be confirmed in this clip."
    assert not any(sentence.statements for sentence in sentences(caption))


@pytest.mark.parametrize(
    ("parts", "words", "plural"),
    [
        (("head",), "the head", False),
        (("left hand", "right hand"), "both hands", True),
        (("left foot", "right foot"), "both feet", True),
        (("right upper arm", "right lower arm", "right hand"), "the right arm", False),
        (("right upper arm", "right lower arm"), "the right upper and lower arm", True),
        (("head", "torso", "left hand"), "the head, the torso and the left hand", True),
    ],
)
def test_names_of_parts(parts: tuple[str, ...], words: str, plural: bool) -> None:
    assert name_parts(parts) == (words, plural)
