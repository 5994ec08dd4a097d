"""Whether the gate lets fair benchmarks through and stops those that leak, on benchmarks that are drawn by the hundred.

python -m benchmarks.gate [--clips 200 600] [--fair 400] [--leaky 60] [--rows CLIPS]

The clips show the demo's figure with random movements and random labels (``tests.support.construction``); a pool of
them is described once, and each benchmark is drawn anew on a part of it: two questions of SAD, MAD, MAS and PPR a clip
where there are statements for them, answers by a fair coin, and CMAR and FMAR. Printed are, in percent of the
benchmarks:

- fair ones that pass (target: about 95, not less than chance explains), what Holm's bound makes of it, and how many
  would pass if every look were held to its own 95 %;
- of each leak how many are refused, at each size, and by how many of the looks that are made for it.

``--rows 20500`` measures time and memory of one gate on a benchmark of so many clips instead, made up by copying 200.
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
from mabench_eval.construction import Statement, statements, truth
from mabench_eval.types import Question
from tests.support.construction import DrawnClip, drawn_clips

POOL = 1.5
"""Times the clips of the largest benchmark that are drawn in all."""
TASKS = ("SAD", "MAD", "MAS", "PPR")
STEMS = ("Which body part moves most?", "Which part is it?", "What moves?", "Which is the body part?", "Which one?")
LETTERS = "ABCDEFG"
PARTS = tuple(dict.fromkeys(MA_52.values()))
Coin = Callable[[Statement, np.random.Generator], bool]


@dataclass(frozen=True)
class Pool:
    """Clips, and what is true of them."""

    labels: Sequence[str]
    """Clip -> its action."""
    truths: Mapping[Statement, Mapping[int, bool]]
    """Statement -> clip -> whether it is so; open ones are left out."""

    @classmethod
    def of(cls, clips: Sequence[DrawnClip]) -> Pool:
        """Look everything up once."""
        found: dict[Statement, dict[int, bool]] = defaultdict(dict)
        for number, clip in enumerate(clips):
            for statement in statements():
                if (so := truth(statement, clip.descriptor)) is not None:
                    found[statement][number] = so
        return cls([clip.row.fine for clip in clips], found)


def fair_coin(_: Statement, lot: np.random.Generator) -> bool:
    """Whether the answer is to be Yes."""
    return bool(lot.random() < 0.5)


def draw(pool: Pool, clips: Sequence[int], lot: np.random.Generator, coin: Coin = fair_coin) -> list[Question]:
    """A benchmark: family, statement, coin, then a clip where the statement has that answer."""
    questions = []
    for task in TASKS:
        questions += draw_task(pool, task, clips, lot, coin)
    for clip in clips:
        questions += choices(pool, clip, lot)
    return numbered(questions, lot)


def draw_task(pool: Pool, task: str, clips: Sequence[int], lot: np.random.Generator, coin: Coin) -> list[Question]:
    """Two questions of the task on every clip, as far as there are statements with open clips of either answer."""
    chosen = set(clips)
    places = {
        statement: {
            answer: [clip for clip, so in where.items() if so is answer and clip in chosen] for answer in (True, False)
        }
        for statement, where in pool.truths.items()
        if statement.task == task
    }
    families: dict[str, list[Statement]] = defaultdict(list)
    for statement, where in places.items():
        if where[True] and where[False]:
            families[statement.family].append(statement)
    room, used, asked = Counter(dict.fromkeys(clips, 2)), defaultdict(set), []
    while families:
        names = sorted(families)
        family = families[names[lot.integers(len(names))]]
        statement = family[lot.integers(len(family))]
        open_clips = {
            answer: [clip for clip in places[statement][answer] if room[clip] and statement not in used[clip]]
            for answer in (True, False)
        }
        if not open_clips[True] or not open_clips[False]:
            family.remove(statement)
            families = {name: left for name, left in families.items() if left}
            continue
        answer = coin(statement, lot)
        clip = open_clips[answer][lot.integers(len(open_clips[answer]))]
        room[clip] -= 1
        used[clip].add(statement)
        asked.append(Question("", task, f"c{clip}", wording(statement), {}, "Yes" if answer else "No"))
    return asked


def wording(statement: Statement) -> str:
    """One for each statement, whatever the answer."""
    words = [statement.family, *statement.parts, *filter(None, [statement.phase]), *statement.directions]
    return f"Is it so: {', '.join(words)}?"


def choices(pool: Pool, clip: int, lot: np.random.Generator) -> list[Question]:
    """CMAR with all parts and FMAR with four others by lot, in random order."""
    action = pool.labels[clip]
    others = [str(name) for name in lot.choice([name for name in MA_52 if name != action], 4, replace=False)]
    return [
        choice(clip, "CMAR", MA_52[action], [part for part in PARTS if part != MA_52[action]], lot),
        choice(clip, "FMAR", action, others, lot),
    ]


def choice(clip: int, task: str, right: str, wrong: Sequence[str], lot: np.random.Generator) -> Question:
    """A question with its options in random order."""
    options = [right, *wrong]
    shown = {LETTERS[place]: options[number] for place, number in enumerate(lot.permutation(len(options)))}
    answer = next(letter for letter, option in shown.items() if option == right)
    text = "\n".join([STEMS[lot.integers(len(STEMS))], *(f"{letter}. {option}" for letter, option in shown.items())])
    return Question("", task, f"c{clip}", text, shown, answer)


def numbered(questions: Sequence[Question], lot: np.random.Generator) -> list[Question]:
    """Random numbers without repetition, in random order."""
    numbers, order = lot.permutation(10 * len(questions)), lot.permutation(len(questions))
    return [replace(questions[place], qid=f"{questions[place].task}_{numbers[place]:06d}") for place in order]


# --- leaks: a pool, clips and a lot to a benchmark ---


def biased_families(share: float, pool: Pool, clips: Sequence[int], lot: np.random.Generator) -> list[Question]:
    """Of every other family this share is Yes, of the others so much is No."""
    names = sorted({(s.task, s.family) for s in pool.truths})
    yes = {name: share if place % 2 else 1 - share for place, name in enumerate(names)}
    return draw(pool, clips, lot, lambda statement, lot: bool(lot.random() < yes[statement.task, statement.family]))


def exact_pairs(pool: Pool, clips: Sequence[int], lot: np.random.Generator) -> list[Question]:
    """Each statement exactly as often Yes as No: the coin of a statement falls the other way every second time."""
    last: dict[Statement, bool] = {}

    def coin(statement: Statement, lot: np.random.Generator) -> bool:
        if statement in last:
            return not last.pop(statement)
        last[statement] = bool(lot.random() < 0.5)
        return last[statement]

    return draw(pool, clips, lot, coin)


def longer(share: float, pool: Pool, clips: Sequence[int], lot: np.random.Generator) -> list[Question]:
    """So large a share of the Yes questions has two words more, and the rest of it of the No questions."""

    def reworded(question: Question) -> Question:
        more = lot.random() < (share if question.answer == "Yes" else 1 - share)
        return replace(question, text="Look closely. " * more + question.text) if not question.options else question

    return [reworded(question) for question in draw(pool, clips, lot)]


def odd_numbers(share: float, pool: Pool, clips: Sequence[int], lot: np.random.Generator) -> list[Question]:
    """So large a share of the Yes questions has an odd number, and of the No questions an even one."""

    def renumbered(question: Question) -> Question:
        task, number = question.qid.split("_")
        odd = (lot.random() < share) == (question.answer == "Yes")
        return replace(question, qid=f"{task}_{2 * int(number) + odd:07d}") if not question.options else question

    return [renumbered(question) for question in draw(pool, clips, lot)]


def letter_a(share: float, pool: Pool, clips: Sequence[int], lot: np.random.Generator) -> list[Question]:
    """So large a share of the choices is answered by A."""

    def moved(question: Question) -> Question:
        first = lot.random() < share
        if not question.options or first == (question.answer == "A"):
            return question
        other = question.answer if first else LETTERS[1 + lot.integers(len(question.options) - 1)]
        options = {**question.options, "A": question.options[other], other: question.options["A"]}
        text = "\n".join([question.text.split("\n")[0], *(f"{name}. {option}" for name, option in options.items())])
        return replace(question, options=options, text=text, answer="A" if first else other)

    return [moved(question) for question in draw(pool, clips, lot)]


def near_options(pool: Pool, clips: Sequence[int], lot: np.random.Generator) -> list[Question]:
    """Two wrong options of FMAR are of the right one's part, two of others: the odd ones out are never right."""

    def neighbours(question: Question) -> Question:
        if question.task != "FMAR":
            return question
        right = question.options[str(question.answer)]
        near = [name for name in MA_52 if MA_52[name] == MA_52[right] and name != right]
        far = [name for name in MA_52 if MA_52[name] != MA_52[right]]
        wrong = [*lot.choice(near, 2, replace=False), *lot.choice(far, 2, replace=False)]
        made = choice(int(question.clip[1:]), "FMAR", right, list(map(str, wrong)), lot)
        return replace(made, qid=question.qid)

    return [neighbours(question) for question in draw(pool, clips, lot)]


