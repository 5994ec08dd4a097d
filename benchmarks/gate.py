"""Whether the gate lets fair benchmarks through and stops those that leak, on benchmarks that are drawn by the hundred.

python -m benchmarks.gate [--clips 200 600] [--fair 400] [--leaky 60] [--rows CLIPS]

The clips show the demo's figure with random movements and random labels (``tests.support.construction``). They are
described once; each benchmark is drawn anew by the library's own drawing, two questions of SAD, MAD, MAS, PPR a clip
as far as there are any, and has CMAR and FMAR with other labels by lot. Leaks are put into such benchmarks; deals
are one each, which costs less and has its own spread. Printed are,
in percent of the benchmarks:

- fair ones that pass (target: 95 or more, less what chance explains), and how many would pass if every look were held
  to its own 95 %; of each look how many readings are outside of their own 95 % (target: 5 or less);
- of each leak how many are refused, and the looks that refuse most.

``--rows 20500`` measures time and memory of one gate on a benchmark of so many clips instead, made up by copying.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from math import sqrt

import numpy as np

from mabench_eval.auditing import MA_52, Gate, take_gate
from mabench_eval.construction.questions.drawing import TruthTable, draw_statements, truth_table
from mabench_eval.construction.questions.truths import all_statements
from mabench_eval.construction.questions.wording import template_text
from mabench_eval.types import Question
from tests.support.construction import drawn_clips

WANTED = {"SAD": 2, "MAD": 2, "MAS": 2, "PPR": 2}
"""Questions a clip."""
STEMS = ("Which body part moves most?", "Which part is it?", "What moves?", "Which is the body part?", "Which one?")
LETTERS = "ABCDEFG"
PARTS = tuple(dict.fromkeys(MA_52.values()))
Lot = np.random.Generator


@dataclass(frozen=True)
class Clips:
    """What there is to ask of."""

    labels: Sequence[str]
    """Clip -> its action."""
    table: TruthTable


@dataclass(frozen=True)
class Drawn:
    """A benchmark."""

    questions: Sequence[Question]
    families: Mapping[str, str]
    """Question id -> the kind of statement that it asks for."""


def describe_clips(count: int) -> Clips:
    """Clips with what is true of each."""
    clips = list(drawn_clips(count))
    return Clips([clip.row.fine for clip in clips], truth_table(clip.descriptor for clip in clips))


def draw(clips: Clips, seed: int) -> Drawn:
    """A fair benchmark: random numbers without repetition, random order."""
    lot, every = np.random.default_rng(seed), all_statements()
    asked = [
        (
            Question("", statement.task, f"c{drawn.clip}", template_text(statement), {}, "Yes" if drawn.so else "No"),
            statement.family,
        )
        for drawn in draw_statements(clips.table, WANTED, seed)
        for statement in [every[drawn.statement]]
    ]
    asked += [(question, "") for clip in range(clips.table.clips) for question in choices(clips, clip, lot)]
    numbers, order = lot.permutation(10 * len(asked)), lot.permutation(len(asked))
    numbered = [
        (replace(question, qid=f"{question.task}_{numbers[place]:06d}"), family)
        for place in order
        for question, family in [asked[place]]
    ]
    return Drawn([question for question, _ in numbered], {q.qid: family for q, family in numbered if family})


def choices(clips: Clips, clip: int, lot: Lot) -> list[Question]:
    """CMAR with all parts and FMAR with four others by lot, in random order."""
    action = clips.labels[clip]
    others = [str(name) for name in lot.choice([name for name in MA_52 if name != action], 4, replace=False)]
    return [
        choice(clip, "CMAR", MA_52[action], [part for part in PARTS if part != MA_52[action]], lot),
        choice(clip, "FMAR", action, others, lot),
    ]


def choice(clip: int, task: str, right: str, wrong: Sequence[str], lot: Lot) -> Question:
    """A question with its options in random order."""
    options = [right, *wrong]
    shown = {LETTERS[place]: options[number] for place, number in enumerate(lot.permutation(len(options)))}
    answer = next(letter for letter, option in shown.items() if option == right)
    text = "\n".join([STEMS[lot.integers(len(STEMS))], *(f"{letter}. {option}" for letter, option in shown.items())])
    return Question("", task, f"c{clip}", text, shown, answer)


# --- leaks: what is put into a fair benchmark ---


def each(change: Callable[[Question], Question], benchmark: Drawn) -> Drawn:
    """The benchmark with every question changed."""
    changed = [(change(question), benchmark.families.get(question.qid)) for question in benchmark.questions]
    return Drawn([question for question, _ in changed], {q.qid: family for q, family in changed if family})


def by_a_coin(share: float, lot: Lot) -> str:
    """Yes with this probability."""
    return "Yes" if lot.random() < share else "No"


def biased_families(share: float, benchmark: Drawn, lot: Lot) -> Drawn:
    """Every other family is Yes in so large a share, the others No."""
    names = sorted(set(benchmark.families.values()))
    yes = {name: share if place % 2 else 1 - share for place, name in enumerate(names)}

    def change(question: Question) -> Question:
        family = benchmark.families.get(question.qid)
        return replace(question, answer=by_a_coin(yes[family], lot)) if family else question

    return each(change, benchmark)


def exact_pairs(benchmark: Drawn, lot: Lot) -> Drawn:
    """Each statement is exactly as often Yes as No: of every two questions the second has the other answer."""
    last: dict[str, str] = {}

    def change(question: Question) -> Question:
        if question.options:
            return question
        before = last.pop(question.text, None)
        answer = by_a_coin(0.5, lot) if before is None else {"Yes": "No", "No": "Yes"}[before]
        if before is None:
            last[question.text] = answer
        return replace(question, answer=answer)

    return each(change, benchmark)


def longer(share: float, benchmark: Drawn, lot: Lot) -> Drawn:
    """So large a share of the Yes questions has two words more, and the rest of it of the No questions."""

    def change(question: Question) -> Question:
        more = lot.random() < (share if question.answer == "Yes" else 1 - share)
        return replace(question, text="Look closely. " * more + question.text) if not question.options else question

    return each(change, benchmark)


def odd_numbers(share: float, benchmark: Drawn, lot: Lot) -> Drawn:
    """So large a share of the Yes questions has an odd number, and of the No questions an even one."""

    def change(question: Question) -> Question:
        task, number = question.qid.split("_")
        odd = (lot.random() < share) == (question.answer == "Yes")
        return replace(question, qid=f"{task}_{2 * int(number) + odd:07d}") if not question.options else question

    return each(change, benchmark)


def letter_a(share: float, benchmark: Drawn, lot: Lot) -> Drawn:
    """So large a share of the choices is answered by A."""

    def change(question: Question) -> Question:
        first = lot.random() < share
        if not question.options or first == (question.answer == "A"):
            return question
        other = str(question.answer) if first else LETTERS[1 + lot.integers(len(question.options) - 1)]
        options = {**question.options, "A": question.options[other], other: question.options["A"]}
        text = "\n".join([question.text.split("\n")[0], *(f"{name}. {option}" for name, option in options.items())])
        return replace(question, options=options, text=text, answer="A" if first else other)

    return each(change, benchmark)


def near_options(benchmark: Drawn, lot: Lot) -> Drawn:
    """Two wrong options of FMAR are of the right one's part, two of others: the odd ones out are never right."""

    def change(question: Question) -> Question:
        if question.task != "FMAR":
            return question
        right = question.options[str(question.answer)]
        near = [name for name in MA_52 if MA_52[name] == MA_52[right] and name != right]
        far = [name for name in MA_52 if MA_52[name] != MA_52[right]]
        wrong = [*lot.choice(near, 2, replace=False), *lot.choice(far, 2, replace=False)]
        made = choice(int(question.clip[1:]), "FMAR", right, list(map(str, wrong)), lot)
        return replace(made, qid=question.qid)

    return each(change, benchmark)


