"""``DATASHEET.md``: what a user of an exported benchmark should know of it.

Its headings are those of Gebru et al. 2021, "Datasheets for Datasets" (Communications of the ACM 64 (12), 86-92,
arXiv 1803.09010).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mabench_eval._version import __version__
from mabench_eval.construction.decisions import FinalQuestions
from mabench_eval.construction.export.checks import GateFacts, ReviewFacts
from mabench_eval.construction.export.overview import Overview
from mabench_eval.construction.export.sources import Sources
from mabench_eval.construction.folder import BuildSettings
from mabench_eval.tables import Markdown, markdown_heading, markdown_list, markdown_page, markdown_table

DATASHEET = "DATASHEET.md"
NOT_STATED = "not stated"
UNKNOWN = (
    "how often the answers are right on these clips does not follow from the way they were made, since trackers are "
    "measured on rendered figures, which are easier than people. Reviewers are the measure; without them there is none."
)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that it says."""

    name: str
    settings: BuildSettings
    final: FinalQuestions
    sources: Sources
    overview: Overview
    gate: GateFacts
    clips: str
    """``link``, ``copy`` or ``none``."""
    answers: bool
    """Whether the export has them."""
    licence: str | None
    """Of the clips."""
    date: str | None
    review: ReviewFacts = field(default_factory=ReviewFacts)
    figures: Sequence[str] = ()
    """Files below the export."""


def datasheet(facts: Facts) -> str:
    """The page: the same text for the same benchmark."""
    sections = {
        "Motivation": _motivation(facts),
        "Composition": _composition(facts),
        "Collection process": _collection(facts),
        "Labelling": _labelling(facts),
        "Checks": _checks(facts),
        "Uses": _uses(facts),
        "Distribution": _distribution(facts),
        "Maintenance": _maintenance(facts),
    }
    head: list[str] = [markdown_heading(1, f"Data sheet: {facts.name}")]
    head += [part for title, parts in sections.items() for part in (markdown_heading(2, title), *parts)]
    return markdown_page(head)


def _motivation(_: Facts) -> Iterator[str]:
    yield (
        "Questions on fine-grained human movement in short clips, in the form of MA-Bench: what a model sees of it, "
        "from the label of the action to which part moves where, when, and how far."
    )


def _composition(facts: Facts) -> Iterator[str]:
    overview = facts.overview
    people = "people not stated" if overview.subjects is None else f"{overview.subjects:,} people"
    total = sum(overview.tasks.values())
    yield (
        f"{overview.clips:,} clips of {len(overview.actions)} actions, {people}; {overview.seconds.words} seconds. "
        f"{total:,} questions" + (", with answers." if facts.answers else "; the answers are kept back.")
    )
    yield _counted("Task", "Questions", overview.tasks)
    if overview.answers:
        rows = [
            [task, ", ".join(f"{answer} {count:,}" for answer, count in answers.items())]
            for task, answers in overview.answers.items()
        ]
        yield markdown_table(("Task", "Answers"), rows, text_columns=2)
    for task, spread in overview.words.items():
        yield f"Words of a reference of {task}: {spread.words}."
    yield _counted("Action", "Clips", overview.actions)
    yield _counted("Body part of the action", "Clips", overview.labels)
    for title, counts in (
        ("Body part asked for", overview.parts),
        ("Direction asked for", overview.directions),
        ("What is asked", overview.families),
    ):
        if counts:
            yield _counted(title, "Questions", counts)
    for figure in facts.figures:
        yield Markdown(f"![{figure}]({figure})")


def _collection(facts: Facts) -> Iterator[str]:
    sides = facts.settings.sides
    yield (
        f"Left and right, of parts and of directions, are the {sides}'s."
        if sides == "viewer"
        else (f"Left and right of parts are the {sides}'s own; directions are the viewer's.")
    )
    trackers = Counter(
        (tracked.tracker.get("name", ""), tracked.tracker.get("version", ""), tracked.tracker.get("licence", ""))
        for name, tracked in facts.sources.tracked.items()
        if name in facts.sources.clips
    )
    yield "Body parts were followed through the clips by:"
    rows = [[*tracker, f"{clips:,}"] for tracker, clips in sorted(trackers.items())]
    yield markdown_table(("Tracker", "Version", "Licence", "Clips"), rows, text_columns=3)
    yield "A statement is asked for only where all sources of a tracker agree on it, each by a margin."


def _labelling(facts: Facts) -> Iterator[str]:
    yield "Labels of actions came with the clips. All else is written by the following; models by their names."
    captions = Counter(
        caption.writer if caption.fell_back is None else f"{caption.writer}, in place of a model"
        for caption in facts.sources.captions.values()
    )
    worded = Counter(question.wording for question in facts.final.questions)
    said = Counter(
        f"{verdict.by} ({verdict.manner}): {verdict.finding}"
        for found in facts.sources.verified.values()
        for verdict in found.verdicts
    )
    rows = [
        [what, by, f"{count:,}"]
        for what, counts in (("captions", captions), ("wording of questions", worded), ("verdicts", said))
        for by, count in sorted(counts.items())
    ]
    yield markdown_table(("What", "By", "Number"), rows, text_columns=2)


def _checks(facts: Facts) -> Iterator[str]:
    final = facts.final
    left_out = [
        *(f"left out by verifiers, {reason}: {count:,}" for reason, count in sorted(final.rejected.items())),
        *(f"left out by reviewers, {reason}: {count:,}" for reason, count in sorted(final.dropped.items())),
        f"in, and verified by nobody: {final.not_verified:,}",
    ]
    yield "Questions:"
    yield markdown_list(left_out)
    yield f"Gate: {facts.gate.state}"
    for table in facts.gate.tables:
        yield markdown_table(table.header, table.rows, text_columns=table.text_columns)
    if facts.review.lines:
        yield "Review, intervals by clips:"
        yield markdown_list(facts.review.lines)
        for table in facts.review.tables:
            yield markdown_table(table.header, table.rows, text_columns=table.text_columns)
    else:
        yield "Review: nobody has reviewed these questions."
    yield f"Not known: {UNKNOWN}"


def _uses(_: Facts) -> Iterator[str]:
    yield (
        "To measure models, and to find out what they do not see. Movement of people in a few cameras says nothing of "
        "who they are, what they feel or what they mean to do, and no decision about a person should rest on it."
    )


def _distribution(facts: Facts) -> Iterator[str]:
    clips = {
        "link": "The clips are links into the folder that they came from.",
        "copy": "The clips are copies.",
        "none": "The clips are not in it; sidecar.jsonl tells them by their sha256.",
    }
    yield f"Licence of the clips: {facts.licence or NOT_STATED}. {clips[facts.clips]}"
    yield (
        "Questions and references describe the clips and may be bound by the terms of these: questions on clips that "
        "are for research alone, or may not be passed on, are no freer than they are. Licences of trackers are in the "
        "table above; models that wrote or checked texts have terms of their own."
    )


def _maintenance(facts: Facts) -> Iterator[str]:
    date = f" on {facts.date}" if facts.date else ""
    yield (
        f"Exported by mabench_eval {__version__}{date}; seed {facts.settings.seed}, questions "
        f"{facts.final.digest[:12]}. "
        "SHA256SUMS has the sha256 of every file, sidecar.jsonl where each question comes from."
    )


def _counted(title: str, unit: str, counts: Mapping[str, int]) -> Markdown:
    return markdown_table((title, unit), [[name, f"{count:,}"] for name, count in counts.items()])
