"""Tables of a run in the shape of the paper's Table 2, and what the paper does not show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mabench_eval.tables.markdown import escape_markdown, markdown_table
from mabench_eval.taxonomy import LEVELS, OFFICIAL_CLOSED, OFFICIAL_OPEN
from mabench_eval.types import Json

HEADERS = (*OFFICIAL_CLOSED, "AVG", *(f"{task} {level}" for task in OFFICIAL_OPEN for level in LEVELS), "AVG")
"""The fourteen columns of Table 2: six accuracies (percent) and their mean, six levels (0-5) and theirs."""
NO_VALUE = "-"
NOTHING: Json = {"value": None, "low": None, "high": None}


def judged_officially(judges: Sequence[Json]) -> bool:
    """Whether the open scores are those of the paper's judge, alone."""
    return len(judges) == 1 and bool(judges[0]["official"])


def judges_told(judges: Sequence[Json], rubrics: Json) -> str:
    """Who judged, by which rubrics, in Markdown: names and rubrics each with the first digits of their sha256."""
    names = ", ".join(f"{escape_markdown(judge['name'])} {judge['sha256'][:8]}" for judge in judges)
    by = ", ".join(
        f"{escape_markdown(task)} v{escape_markdown(rubric['version'])} {rubric['sha256'][:8]}"
        for task, rubric in rubrics.items()
    )
    return f"{'mean of ' if len(judges) > 1 else ''}{names}; rubrics {by}"


def number(value: float | None) -> str:
    """Two decimals, as the paper prints; ``-`` for what does not exist."""
    return NO_VALUE if value is None else f"{value:.2f}"


def table2_cells(scores: Json) -> list[str]:
    """The fourteen cells of a run, in the order of ``HEADERS``."""
    return [number(value) for value in _figures(scores)]


def _figures(scores: Json) -> list[float | None]:
    tasks = scores["tasks"]
    closed = [tasks.get(task, {}).get("accuracy") for task in OFFICIAL_CLOSED]
    levels = [tasks.get(task, {}).get("levels", {}).get(level) for task in OFFICIAL_OPEN for level in LEVELS]
    return [*closed, scores["closed_avg"], *levels, scores["open_avg"]]


def sweep_rows(scores: Mapping[int, Json], base: int = 8) -> tuple[list[str], list[list[str]]]:
    """Header and rows in the shape of the paper's Table 3: frames, Table 2's cells, and the difference to ``base``."""
    rows = [[str(frames), *table2_cells(found)] for frames, found in scores.items()]
    if base in scores:
        own = _figures(scores[base])
        for frames, found in scores.items():
            if frames != base:
                rows.append([f"{frames} - {base}", *map(_difference, _figures(found), own)])
    return ["Frames", *HEADERS], rows


def _difference(value: float | None, other: float | None) -> str:
    return NO_VALUE if value is None or other is None else f"{value - other:+.2f}"


def detail_rows(scores: Json) -> tuple[list[str], list[list[str]]]:
    """Header and one row a task: how many, what became of them, and what puts the score in its place.

    Score is the accuracy with its interval, or the mean of the levels; "Cover" the questions with an answer, percent;
    "Above" the accuracy corrected for chance, 0-100; "Bal." the balanced accuracy, percent.
    """
    header = ["Task", "n", "Cover", "Unread", "Refused", "Error", "Score", "95 %", "Chance", "Above", "Bal.", "Yes %"]
    return header, [_detail(name, task, scores["intervals"]) for name, task in scores["tasks"].items()]