def balanced_labels(benchmark: Drawn, lot: Lot) -> Drawn:
    """Every label is wrong exactly four times as often as it is right: wrong options are dealt from such a pack."""
    asked = [question for question in benchmark.questions if question.task == "FMAR"]
    rights = {question.qid: question.options[str(question.answer)] for question in asked}
    pack = [str(label) for label in lot.permutation([label for label in rights.values() for _ in range(4)])]
    wrong: dict[str, list[str]] = {}
    for qid, right in rights.items():
        taken: list[str] = []
        for place in range(len(pack) - 1, -1, -1):
            if len(taken) < 4 and pack[place] != right and pack[place] not in taken:
                taken.append(pack.pop(place))
        wrong[qid] = taken

    def change(question: Question) -> Question:
        if question.task != "FMAR" or len(wrong[question.qid]) < 4:
            return question
        return replace(
            choice(int(question.clip[1:]), "FMAR", rights[question.qid], wrong[question.qid], lot), qid=question.qid
        )

    return each(change, benchmark)


LEAKS: Mapping[str, Callable[[Drawn, Lot], Drawn]] = {
    "each statement exactly as often Yes as No": exact_pairs,
    "families Yes in 60 or 40 %": partial(biased_families, 0.6),
    "families Yes in 70 or 30 %": partial(biased_families, 0.7),
    "60 % of Yes, 40 % of No questions longer": partial(longer, 0.6),
    "70 % of Yes, 30 % of No questions longer": partial(longer, 0.7),
    "60 % of odd numbers Yes": partial(odd_numbers, 0.6),
    "all odd numbers Yes": partial(odd_numbers, 1.0),
    "letter A in 40 % of choices": partial(letter_a, 0.4),
    "FMAR: two options of the right part": near_options,
    "FMAR: labels exactly four times as often wrong": balanced_labels,
}
_CLIPS: Clips | None = None


