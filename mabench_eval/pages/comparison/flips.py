"""The flipped questions: those that one run has right and the other wrong, or scores clearly higher."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mabench_eval.pages.blocks import Section, note
from mabench_eval.pages.comparison.material import Material
from mabench_eval.pages.html import Markup, element, join
from mabench_eval.pages.report.questions import Places
from mabench_eval.taxonomy import task_order
from mabench_eval.types import Json, Outcome

STEP = 2
"""Levels by which the sums of an open question differ at least: one level more or less is a judge's mood."""
FIELDS = ("qid", "task", "clip", "won", "text", "letters", "options", "reference", "first", "second")
"""Of a row, in this order. ``task`` and ``clip`` are places in lists of the document, ``text`` is a place or null,
``options`` are places in ``labels``; ``won`` is 1 where the second run is better, else 0."""
ANSWER = ("outcome", "response", "read", "levels", "reasons")
"""Of a run's answer, in this order: place, text, text (true: the response itself), level -> score, judge -> level ->
reason."""


def flips(material: Material) -> list[tuple[str, bool]]:
    """(question id, whether the second run is better), in the order of the first run's samples.

    Of repeats the first asking counts, with the options as printed; a question without a score in either run is none.
    """
    second = material.second.rows
    found = []
    for qid, row in material.first.rows.items():
        won = _won(row, second[qid]) if qid in second else None
        if won is not None:
            found.append((qid, won))
    return found


def _won(first: Json, second: Json) -> bool | None:
    """Whether the second is better; None: neither is, or there is nothing to compare."""
    one, two = first.get("correct"), second.get("correct")
    if one is not None and two is not None:
        return None if one == two else bool(two)
    if first.get("levels") and second.get("levels"):
        change = _total(second) - _total(first)
        return change > 0 if abs(change) >= STEP else None
    return None


def _total(row: Json) -> float:
    total: float = sum(row["levels"].values())
    return total


def browser_data(material: Material, found: Sequence[tuple[str, bool]]) -> dict[str, Any]:
    """What the list of flips shows, as JSON."""
    tasks, clips, texts, labels = (Places[str]() for _ in range(4))
    outcomes = Places([outcome.value for outcome in Outcome])
    rows = []
    for qid, won in found:
        first, second = (side.rows[qid] for side in material.sides)
        question = material.questions.get(qid)
        options = question.options if question else {}
        rows.append(
            [
                qid,
                tasks.of(first["task"]),
                clips.of(first["clip"]),
                int(won),
                texts.of(question.text) if question else None,
                "".join(options),
                [labels.of(option) for option in options.values()],
                _reference(first, second),
                _answer(first, outcomes),
                _answer(second, outcomes),
            ]
        )
    return {
        "fields": FIELDS,
        "answer": ANSWER,
        "names": [side.name for side in material.sides],
        "tasks": tasks.items(),
        "clips": clips.items(),
        "outcomes": outcomes.items(),
        "texts": texts.items(),
        "labels": labels.items(),
        "rows": rows,
    }


def _reference(first: Json, second: Json) -> list[str]:
    """The reference; both, where the runs were scored against different ones."""
    return list(dict.fromkeys(row["reference"] for row in (first, second) if row.get("reference") is not None))


def _answer(row: Json, outcomes: Places[str]) -> list[Any]:
    response, read = row.get("response"), row.get("prediction")
    reasons = {judge: given["reasons"] for judge, given in (row.get("judgments") or {}).items() if given.get("reasons")}
    return [
        outcomes.of(row.get("outcome") or Outcome.ANSWERED.value),
        response,
        True if read is not None and read == response else read,
        row.get("levels"),
        reasons or None,
    ]


def section(material: Material, found: Sequence[tuple[str, bool]]) -> Section:
    """The frame of the list, which its script fills."""
    if not found:
        return Section("flips", "Flipped questions", note("The runs are right and wrong on the same questions."))
    return Section("flips", "Flipped questions", join([*_told(material, found), *_frame(material, found)]))


def _told(material: Material, found: Sequence[tuple[str, bool]]) -> Iterator[Markup]:
    won = sum(better for _, better in found)
    yield note(
        f"{len(found):,} questions that one run has right and the other wrong, or, of open tasks, whose levels add up "
        f"to a difference of {STEP} or more: {won:,} won by {material.second.name}, {len(found) - won:,} lost."
    )
    if any(side.asked_again for side in material.sides):
        yield note("Of questions that were asked again the first asking is shown, with the options as printed.")
    if not material.questions:
        yield note(f"Question texts are missing, answers are all here: {'; '.join(material.problems)}.")
    elif material.problems:
        yield note(" ".join(material.problems))


def _frame(material: Material, found: Sequence[tuple[str, bool]]) -> Iterator[Markup]:
    tasks = sorted({material.first.rows[qid]["task"] for qid, _ in found}, key=task_order)
    ways = [("1", f"won by {material.second.name}"), ("0", f"lost by {material.second.name}")]
    find = element(
        "input",
        type="search",
        id="find",
        placeholder="Words of question, answers, reference",
        autocomplete="off",
        spellcheck="false",
    )
    words = element("label", element("span", "Search ", element("kbd", "/")), find, class_="find")
    picks = [_pick("task", "Task", [(task, task) for task in tasks]), _pick("way", "Direction", ways)]
    clear = element("button", "Clear", type="reset", id="clear")
    form = element("form", words, picks, clear, id="filters", role="search", aria_label="Flipped questions")
    count = element("p", id="count", role="status", class_="note")
    rows = element("div", id="list", role="listbox", tabindex=0, aria_label="Flipped questions")
    one = element("article", id="question", tabindex="-1", aria_label="The open question")
    yield element("noscript", element("p", "The list needs JavaScript; all else of this page does not."))
    yield element("div", form, count, element("div", rows, one, class_="panes"), id="browser", hidden=True)


def _pick(name: str, told: str, choices: Sequence[tuple[str, str]]) -> Markup:
    options = [element("option", "all", value=""), *(element("option", shown, value=key) for key, shown in choices)]
    return element("label", element("span", told), element("select", options, id=name))
