"""The questions of a run for the page's browser: its frame in HTML, and its data, each text in it once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from mabench_eval.pages.blocks import Section, note
from mabench_eval.pages.html import Markup, element, join
from mabench_eval.pages.report.material import Material, variant_of
from mabench_eval.taxonomy import BODY_PARTS, MICRO_ACTIONS
from mabench_eval.types import AnswerKind, Json, Outcome

FIELDS = (
    "qid",
    "task",
    "clip",
    "text",
    "outcome",
    "answer",
    "prediction",
    "reference",
    "correct",
    "options",
    "frames",
    "levels",
    "judgments",
    "error",
    "stop",
    "repeat",
    "rotation",
)
"""Of a row, in this order; what is missing at its end is null. ``task``, ``clip``, ``text``, ``outcome`` and ``frames``
are places in lists of the document, ``options`` places in ``labels``. ``prediction`` is true where it is the answer
itself; ``correct`` is 1, 0 or null. ``levels`` are in the task's order, and so are those of ``judgments``: a judge's
levels and reasons, in the order of ``judges``, null where it gave none."""
VERDICTS = (("right", "right"), ("wrong", "wrong"), ("none", "not graded"))
ANY = "all"

Item = TypeVar("Item", bound=Hashable)


class Places(Generic[Item]):
    """A list in which each thing stands once."""

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self._places: dict[Item, int] = {item: place for place, item in enumerate(items)}

    def of(self, item: Item) -> int:
        """Where it stands; at the end, if it is new."""
        return self._places.setdefault(item, len(self._places))

    def items(self) -> list[Item]:
        """All, in their places."""
        return list(self._places)


def browser_data(material: Material, strips: Mapping[str, str]) -> dict[str, Any]:
    """What the browser shows, as JSON.

    Args:
        material: The run.
        strips: Clip -> a strip of its frames, a JPEG in base64.
    """
    clips, texts, labels = Places[str](), Places[str](), Places[str]()
    frames, outcomes = Places[tuple[int, ...]](), Places([outcome.value for outcome in Outcome])
    tasks = Places(material.tasks)
    judges = [judge["name"] for judge in material.scores["judges"]]
    rows = []
    for row in material.rows:
        question = material.questions.get(variant_of(row))
        if question is None:
            continue
        seen = row.get("frames")
        rows.append(
            _trimmed(
                [
                    row["qid"],
                    tasks.of(row["task"]),
                    clips.of(row["clip"]),
                    texts.of(question.text),
                    outcomes.of(row["outcome"]),
                    row["response"],
                    _prediction(row),
                    row["reference"],
                    _correct(row),
                    [labels.of(option) for option in question.options.values()] or None,
                    frames.of(tuple(seen)) if seen else None,
                    *_levels(row, material.tasks[row["task"]].levels, judges),
                    row.get("error"),
                    row.get("stop_reason"),
                    row.get("repeat"),
                    row.get("rotation"),
                ]
            )
        )
    return {
        "fields": FIELDS,
        "tasks": [_task(material, name) for name in material.tasks],
        "outcomes": outcomes.items(),
        "judges": judges,
        "clips": [_clip(material, clip) for clip in clips.items()],
        "strips": {str(clips.of(clip)): strip for clip, strip in strips.items() if clip in set(clips.items())},
        "frames": frames.items(),
        "labels": labels.items(),
        "texts": texts.items(),
        "shots": material.record["config"].get("shots") or 0,
        "rows": rows,
    }


def _trimmed(row: list[Any]) -> list[Any]:
    while row and row[-1] is None:
        row.pop()
    return row


def _prediction(row: Json) -> str | bool | None:
    found: str | None = row["prediction"]
    return True if found is not None and found == row["response"] else found


def _correct(row: Json) -> int | None:
    found = row.get("correct")
    return None if found is None else int(found)


def _levels(row: Json, order: Sequence[str], judges: Sequence[str]) -> tuple[list[Any] | None, list[Any] | None]:
    """The levels of a row and those of its judges."""
    levels, judgments = row.get("levels"), row.get("judgments")
    given = None
    if judgments:
        given = [_judgment(judgments[judge], order) if judge in judgments else None for judge in judges]
    return [levels[level] for level in order] if levels else None, given


def _judgment(judgment: Json, order: Sequence[str]) -> list[Any]:
    reasons = judgment.get("reasons") or {}
    return [[judgment["levels"].get(level) for level in order], [reasons.get(level) for level in order]]


def _task(material: Material, name: str) -> dict[str, Any]:
    task = material.tasks[name]
    return {
        "name": name,
        "full": task.full_name,
        "kind": task.answer.value,
        "levels": task.levels,
        "letters": task.options if task.answer is AnswerKind.CHOICE else [],
        "system": task.system_prompt,
        "user": task.user_prompt,
    }


def _clip(material: Material, clip: str) -> list[str | None]:
    """Name, body part, micro-action."""
    shown = material.labels.get(clip)
    return [clip, shown.body_part if shown else None, shown.action if shown else None]


def questions(material: Material, frames_told: str) -> Section:
    """The browser's frame, which its script fills. ``frames_told``: what is said of pictures."""
    shown = [material.labels[clip] for clip in sorted({row["clip"] for row in material.rows} & material.labels.keys())]
    parts = _ordered({each.body_part for each in shown if each.body_part}, BODY_PARTS.values())
    actions = _ordered({each.action for each in shown if each.action}, MICRO_ACTIONS.values())
    several = any(row.get("repeat") or row.get("rotation") for row in material.rows)
    askings = [("first", "first, as printed"), ("repeat", "repeats"), ("rotation", "rotations")]
    picks = [
        _pick("task", "Task", [(name, name) for name in material.tasks]),
        _pick("part", "Body part", [(part, part) for part in parts]) if parts else None,
        _pick("action", "Micro-action", [(action, action) for action in actions]) if actions else None,
        _pick("outcome", "Outcome", [(outcome.value, outcome.value) for outcome in Outcome]),
        _pick("verdict", "Verdict", VERDICTS) if material.scores["benchmark"]["labelled"] else None,
        _pick("asking", "Asked", askings) if several else None,
    ]
    find = element(
        "input",
        type="search",
        id="find",
        name="find",
        placeholder="Words of question, answer, reference",
        autocomplete="off",
        spellcheck="false",
    )
    words = element("label", element("span", "Search ", element("kbd", "/")), find, class_="find")
    clear = element("button", "Clear", type="reset", id="clear")
    form = element("form", words, picks, clear, id="filters", role="search", aria_label="Questions")
    count = element("p", id="count", role="status", class_="note")
    rows = element("div", id="list", role="listbox", tabindex=0, aria_label="Questions")
    one = element("article", id="question", tabindex="-1", aria_label="The open question")
    content = [
        note(frames_told),
        element("noscript", element("p", "The list of questions needs JavaScript; all else of this page does not.")),
        element("div", form, count, element("div", rows, one, class_="panes"), id="browser", hidden=True),
    ]
    return Section("questions", "Questions", join(content))


def _pick(name: str, told: str, choices: Iterable[tuple[str, str]]) -> Markup:
    options = [element("option", ANY, value=""), *(element("option", shown, value=key) for key, shown in choices)]
    return element("label", element("span", told), element("select", options, id=name, name=name))


def _ordered(found: set[str], order: Iterable[str]) -> list[str]:
    known = [each for each in order if each in found]
    return [*known, *sorted(found - set(known))]