def gate_of(kind: str, number: int) -> Gate:
    """The gate of one benchmark."""
    assert _CLIPS is not None
    benchmark = draw(_CLIPS, number)
    if kind in LEAKS:
        benchmark = LEAKS[kind](benchmark, np.random.default_rng([number, 1]))
    return take_gate(benchmark.questions, families=benchmark.families, repeats=1, seed=number)


def start(clips: Clips) -> None:
    """Hand the clips to a process."""
    global _CLIPS
    _CLIPS = clips


def report(count: int, fair: int, leaky: int) -> None:
    """Print what becomes of benchmarks of so many clips."""
    with ProcessPoolExecutor(initializer=start, initargs=(describe_clips(count),)) as processes:
        gates = list(processes.map(partial(gate_of, "fair"), range(fair), chunksize=2))
        passed = [gate.passed for gate in gates]
        strict = [all(row.verdict in ("chance", "labels") for row in gate.readings) for gate in gates]
        chance = 196 * sqrt(0.05 * 0.95 / fair)
        looks = sum(len(gate.readings) for gate in gates) / fair
        questions = (
            sum(sum(row.questions for row in gate.readings if row.look == "same answer") for gate in gates) / fair
        )
        print(f"\n{count} clips, {questions:,.0f} questions, {looks:.0f} looks; {fair} fair benchmarks:")
        print(f"pass the gate: {percent(passed)} % (chance moves it by up to {chance:.1f})")
        print(f"would pass each look's own 95 %: {percent(strict)} %")
        told = ", ".join(f"{look} {percent(found)}" for look, found in by_look(gates).items())
        print(f"readings outside of their own 95 %, percent: {told}\n", flush=True)

        print("| leak | refused, % | by |\n|---|---|---|", flush=True)
        for kind in LEAKS:
            gates = list(processes.map(partial(gate_of, kind), range(leaky), chunksize=2))
            by = Counter(look for gate in gates for look in {row.look for row in gate.leaks})
            most = ", ".join(f"{look} {100 * found / leaky:.0f}" for look, found in by.most_common(3))
            print(f"| {kind} | {percent([not gate.passed for gate in gates])} | {most} |", flush=True)


def percent(found: Sequence[bool]) -> str:
    """How many are so."""
    return f"{100 * float(np.mean(found)):.1f}"


def by_look(gates: Sequence[Gate]) -> dict[str, list[bool]]:
    """Look -> whether its readings that count are outside of their own 95 %."""
    outside: dict[str, list[bool]] = defaultdict(list)
    for gate in gates:
        for row in gate.readings:
            if row.judged:
                outside[row.look].append(row.verdict != "chance")
    return outside


def measure(clips: int) -> None:
    """Time and memory of one gate: the questions of 200 clips are asked again on copies, answers by lot."""
    some, lot = draw(describe_clips(200), 0), np.random.default_rng(0)
    questions = [
        replace(q, clip=f"{q.clip}-{copy}", qid=f"{q.task}_{lot.integers(10**12)}", answer=drawn_answer(q, lot))
        for copy in range(-(-clips // 200))
        for q in some.questions
    ]
    begun, cpu, memory = time.perf_counter(), time.process_time(), peak()
    gate = take_gate(questions)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    print(f"{len(questions):,} questions on {clips:,} clips: {len(gate.readings)} looks, passed: {gate.passed}")
    print(f"{seconds:.0f} s, {cpu:.0f} s of CPU; {memory:.0f} MB before, {peak():.0f} MB at most")


def drawn_answer(question: Question, lot: Lot) -> str:
    """An answer by lot."""
    possible = list(question.options) or ["Yes", "No"]
    return possible[lot.integers(len(possible))]


def peak() -> float:
    """Megabytes of this process, at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, nargs="+", default=[200, 600])
    parser.add_argument("--fair", type=int, default=400, help="benchmarks of each size (default %(default)s)")
    parser.add_argument("--leaky", type=int, default=60, help="of each leak and size (default %(default)s)")
    parser.add_argument("--rows", type=int, metavar="CLIPS", help="measure one gate on so many clips instead")
    chosen = parser.parse_args()
    if chosen.rows:
        measure(chosen.rows)
        return
    for count in chosen.clips:
        report(count, chosen.fair, chosen.leaky)


if __name__ == "__main__":
    main()
