"""Who is compared with whom, what else differs between them, the key differences, and the table of all figures."""

from __future__ import annotations

from mabench_eval.pages.blocks import Section, grid, note, tile, tiles
from mabench_eval.pages.comparison.data import ComparedRun, ComparisonData
from mabench_eval.pages.comparison.plot import difference_plot, is_significant, legend
from mabench_eval.pages.html import Markup, definitions, details, element, join, table
from mabench_eval.pages.report.summary import end_date
from mabench_eval.runs import DIFFERENCE_HEADER, Difference, difference_cells
from mabench_eval.scoring import AVERAGES
from mabench_eval.taxonomy import LEVELS

KEY_FIGURES = {
    "final": ("Final score", "points of 100"),
    "closed AVG": ("Closed average", "percent points, six tasks"),
    "open AVG": ("Open average", "levels of 0-5, six of them"),
}
"""Average -> its name and unit."""
MOST_POINTS, MOST_LEVELS = 100.0, 5.0
"""The largest difference of a figure in percent or points, and of a level."""
LEGEND = (
    "Difference: second - first, over the questions that both runs have, with its 95 % interval by clips. p: of no "
    "difference, adjusted for all rows (Holm). Better, worse: questions on which the second scores higher, lower. "
    "Finds: the true difference that so many clips show with a power of 80 %. Closed tasks in percent, levels 0-5, the "
    "final score 0-100."
)


def header(data: ComparisonData) -> Markup:
    """The head of the page."""
    first, second = data.runs
    warnings = [element("li", f"Warning: {line}") for line in data.pair.warnings]
    return element(
        "header",
        element("p", "MA-Bench comparison of two runs", class_="kicker"),
        element("h1", first.name, element("span", " and ", class_="and"), second.name),
        element("div", _run_facts("First", first), _run_facts("Second", second), class_="sides"),
        element("p", f"In this pair {data.pair.gain}.", class_="gain") if data.pair.gain else None,
        element("ul", warnings, class_="notes") if warnings else None,
        [details(f"Prompt of {each.task}", element("pre", "\n".join(each.lines))) for each in data.pair.prompts],
        id="top",
    )


def _run_facts(position: str, run: ComparedRun) -> Markup:
    record, scores = run.files.record, run.files.scores
    benchmark, frames = scores.benchmark, scores.frames
    facts = definitions(
        [
            ("Model", scores.unnamed_model),
            ("Run", record.run_id),
            ("Date", end_date(record)),
            ("Benchmark", f"{benchmark.name}, {benchmark.clips:,} clips, {benchmark.questions:,} questions"),
            ("Frames", frames.of_a_clip if frames else "not looked at"),
            ("Input", scores.input),
            ("Judge", ", ".join(judge.name for judge in scores.judges)),
            ("State", None if scores.complete else "incomplete: answers or scores are missing"),
        ]
    )
    name = element("p", element("strong", scores.label), class_="side-name")
    return element("div", element("p", position, class_="kicker"), name, facts, class_="side")


def differences_section(data: ComparisonData) -> Section:
    """The key differences and the plots."""
    names = (data.first.name, data.second.name)
    differences = data.pair.differences
    in_levels = _level_figures(data)
    points = [row for row in differences if row.figure not in in_levels]
    levels = [row for row in differences if row.figure in in_levels]

    plots = []
    if points:
        title = "Closed tasks and averages, points"
        plots.append(difference_plot("points", title, points, names, most=MOST_POINTS, digits=1))
    if levels:
        title = "Open tasks, levels of 0-5"
        plots.append(difference_plot("levels", title, levels, names, most=MOST_LEVELS, digits=2))

    key_figures = [_tile(row, names) for row in reversed(differences) if row.figure in KEY_FIGURES]
    lead = note(f"A dot is second - first: right of 0 {names[1]} is better, left of it {names[0]}.")
    content = [tiles(key_figures) if key_figures else None, lead, grid(plots), legend()]
    return Section("differences", "Differences", join(content))


def _level_figures(data: ComparisonData) -> set[str]:
    """The figures in levels: those of the samples that have some, and their average."""
    figures = {f"{sample.task} {level}" for sample in data.first.samples for level in sample.levels or ()}
    return figures | {name for name, parts in AVERAGES.items() if all(part.endswith(LEVELS) for part in parts)}


def _tile(row: Difference, names: tuple[str, str]) -> Markup:
    name, unit = KEY_FIGURES[row.figure]
    _, first, second, difference, interval, p, *_ = difference_cells(row)
    below = "" if row.low is None else f"95 % {interval}; p {p if p.startswith('<') else f'= {p}'}"
    return tile(name, difference, below, f"{names[0]} {first}, {names[1]} {second}; {unit}")


def figures_section(data: ComparisonData) -> Section:
    """The table of all figures; significant differences stand out."""
    body = []
    for row in data.pair.differences:
        line = difference_cells(row)
        if is_significant(row):
            line[3] = element("strong", line[3], class_="higher" if row.difference > 0 else "lower")
        body.append(line)

    names = note(f"First: {data.first.name}. Second: {data.second.name}.")
    figures = table(DIFFERENCE_HEADER, body, caption="Second less first, figure by figure")
    return Section("figures", "All figures", join([names, figures, note(LEGEND)]))
