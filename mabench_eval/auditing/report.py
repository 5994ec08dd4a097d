"""An audit in words and tables: what everybody must see first, then what was looked for, then the figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from mabench_eval.auditing.findings import Finding, Share, Shortcut
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

SHOWN = 3
"""Places named of a finding."""
COUNTS = ("Task", "Questions", "Clips", "Different texts", "With answer")
SHORTCUTS = ("Task", "Rule", "Answers", "Accuracy", "95 %", "Chance", "Paper's best", "")
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
    if result.shortcuts:
        lines += [
            markdown_heading(2, "How far one gets without the video"),
            how(result),
            markdown_table(SHORTCUTS, shortcut_rows(result.shortcuts), text_columns=2),
            rules_told(result),
            markdown_heading(2, "Words that the text-only probe goes by"),
            markdown_table(WORDS, word_rows(result), text_columns=3),
        ]
    return markdown_page([*lines, markdown_heading(2, "Flags"), *flag_lines(result)])


def alarms(result: Audit) -> list[str]:
    """What must not be overlooked: rules that see no video and beat the best model of the paper; a line a task."""
    above: dict[str, list[Shortcut]] = defaultdict(list)
    for row in result.shortcuts:
        if row.above_best != "no":
            above[row.task].append(row)
    return [
        f"{task}, without the video: {', '.join(map(_reached, rows))}; "
        f"the paper's best model, {rows[0].best_name}: {rows[0].best:.2f} %"
        for task, rows in above.items()
    ]


def _reached(row: Shortcut) -> str:
    return f"{row.rule} {row.accuracy:.1f} % {_span(row.low, row.high)}"


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


def shortcut_rows(shortcuts: Iterable[Shortcut]) -> list[list[str]]:
    """A row for each task and rule."""
    marks = {"no": "", "yes": "above", "clearly": "ABOVE"}
    return [
        [
            row.task,
            row.rule,
            f"{row.applies}/{row.questions}",
            f"{row.accuracy:.1f}",
            _span(row.low, row.high),
            f"{row.chance:.1f}",
            "-" if row.best is None else f"{row.best:.2f}",
            marks[row.above_best],
        ]
        for row in shortcuts
    ]


def how(result: Audit) -> str:
    """How the shortcuts were measured."""
    if result.probe is None:
        return ""
    return (
        f"Accuracy in percent on clips that a rule has not learnt from: {result.probe['folds']} parts of whole clips, "
        f"dealt {result.probe['repeats']} times; 95 % intervals by clips. A question on which a rule says nothing is "
        "counted as a guess; Answers: on how many it says something. The paper's best is on the official questions; "
        "above: the rule is, ABOVE: its whole interval is."
    )


def rules_told(result: Audit) -> str:
    """What each rule does, a list."""
    explanations = {row.rule: row.told for row in result.shortcuts}
    return markdown_list(f"{rule}: {what}" for rule, what in explanations.items())


def word_rows(result: Audit) -> list[list[str]]:
    """A row a word."""
    return [
        [word.task, word.answer, word.word, f"{word.weight:+.2f}", str(word.of_answer), str(word.of_others)]
        for word in result.words
    ]


def flag_lines(result: Audit) -> Sequence[str]:
    """How many questions are flagged as what."""
    counts = result.document()["flags"]
    clean = sum(not flagged.flags for flagged in result.flags.values())
    listed = ", ".join(f"{flag} {count:,}" for flag, count in counts.items()) or "none"
    return [f"Flagged: {listed}. Clean: {clean:,} of {len(result.flags):,} questions."]


def _span(low: float | None, high: float | None) -> str:
    return "-" if low is None or high is None else f"[{low:.1f}, {high:.1f}]"