LEAKS: Mapping[str, Callable[[Pool, Sequence[int], np.random.Generator], list[Question]]] = {
    "each statement exactly as often Yes as No": exact_pairs,
    "families Yes in 60 or 40 %": partial(biased_families, 0.6),
    "families Yes in 70 or 30 %": partial(biased_families, 0.7),
    "60 % of Yes, 40 % of No questions longer": partial(longer, 0.6),
    "70 % of Yes, 30 % of No questions longer": partial(longer, 0.7),
    "60 % of odd numbers Yes": partial(odd_numbers, 0.6),
    "all odd numbers Yes": partial(odd_numbers, 1.0),
    "letter A in 40 % of choices": partial(letter_a, 0.4),
    "FMAR: two options of the right part": near_options,
}
_POOL: Pool | None = None


def gate_of(kind: str, clips: int, number: int) -> Gate:
    """The gate of one benchmark that is drawn."""
    assert _POOL is not None
    lot = np.random.default_rng([clips, number, len(kind)])
    chosen = [int(clip) for clip in lot.choice(len(_POOL.labels), clips, replace=False)]
    questions = LEAKS[kind](_POOL, chosen, lot) if kind in LEAKS else draw(_POOL, chosen, lot)
    return take_gate(questions, seed=number)


def start(pool: Pool) -> None:
    """Hand the pool to a process."""
    global _POOL
    _POOL = pool


