"""Who is compared with whom, what else differs between them, the key differences, and the table of all figures."""

from __future__ import annotations

from collections.abc import Sequence

from mabench_eval.pages.blocks import Section, grid, note, tile, tiles
from mabench_eval.pages.comparison.material import Material, Side
from mabench_eval.pages.comparison.plot import difference_plot, legend, sure
from mabench_eval.pages.html import Markup, definitions, element, join, table
from mabench_eval.pages.report.summary import date
from mabench_eval.runs import DIFFERENCE_HEADER, Difference, difference_cells
from mabench_eval.scoring import AVERAGES
from mabench_eval.taxonomy import LEVELS
from mabench_eval.types import Json

KEY = {
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


def header(material: Material) -> Markup:
    """The head of the page."""
    first, second = material.sides
    return element(
        "header",
        element("p", "MA-Bench comparison of two runs", class_="kicker"),
        element("h1", first.name, element("span", " and ", class_="and"), second.name),
        element("div", _side("First", first), _side("Second", second), class_="sides"),
        element("p", f"In this pair {material.pair.gain}.", class_="gain") if material.pair.gain else None,
        _warnings(material.pair.warnings),
        id="top",
    )


def _side(place: str, side: Side) -> Markup:
    record, scores = side.record, side.scores
    facts = definitions(
        [
            ("Run", record.get("run_id") or side.folder.resolve().name),
            ("Date", date(record)),
            ("Benchmark", _benchmark(scores)),
            ("Frames", _frames(scores)),
            ("Input", scores.get("input", "video")),
            ("Judge", ", ".join(judge["name"] for judge in scores["judges"])),
            ("State", None if scores.get("complete", True) else "incomplete: answers or scores are missing"),
        ]
    )
    name = element("p", element("strong", str(scores["model"])), class_="side-name")
    return element("div", element("p", place, class_="kicker"), name, facts, class_="side")


def _benchmark(scores: Json) -> str:
    found = scores["benchmark"]
    sizes = [f"{found[what]:,} {what}" for what in ("clips", "questions") if what in found]
    return ", ".join([found.get("name", found["sha256"][:12]), *sizes])


def _frames(scores: Json) -> str:
    frames = scores.get("frames")
    return f"{frames['count']} a clip, {frames['sampling']}" if frames else "not looked at"


def _warnings(lines: Sequence[str]) -> Markup | None:
    return element("ul", [element("li", f"Warning: {line}") for line in lines], class_="notes") if lines else None


def differences(material: Material) -> Section:
    """The key differences and the plots."""
    rows, names = material.pair.differences, (material.first.name, material.second.name)
    open_figures = _open_figures(material)
    points = [row for row in rows if row.figure not in open_figures]
    levels = [row for row in rows if row.figure in open_figures]
    plots = [
        difference_plot("points", "Closed tasks and averages, points", points, names, most=MOST_POINTS, digits=1)
        if points
        else None,
        difference_plot("levels", "Open tasks, levels of 0-5", levels, names, most=MOST_LEVELS, digits=2)
        if levels
        else None,
    ]
    key = [_tile(row, names) for row in rows if row.figure in KEY]
    told = note(f"A dot is second - first: right of 0 {names[1]} is better, left of it {names[0]}.")
    content = [tiles(key[::-1]) if key else None, told, grid(plots), legend()]
    return Section("differences", "Differences", join(content))


def _open_figures(material: Material) -> set[str]:
    """The figures in levels: those of the rows that have some, and their average."""
    found = {f"{row['task']} {level}" for row in material.first.lines for level in row.get("levels") or ()}
    return found | {name for name, parts in AVERAGES.items() if all(part.endswith(LEVELS) for part in parts)}


def _tile(row: Difference, names: tuple[str, str]) -> Markup:
    name, unit = KEY[row.figure]
    _, first, second, difference, interval, p, *_ = difference_cells(row)
    below = "" if row.low is None else f"95 % {interval}; p {p if p.startswith('<') else f'= {p}'}"
    return tile(name, difference, below, f"{names[0]} {first}, {names[1]} {second}; {unit}")


def figures(material: Material) -> Section:
    """The table of all figures; differences that are told from none stand out."""
    body = [_row(row) for row in material.pair.differences]
    names = note(f"First: {material.first.name}. Second: {material.second.name}.")
    whole = table(DIFFERENCE_HEADER, body, caption="Second less first, figure by figure")
    return Section("figures", "All figures", join([names, whole, note(LEGEND)]))


def _row(row: Difference) -> list[str]:
    told = difference_cells(row)
    if sure(row):
        told[3] = element("strong", told[3], class_="higher" if row.difference > 0 else "lower")
    return told