def notes(scores: Json) -> list[str]:
    """What a reader must know beside the figures, a line each."""
    lines = []
    missing = scores["total"] - scores["n"]
    if missing:
        lines.append(
            f"INCOMPLETE: {missing} of {scores['total']} questions have no answer "
            f"(coverage {scores['coverage']:.1f} %); figures are over those that have."
        )
    if not scores["benchmark"]["labelled"]:
        lines.append("The question file has no answers: predictions only, nothing is scored.")
    if "repeats" in scores:
        lines.append(f"Every question asked {scores['repeats']['k']} times: figures are means over its answers.")
    for name, found in scores.get("circular", {}).items():
        if found["n"] < found["total"]:
            lines.append(
                f"INCOMPLETE: {found['total'] - found['n']} of {found['total']} {name} questions lack the answer to a "
                "rotation; circular figures are over those that have all."
            )
    if "circular" in scores:
        lines.append("Choices asked with their options rotated too: those answers are in the circular figures alone.")
    waiting = sum(task["n"] - task["judged"] for task in scores["tasks"].values() if "levels" in task)
    if scores["benchmark"]["labelled"] and waiting:
        lines.append(f"{waiting} open answers are not judged.")
    judges = scores["judges"]
    if judges and not judged_officially(judges):
        names = ", ".join(judge["name"] for judge in judges)
        what = "which is not the paper's judge" if len(judges) == 1 else "a panel; levels are means over its judges"
        lines.append(f"Open tasks judged by {names}, {what}.")
    if scores["answers"] != "generate":
        lines.append(f"Closed answers by {scores['answers']}, not generated freely as in the paper.")
    if scores["input"] != "video":
        lines.append(f"Input: {scores['input']}, not the benchmark's video.")
    if not scores["benchmark"]["official"]:
        lines.append("Not the full official benchmark: not comparable with the paper's rows.")
    return lines


def insights(scores: Json) -> list[str]:
    """Figures across tasks, a line each."""
    hierarchy, all_correct = scores["hierarchy_consistency"], scores["all_correct_per_clip"]
    found = scores["intervals"]
    closed, open_, final = (_span(found.get(name)) for name in ("closed AVG", "open AVG", "final"))
    return [
        f"Final score: {number(scores['final'])}{final} (mean of the 12 sub-scores on 0-100)",
        f"Averages: closed {number(scores['closed_avg'])}{closed}, open {number(scores['open_avg'])}{open_} "
        "(in brackets 95 % intervals, by clips)",
        f"Hierarchy consistency: {number(hierarchy['value'])} % of {hierarchy['n']} clips "
        "(the coarse answer is the body part of the fine answer)",
        f"All correct per clip: {number(all_correct['value'])} % of {all_correct['n']} clips "
        "(every closed question of the clip is right)",
    ]


def open_rows(scores: Json) -> tuple[list[str], list[list[str]]]:
    """Header and a row a judge and level: how many answers got 0, 1, ... 5, their mean, and percent of at least 4."""
    rows = []
    for name, task in _open(scores):
        for level in task["levels"]:
            for judge, given in task["judges"].items():
                figures = (number(given["levels"][level]), number(given["high"][level]))
                rows.append([f"{name} {level}", judge, *map(str, given["histogram"][level]), *figures])
            if "panel" in task:
                middle = number(task["panel"]["median"][level])
                rows.append([f"{name} {level}", "median of the panel", *[NO_VALUE] * 6, middle, NO_VALUE])
    return ["Level", "Judge", *map(str, range(6)), "Mean", ">= 4 %"], rows


def agreement_rows(scores: Json) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a panel's agreement: alpha of all, then kappa, exact and within one (percent) of each pair."""
    header = ["Level", "Judges", "n", "Alpha", "Kappa", "Exact %", "Within 1 %"]
    rows = []
    for name, task in _open(scores):
        for level, found in task.get("panel", {}).get("agreement", {}).items():
            rows.append([f"{name} {level}", "all", str(found["items"]), _interval(found["alpha"]), *[NO_VALUE] * 3])
            for pair in found["pairs"]:
                figures = [_interval(pair[figure]) for figure in ("kappa", "exact", "within_one")]
                rows.append([f"{name} {level}", " / ".join(pair["judges"]), str(pair["n"]), NO_VALUE, *figures])
    return header, rows


def label_lines(scores: Json) -> list[str]:
    """How well the labels that open answers name fit the references and the model's own closed answers, a line each."""
    return [
        f"{what.capitalize()} label in {name}: {number(found['accuracy'])} % right of {found['n']} "
        f"({number(found['named'])} % name one); the same as the model's own closed answer on "
        f"{number(found['same_as_closed'])} % of {found['pairs']} clips"
        for name, task in _open(scores)
        for what, found in task.get("labels", {}).items()
        if found["n"] or found["pairs"]
    ]


def repeat_lines(scores: Json) -> list[str]:
    """What of the error of each figure is the luck of the answers, a line; nothing without repeats."""
    figures = scores["repeats"]["figures"] if "repeats" in scores else {}
    told = [f"{name} {found['luck_share']:.0f}" for name, found in figures.items() if found["luck_share"] is not None]
    if not told:
        return []
    return [f"Percent of the squared standard error that more repeats would take away: {', '.join(told)}"]