def report(clips: Sequence[int], fair: int, leaky: int) -> None:
    """Print both tables."""
    pool = Pool.of(list(drawn_clips(round(POOL * max(clips)))))
    chance = 196 * sqrt(0.05 * 0.95 / fair)
    print(f"chance alone moves a share of fair benchmarks by up to {chance:.1f}\n")
    print("| clips | fair benchmarks | looks | pass | pass each look's own 95 % | looks outside their own 95 % |")
    print("|---|---|---|---|---|---|", flush=True)
    with ProcessPoolExecutor(initializer=start, initargs=(pool,)) as processes:
        for size in clips:
            gates = list(processes.map(partial(gate_of, "fair", size), range(fair), chunksize=4))
            passed = 100 * np.mean([gate.passed for gate in gates])
            strict = 100 * np.mean([all(row.verdict == "chance" for row in gate.readings) for gate in gates])
            looks = [row.verdict != "chance" for gate in gates for row in gate.readings]
            count = len(looks) / fair
            print(f"| {size} | {fair} | {count:.0f} | {passed:.1f} | {strict:.1f} | {100 * np.mean(looks):.1f} |")
            for name, share in by_look(gates).items():
                print(f"|   | {name} | | | | {share:.1f} |", flush=True)

        print("\n| leak | " + " | ".join(f"refused, {size} clips" for size in clips) + " | by |")
        print("|---|" + "---|" * len(clips) + "---|", flush=True)
        for kind in LEAKS:
            shares, by = [], Counter[str]()
            for size in clips:
                gates = list(processes.map(partial(gate_of, kind, size), range(leaky), chunksize=2))
                shares.append(f"{100 * np.mean([not gate.passed for gate in gates]):.0f}")
                for gate in gates:
                    by.update({row.look for row in gate.leaks})
            print(f"| {kind} | {' | '.join(shares)} | {', '.join(name for name, _ in by.most_common(3))} |", flush=True)


def by_look(gates: Sequence[Gate]) -> dict[str, float]:
    """Look -> percent of its readings outside of its own 95 %."""
    outside: dict[str, list[bool]] = defaultdict(list)
    for gate in gates:
        for row in gate.readings:
            outside[row.look].append(row.verdict != "chance")
    return {look: 100 * float(np.mean(found)) for look, found in outside.items()}


def measure(clips: int) -> None:
    """Time and memory of one gate: the questions of 200 clips are asked again on copies, answers by lot."""
    pool = Pool.of(list(drawn_clips(200)))
    lot = np.random.default_rng(0)
    some = draw(pool, range(200), lot)
    questions = [
        replace(q, clip=f"{q.clip}-{copy}", qid=f"{q.task}_{copy * 100_000 + place}", answer=drawn(q, lot))
        for copy in range(-(-clips // 200))
        for place, q in enumerate(some)
    ]
    begin, memory = time.process_time(), peak()
    began = time.perf_counter()
    gate = take_gate(questions)
    print(f"{len(questions):,} questions on {clips:,} clips: {len(gate.readings)} looks, passed: {gate.passed}")
    seconds, cpu = time.perf_counter() - began, time.process_time() - begin
    print(f"{seconds:.0f} s, {cpu:.0f} s of CPU; {memory:.0f} MB before, {peak():.0f} MB at most")


def drawn(question: Question, lot: np.random.Generator) -> str:
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
    else:
        report(chosen.clips, chosen.fair, chosen.leaky)


if __name__ == "__main__":
    main()
