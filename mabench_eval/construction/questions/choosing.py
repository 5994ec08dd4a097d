"""Questions that ask for labels and for texts, and the numbers of all questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from mabench_eval.construction.folder import ClipRow
from mabench_eval.construction.questions.options import coarse_options, fine_options, lettered, letters
from mabench_eval.construction.questions.rows import SCHEMA, BuiltQuestion
from mabench_eval.construction.questions.wording import stems

if TYPE_CHECKING:
    from mabench_eval.construction.captions.rows import Caption

LABEL_TASKS, TEXT_TASKS = ("CMAR", "FMAR"), ("MADU", "MARE")
TEMPLATE = "template"
"""Who words what no model does."""


def on_a_clip(task: str, wanted: int, labels: int) -> int:
    """Questions of a label or text task on every clip: each with a stem of its own, and with something to choose from.

    ``labels``: that there are to choose from.
    """
    return min(wanted, len(stems(task))) if task in TEXT_TASKS or labels > 1 else 0


def questions_of_labels(
    clips: Sequence[ClipRow], actions: Mapping[str, str], wanted: Mapping[str, int], seed: int
) -> Iterator[BuiltQuestion]:
    """CMAR and FMAR of every clip, without numbers.

    Args:
        clips: With their labels.
        actions: Action -> body part, of the whole taxonomy.
        wanted: Task -> questions on a clip.
        seed: Of all that is drawn.
    """
    parts = list(dict.fromkeys(actions.values()))
    fine = fine_options([row.fine for row in clips], actions)
    for task, labels in (("CMAR", len(parts)), ("FMAR", len(actions))):
        lot, count = Random(f"{seed}/{task}"), on_a_clip(task, wanted.get(task, 0), labels)
        asked = [(row, stem) for row in clips for stem in lot.sample(stems(task), count)]
        rights = [row.coarse if task == "CMAR" else row.fine for row, _ in asked]
        wrong = [coarse_options(right, parts, lot) if task == "CMAR" else fine.wrong(right, lot) for right in rights]
        for (row, stem), right, others, letter in zip(
            asked, rights, wrong, letters([len(others) + 1 for others in wrong], lot), strict=True
        ):
            text = lettered(stem, right, others, letter, lot)
            yield BuiltQuestion(SCHEMA, "", row.clip, task, text, letter, None, TEMPLATE, {"label": right})


def questions_of_texts(captions: Iterable[Caption], wanted: Mapping[str, int], seed: int) -> Iterator[BuiltQuestion]:
    """MADU and MARE of every clip that has a caption, without numbers."""
    lots = {task: Random(f"{seed}/{task}") for task in TEXT_TASKS}
    for caption in captions:
        for task, reference in (("MADU", caption.madu_text), ("MARE", caption.mare_text)):
            for stem in lots[task].sample(stems(task), on_a_clip(task, wanted.get(task, 0), 0)):
                by = {"writer": caption.writer}
                yield BuiltQuestion(SCHEMA, "", caption.clip, task, stem, reference, None, TEMPLATE, by)


def numbered(questions: Iterable[BuiltQuestion], seed: int) -> list[BuiltQuestion]:
    """The same in random order, with random numbers: ``SAD_0316``. Neither says anything of an answer."""
    lot = Random(f"{seed}/numbers")
    rows = list(questions)
    lot.shuffle(rows)
    of_task: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        of_task[row.task].append(place)
    for task, places in sorted(of_task.items()):
        width = max(4, len(str(len(places) - 1)))
        for place, number in zip(places, lot.sample(range(len(places)), len(places)), strict=True):
            rows[place] = replace(rows[place], qid=f"{task}_{number:0{width}}")
    return rows