def circular_rows(scores: Json) -> tuple[list[str], list[list[str]]]:
    """Header and a row a task whose options were rotated, all in percent; no row where none were.

    "Same" is how often the same option is chosen under every rotation; the last column has the accuracy under each.
    """
    header = ["Task", "n", "Plain", "Circular", "Gap", "Chance", "Same", "By rotation"]
    rows = []
    for name, found in scores.get("circular", {}).items():
        plain, circular, gap = (_interval(found[figure] or NOTHING) for figure in ("plain", "circular", "gap"))
        chance = NO_VALUE if found["chance"] is None else f"{found['chance']:.2g}"
        each = " ".join(NO_VALUE if value is None else f"{value:.1f}" for value in found["by_rotation"])
        rows.append([name, str(found["n"]), plain, circular, gap, chance, number(found["consistent"]), each])
    return header, rows


def letter_rows(scores: Json) -> tuple[list[str], list[list[str]]]:
    """Header and rows of each choice task: how often each letter is predicted, how often and how well it is right.

    All in percent; "RStd" is the standard deviation of the recalls in points. Where options were rotated the same
    again over all rotations.
    """
    blocks = [(name, task) for name, task in scores["tasks"].items() if "letters" in task]
    blocks += [(f"{name}, all rotations", found) for name, found in scores.get("circular", {}).items()]
    letters = sorted({letter for _, block in blocks for letter in block["letters"]})
    rows = []
    for name, block in blocks:
        for share in ("predicted", "reference", "recall"):
            cells = [block["letters"].get(letter, {}).get(share) for letter in letters]
            spread = number(block["rstd"]) if share == "recall" else ""
            if any(cell is not None for cell in cells):
                rows.append([name, share, *(NO_VALUE if cell is None else f"{cell:.1f}" for cell in cells), spread])
    return ["Task", "Percent", *letters, "RStd"], rows


def flag_rows(scores: Json) -> tuple[list[str], list[list[str]]]:
    """Header and a row a figure: official, on unflagged questions (clean), on those the probe gets wrong (hard)."""
    header = ["Accuracy", "Official", "Clean", "n", "Hard", "n"]
    found = scores.get("flags", {})
    rows = []
    for figure, official in scores["intervals"].items() if found else ():
        cells = [found[kind].get(figure) for kind in ("clean", "hard")]
        if any(cells):
            shown = [[_interval(cell), str(cell["n"])] if cell else [NO_VALUE] * 2 for cell in cells]
            rows.append([figure, number(official["value"]), *shown[0], *shown[1]])
    return header, rows


def _flags(scores: Json) -> Sequence[str]:
    """Clean and hard accuracies; nothing without flags."""
    header, rows = flag_rows(scores)
    if not rows:
        return []
    file = scores["flags"]["sha256"][:8]
    told = f"By the flags {file} of an audit: on unflagged questions, and on those that its probe gets wrong."
    return ["## Clean and hard questions", told, markdown_table(header, rows)]


def _open(scores: Json) -> list[tuple[str, Json]]:
    return [(name, task) for name, task in scores["tasks"].items() if "levels" in task]


def _interval(figure: Json) -> str:
    if figure["low"] is None:
        return number(figure["value"])
    return f"{number(figure['value'])} [{number(figure['low'])}, {number(figure['high'])}]"


def judging_usage(judging: Json) -> list[str]:
    """Calls, tokens and price of the judges that are models, a line each."""
    return [
        f"Judge {name}: {spent['calls']:,} calls; {spent['prompt_tokens']:,} prompt and {spent['output_tokens']:,} "
        "answer tokens" + ("" if spent["cost_usd"] is None else f"; ${spent['cost_usd']:.2f}")
        for name, spent in judging.items()
        if spent["calls"]
    ]


def usage(totals: Json, asked: str | None) -> list[str]:
    """Tokens, price, and models that answered in another's place, a line each; nothing for models without tokens."""
    lines = []
    if totals["prompt_tokens"]:
        cost = "" if totals["cost_usd"] is None else f"; ${totals['cost_usd']:.2f}"
        lines.append(
            f"Tokens: {totals['prompt_tokens']:,} prompt ({totals['cached_tokens']:,} cached), "
            f"{totals['output_tokens']:,} answer{cost}"
        )
    for served, count in totals["served_by"].items():
        if asked is not None and not served.startswith(asked):
            lines.append(f"ATTENTION: {count} answers came from {served!r}; asked for was {asked!r}.")
    return lines


