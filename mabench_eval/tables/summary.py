"""``scores.md``, and the lines that a reader must know beside the tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mabench_eval.runfiles import (
    GENERATED,
    HUMAN,
    PREDICTED,
    ClosedScores,
    Figures,
    GroupAccuracy,
    GroupLevels,
    JudgeRecord,
    JudgingTotals,
    LabelScores,
    OpenScores,
    RubricRecord,
    RunScores,
    Totals,
)
from mabench_eval.tables.markdown import Markdown, markdown_heading, markdown_page, markdown_table, one_line
from mabench_eval.tables.rows import (
    HEADERS,
    NO_VALUE,
    Table,
    agreement_rows,
    circular_rows,
    detail_rows,
    flag_rows,
    interval,
    judged_officially,
    letter_rows,
    mean_level,
    number,
    open_rows,
    table2_cells,
)


def scores_markdown(scores: RunScores) -> str:
    """The content of ``scores.md``."""
    benchmark, frames = scores.benchmark, scores.frames
    seen = frames.words if frames else "frames not looked at"
    parts = [
        markdown_heading(1, f"{one_line(scores.label)} on {one_line(benchmark.name)}"),
        f"{benchmark.questions} questions on {benchmark.clips} clips; {seen}.",
        f"Judge: {judges_summary(scores.judges, scores.rubrics) if scores.judges else 'none'}.",
        *notes(scores),
        markdown_table(["Method", *HEADERS], [[scores.label, *table2_cells(scores)]], text_columns=1),
        *insights(scores),
        Markdown("## By task"),
        markdown_table(*detail_rows(scores), text_columns=1),
        *repeat_lines(scores),
        *_section(Markdown("## Letters of the options"), letter_rows(scores), text_columns=2),
        *_section("Right under every rotation of the options (95 % intervals by clips):", circular_rows(scores)),
        *_flags(scores),
        *_section(Markdown("## Open tasks"), open_rows(scores), text_columns=2),
        *_section(
            "Agreement of the judges, with 95 % intervals by clips:",
            agreement_rows(scores),
            text_columns=2,
        ),
        *label_lines(scores),
        *_by_body_part(scores),
    ]
    return markdown_page(parts)


MOST = 0.5
"""Share from which on replies that cannot be read, or questions that failed alike, say more than the figures do."""


def notes(scores: RunScores) -> list[str]:
    """What a reader must know beside the figures, a line each."""
    lines = [*_unanswered(scores), *_unreadable(scores)]
    if not scores.benchmark.labelled:
        lines.append("The question file has no answers: predictions only, nothing is scored.")
    if scores.repeats:
        lines.append(f"Every question asked {scores.repeats.k} times: figures are means over its answers.")
    lines += _circular_notes(scores)
    waiting = sum(task.n - task.judged for task in scores.open_tasks.values())
    if scores.benchmark.labelled and waiting:
        lines.append(f"{waiting} open answers are not judged.")
    if scores.judges and not judged_officially(scores.judges):
        names = ", ".join(judge.name for judge in scores.judges)
        alone = len(scores.judges) == 1
        what = "which is not the paper's judge" if alone else "a panel; levels are means over its judges"
        lines.append(f"Open tasks judged by {names}, {what}.")
    if scores.answers == HUMAN:
        lines.append("Answers of a person, who saw the whole clips.")
    elif scores.answers == PREDICTED:
        lines.append("Answers from a prediction file: how they came about is not recorded.")
    elif scores.answers != GENERATED:
        lines.append(f"Closed answers by {scores.answers}, not generated freely as in the paper.")
    if scores.input != "video":
        lines.append(f"Input: {scores.input}, not the benchmark's video.")
    if scores.trained_clips:
        lines.append(f"TRAINED on {scores.trained_clips} of the {scores.benchmark.clips} clips that it is tested on.")
    if not scores.benchmark.official:
        lines.append("Not the full official benchmark: not comparable with the paper's rows.")
    return lines


def _unanswered(scores: RunScores) -> Iterator[str]:
    """How many questions the figures do not speak of, and why."""
    if missing := scores.total - scores.n:
        yield (
            f"INCOMPLETE: {missing} of {scores.total} questions have no answer "
            f"(coverage {scores.coverage:.1f} %); figures are over those that have."
        )
    if scores.left_out_clips:
        yield (
            f"LEFT OUT: {scores.left_out_clips} of {scores.benchmark.clips} clips, whose files could not be used "
            "(run.json names them)."
        )


def _unreadable(scores: RunScores) -> Iterator[str]:
    """Tasks whose scores say more of how the model writes than of what it sees."""
    for name, task in scores.closed_tasks.items():
        unread = task.outcomes.get("unparsable", 0)
        if task.n and unread / task.n >= MOST:
            yield f"UNREAD: {unread} of {task.n} answers to {name} could not be read, and count as wrong."


def _circular_notes(scores: Figures) -> Iterator[str]:
    for name, task in (scores.circular or {}).items():
        if task.n < task.total:
            yield (
                f"INCOMPLETE: {task.total - task.n} of {task.total} {name} questions lack the answer to a rotation; "
                "circular figures are over those that have all."
            )
    if scores.circular:
        yield "Choices asked with their options rotated too: those answers are in the circular figures alone."


def insights(scores: Figures) -> list[str]:
    """Figures across tasks, a line each; of those that the tasks asked do not have, none."""
    hierarchy, all_correct = scores.hierarchy_consistency, scores.all_correct_per_clip
    closed, open_, final = (interval(scores.intervals.get(name)) for name in ("closed AVG", "open AVG", "final"))
    averages = [
        f"{name} {number(value)}{span}"
        for name, value, span in (("closed", scores.closed_avg, closed), ("open", scores.open_avg, open_))
        if value is not None
    ]
    lines = []
    if scores.final is not None:
        lines.append(f"Final score: {number(scores.final)}{final} (mean of the 12 sub-scores on 0-100)")
    if averages:
        lines.append(f"Averages: {', '.join(averages)} (in brackets 95 % intervals, by clips)")
    if hierarchy.n:
        lines.append(
            f"Hierarchy consistency: {number(hierarchy.value)} % of {hierarchy.n} clips "
            "(the coarse answer is the body part of the fine answer)"
        )
    if all_correct.n:
        lines.append(
            f"All correct per clip: {number(all_correct.value)} % of {all_correct.n} clips "
            "(every closed question of the clip is right)"
        )
    return lines


def repeat_lines(scores: Figures) -> list[str]:
    """What of the error of each figure is the luck of the answers, a line; nothing without repeats."""
    figures = scores.repeats.figures if scores.repeats else {}
    shares = [f"{name} {each.luck_share:.0f}" for name, each in figures.items() if each.luck_share is not None]
    if not shares:
        return []
    return [f"Percent of the squared standard error that more repeats would take away: {', '.join(shares)}"]


def label_lines(scores: Figures) -> list[str]:
    """How well the labels that open answers name fit the references and the model's own closed answers, a line each."""
    return [
        f"{kind.capitalize()} label in {name}: {'; '.join(_label_figures(label))}"
        for name, task in scores.open_tasks.items()
        for kind, label in (task.labels or {}).items()
        if label.n or label.pairs
    ]


