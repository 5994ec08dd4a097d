"""An audit in words and tables: what everybody must see first, then what was looked for, then the figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from mabench_eval.auditing.findings import Finding, Share
from mabench_eval.auditing.gate import Gate
from mabench_eval.auditing.looks import BY_CLIP, BY_STATEMENT, TOLD
from mabench_eval.auditing.readings import Reading
from mabench_eval.auditing.run import Audit
from mabench_eval.tables import (
    Markdown,
    escape_line,
    markdown_heading,
    markdown_list,
    markdown_page,
    markdown_table,
    one_line,
)
from mabench_eval.text import decimals

SHOWN = 3
"""Places named of a finding."""
COUNTS = ("Task", "Questions", "Clips", "Different texts", "With answer")
LOOKS = ("Task", "Look", "Of", "Reads", "By chance, 95 %", "p", "")
WORDS = ("Task", "Speaks for", "Word", "Weight", "For", "Against")
SHARES = ("Task", "Answer", "Right in %", "95 %", "Even %", "")


def report_markdown(result: Audit) -> str:
    """The audit as a Markdown document."""
    about = result.benchmark
    lines: list[str] = [
        markdown_heading(1, f"Audit of {one_line(about.name)}"),
        Markdown(
            f"{len(about.questions):,} questions on {len(about.clip_names):,} clips, sha256 `{about.sha256[:12]}`."
        ),
        *(Markdown(f"> **{escape_line(line)}**") for line in alarms(result)),
        markdown_heading(2, "Questions"),
        markdown_table(COUNTS, count_rows(result)),
        markdown_heading(2, "Structure"),
        markdown_list(finding_lines(result.findings)),
    ]
    if result.shares:
        lines += [
            markdown_heading(2, "How often each answer is right"),
            markdown_table(SHARES, share_rows(result.shares), text_columns=2),
        ]
    if result.readings:
        lines += [
            markdown_heading(2, "How far one gets without the video"),
            how(result),
            markdown_table(LOOKS, look_rows(result.readings), text_columns=2),
            looks_told(result.readings),
            markdown_list(verdict_lines(result.gate)),
            markdown_heading(2, "Words that the text-only probe goes by"),
            markdown_table(WORDS, word_rows(result), text_columns=3),
        ]
    return markdown_page([*lines, markdown_heading(2, "Flags"), *flag_lines(result)])


def alarms(result: Audit) -> list[str]:
    """What must not be overlooked: looks that see no video and beat the best model of the paper; a line a task.

    Not those that chance explains, nor those outside of it for themselves alone that say nothing of most questions.
    """
    above: dict[str, list[Reading]] = defaultdict(list)
    for row in result.readings:
        told = row.verdict == "leak" or (row.verdict == "outside" and row.applies == row.questions)
        if told and row.above_best != "no":
            above[row.task].append(row)
    return [
        f"{task}, without the video: {', '.join(map(_reached, rows))}; "
        f"the paper's best model, {rows[0].best_name}: {rows[0].best:.2f} %"
        for task, rows in above.items()
    ]


def _reached(row: Reading) -> str:
    return f"{row.look} {row.reached:.1f} % {_span(row.low, row.high)}"


def count_rows(result: Audit) -> list[list[str]]:
    """A row a task."""
    return [
        [task, *(f"{counts[name]:,}" for name in ("questions", "clips", "texts", "answers"))]
        for task, counts in result.tasks.items()
    ]


def finding_lines(findings: Iterable[Finding]) -> list[str]:
    """A line for each check that found something, then one that names those that found nothing."""
    lines, nothing = [], []
    for each in findings:
        if each.found:
            few = ", ".join(each.places[:SHOWN]) + (", ..." if len(each.places) > SHOWN else "")
            lines.append(
                f"{each.check}: {each.found:,} of {each.of:,} {each.unit}: {each.told}" + f" ({few})" * bool(few)
            )
        elif each.of:
            nothing.append(each.check)
    return [*lines, f"nothing found: {', '.join(nothing)}"] if nothing else lines


def share_rows(shares: Iterable[Share]) -> list[list[str]]:
    """A row for each answer of each task; marked where its interval leaves out the even share."""
    return [
        [
            row.task,
            row.answer,
            f"{row.share:.1f}",
            _span(row.low, row.high),
            f"{row.even:.1f}",
            "uneven" if row.low is not None and row.high is not None and not row.low <= row.even <= row.high else "",
        ]
        for row in shares
    ]


def look_rows(readings: Iterable[Reading]) -> list[list[str]]:
    """A row for each task and look; what it points at stands in brackets."""
    marks = {"chance": "", "outside": "outside", "leak": "LEAK", "labels": "labels"}
    return [
        [
            row.task,
            f"{row.look} ({row.what})" if row.what else row.look,
            f"{row.applies:,}",
            f"{row.accuracy:.1f}",
            f"{row.chance:.1f} {_span(row.chance_low, row.chance_high)}",
            _p(row.adjusted) if row.judged else "-",
            marks[row.verdict],
        ]
        for row in readings
    ]


def shown_looks(readings: Iterable[Reading]) -> tuple[list[Reading], int]:
    """What a screen shows: what words say, and what is not as chance has it; and how many others there are."""
    rows = list(readings)
    shown = [row for row in rows if row.look in (BY_CLIP, BY_STATEMENT) or row.verdict != "chance"]
    return shown, len(rows) - len(shown)


def verdict_lines(gate: Gate) -> list[str]:
    """Whether the benchmark may go out, and why not."""
    if gate.passed:
        return [
            f"Passed: none of {len(gate.readings)} looks tells more than chance, and nothing is there that must not be."
        ]
    leaks: dict[str, list[str]] = defaultdict(list)
    for row in gate.leaks:
        leaks[row.task].append(f"{row.look}{f' ({row.what})' if row.what else ''} {row.accuracy:.1f} %")
    return [
        *(f"Refused: {task}: {', '.join(rows)}" for task, rows in leaks.items()),
        *(f"Refused: {row.check}: {row.found:,} of {row.of:,} {row.unit}" for row in gate.faults),
    ]


def how(result: Audit) -> str:
    """How the looks were taken."""
    if result.probe is None:
        return ""
    return (
        f"Reads: percent right. Words are learnt on other clips, or on other statements ({result.probe['folds']} "
        f"parts, more in large files, dealt {result.probe['repeats']} times, large files once); the rest is counted, "
        "on so many questions (Of). By chance: answers by lot, and where 95 % of readings lie then; what is below "
        "tells by its complement. outside: of this range; LEAK: among all looks at the file too (p by Holm, 5 %); "
        "labels: all questions of the task have the same options, so that this is how often clips have which label."
    )


def looks_told(readings: Iterable[Reading]) -> str:
    """What each look goes by, a list."""
    return markdown_list(f"{look}: {TOLD[look]}" for look in dict.fromkeys(row.look for row in readings))


def word_rows(result: Audit) -> list[list[str]]:
    """A row a word."""
    return [
        [
            word.task,
            word.answer,
            word.word,
            decimals(word.weight, signed=True),
            str(word.of_answer),
            str(word.of_others),
        ]
        for word in result.words
    ]


def flag_lines(result: Audit) -> Sequence[str]:
    """How many questions are flagged as what."""
    counts = result.document()["flags"]
    clean = sum(not flagged.flags for flagged in result.flags.values())
    listed = ", ".join(f"{flag} {count:,}" for flag, count in counts.items()) or "none"
    return [f"Flagged: {listed}. Clean: {clean:,} of {len(result.flags):,} questions."]


def _p(value: float) -> str:
    return "<.001" if value < 0.001 else f"{value:.3f}".removeprefix("0")


def _span(low: float | None, high: float | None) -> str:
    return "-" if low is None or high is None else f"[{low:.1f}, {high:.1f}]"