def scores_markdown(scores: Json) -> str:
    """The content of ``scores.md``."""
    benchmark, frames = scores["benchmark"], scores["frames"]
    seen = f"{frames['count']} frames, {frames['sampling']} sampling" if frames else "frames not looked at"
    parts = [
        f"# {escape_markdown(scores['model'])} on {escape_markdown(benchmark['name'])}",
        f"{benchmark['questions']} questions on {benchmark['clips']} clips; {seen}.",
        f"Judge: {judges_told(scores['judges'], scores['rubrics']) if scores['judges'] else 'none'}.",
        *notes(scores),
        markdown_table(
            ["Method", *HEADERS], [[escape_markdown(scores["model"]), *table2_cells(scores)]], text_columns=1
        ),
        *insights(scores),
        "## By task",
        markdown_table(*detail_rows(scores), text_columns=1),
        *repeat_lines(scores),
        *_letters(scores),
        *_flags(scores),
        *_open_tasks(scores),
        *_by_body_part(scores),
    ]
    return "\n\n".join(parts) + "\n"


def _span(interval: Json | None) -> str:
    """`` [low, high]``; nothing where there is no interval."""
    if interval is None or interval["low"] is None:
        return ""
    return f" [{number(interval['low'])}, {number(interval['high'])}]"


def _detail(name: str, task: Json, intervals: Json) -> list[str]:
    outcomes = task["outcomes"]
    counts = [str(task["n"]), f"{task['coverage']:.1f}" if task["coverage"] is not None else NO_VALUE]
    counts += [str(outcomes[key]) for key in ("unparsable", "refused", "error")]
    if "levels" in task:
        return [name, *counts, number(_mean_level(task)), *[NO_VALUE] * 5]
    figures = ("chance", "chance_corrected", "balanced_accuracy", "yes_rate")
    interval = intervals.get(name)
    span = f"{interval['low']:.1f}-{interval['high']:.1f}" if interval and interval["low"] is not None else NO_VALUE
    return [name, *counts, number(task["accuracy"]), span, *(number(task.get(figure)) for figure in figures)]


def _open_tasks(scores: Json) -> Sequence[str]:
    """Spread and agreement of the judges, and the labels; nothing where nothing was judged."""
    header, rows = open_rows(scores)
    agreement, pairs = agreement_rows(scores)
    parts = ["## Open tasks", markdown_table(header, _escaped(rows), text_columns=2)] if rows else []
    parts += (
        [
            "Agreement of the judges, with 95 % intervals (bootstrap over clips):",
            markdown_table(agreement, _escaped(pairs), text_columns=2),
        ]
        if pairs
        else []
    )
    return [*parts, *label_lines(scores)]


def _letters(scores: Json) -> Sequence[str]:
    """Bias towards letters, and the rotations; nothing without a choice task."""
    header, rows = letter_rows(scores)
    circular, found = circular_rows(scores)
    parts = ["## Letters of the options", markdown_table(header, _escaped(rows), text_columns=2)] if rows else []
    parts += (
        [
            "Right under every rotation of the options (95 % intervals by clips):",
            markdown_table(circular, _escaped(found), text_columns=1),
        ]
        if found
        else []
    )
    return parts


def _escaped(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[escape_markdown(cell) for cell in row] for row in rows]


def _by_body_part(scores: Json) -> Sequence[str]:
    """Accuracy (or mean level) by body part, a row a part, a column a task; nothing without references."""
    tasks = {name: task["by_body_part"] for name, task in scores["tasks"].items()}
    parts = list(dict.fromkeys(part for groups in tasks.values() for part in groups))
    if not parts:
        return []
    rows = [[part, *(_group(groups.get(part)) for groups in tasks.values())] for part in parts]
    return ["## By body part", markdown_table(["Body part", *tasks], rows, text_columns=1)]


def _group(group: Json | None) -> str:
    if not group:
        return NO_VALUE
    return number(_mean_level(group) if "levels" in group else group.get("accuracy"))


def _mean_level(group: Json) -> float | None:
    levels = [value for value in group["levels"].values() if value is not None]
    return sum(levels) / len(levels) if levels else None