def _label_figures(label: LabelScores) -> Iterator[str]:
    if label.n:
        yield f"{number(label.accuracy)} % right of {label.n} ({number(label.named)} % name one)"
    if label.pairs:
        yield f"the same as the model's own closed answer on {number(label.same_as_closed)} % of {label.pairs} clips"


def judges_summary(judges: Sequence[JudgeRecord], rubrics: Mapping[str, RubricRecord]) -> str:
    """Who judged, by which rubrics: names and rubrics each with the first digits of their sha256."""
    names = ", ".join(f"{one_line(judge.name)} {judge.sha256[:8]}" for judge in judges)
    by = ", ".join(
        f"{one_line(task)} v{one_line(rubric.version)} {rubric.sha256[:8]}" for task, rubric in rubrics.items()
    )
    return f"{'mean of ' if len(judges) > 1 else ''}{names}; rubrics {by}"


def judging_usage(judging: Mapping[str, JudgingTotals]) -> list[str]:
    """Calls, tokens and price of the judges that are models, a line each."""
    return [
        f"Judge {name}: {spent.calls:,} calls; {spent.prompt_tokens:,} prompt and {spent.output_tokens:,} "
        "answer tokens" + ("" if spent.cost_usd is None else f"; ${spent.cost_usd:.2f}")
        for name, spent in judging.items()
        if spent.calls
    ]


def usage(totals: Totals, requested: str | None) -> list[str]:
    """Tokens and price where there are any, retries, and models that answered in another's place, a line each."""
    lines = []
    if totals.prompt_tokens:
        cost = "" if totals.cost_usd is None else f"; ${totals.cost_usd:.2f}"
        lines.append(
            f"Tokens: {totals.prompt_tokens:,} prompt ({totals.cached_tokens:,} cached), "
            f"{totals.output_tokens:,} answer{cost}"
        )
    if totals.retries:
        lines.append(f"Retries: {totals.retries:,} tries failed and were made again")
    for served, count in totals.served_by.items():
        if requested is not None and not served.startswith(requested):
            lines.append(f"ATTENTION: {count} answers came from {served!r}; asked for was {requested!r}.")
    return lines


def _section(title: str, table: Table, *, text_columns: int = 1) -> list[str]:
    """A table below its title; nothing where it has no rows."""
    header, rows = table
    return [title, markdown_table(header, rows, text_columns=text_columns)] if rows else []


def _flags(scores: RunScores) -> list[str]:
    """Clean and hard accuracies; nothing without flags."""
    header, rows = flag_rows(scores)
    if not rows or not scores.flags:
        return []
    source = f"By the flags {scores.flags.sha256[:8]} of an audit"
    explained = f"{source}: on unflagged questions, and on those that its probe gets wrong."
    return [Markdown("## Clean and hard questions"), explained, markdown_table(header, rows)]


def _by_body_part(scores: Figures) -> list[str]:
    """Accuracy (or mean level) by body part, a row a part, a column a task; nothing without references."""
    groups: dict[str, Mapping[str, GroupAccuracy] | Mapping[str, GroupLevels]] = {
        name: task.by_body_part for name, task in scores.tasks.items() if isinstance(task, ClosedScores | OpenScores)
    }
    parts = dict.fromkeys(part for by_part in groups.values() for part in by_part)
    rows = [[part, *(_group(by_part.get(part)) for by_part in groups.values())] for part in parts]
    return [Markdown("## By body part"), markdown_table(["Body part", *groups], rows, text_columns=1)] if rows else []


def _group(group: GroupAccuracy | GroupLevels | None) -> str:
    if group is None:
        return NO_VALUE
    return number(mean_level(group) if isinstance(group, GroupLevels) else group.accuracy)
