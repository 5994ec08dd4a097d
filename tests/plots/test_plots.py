"""Pictures: the numbers drawn are the scores, equal runs give equal bytes, nothing is cut off, grey tells all apart."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="the extra `plots` is not installed")

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D

import mabench_eval
from mabench_eval import evaluate, register_model
from mabench_eval.cli import main
from mabench_eval.errors import InputError
from mabench_eval.packages import install_command
from mabench_eval.plots import KINDS, draw, plot
from mabench_eval.plots.confusion import NONE, count_confusions
from mabench_eval.plots.runs import caption, paper_of, read_runs
from mabench_eval.plots.style import new_figure, own_settings
from mabench_eval.types import Json
from tests.support.benchmarks import write_rows

LONG = "qwen3-vl-8b-ma-bench-train-with-a-name-that-no-legend-expects"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two runs of the demo, whole."""
    output = tmp_path_factory.mktemp("runs")
    return [evaluate(model, data="demo", output=output).folder for model in ("random", "constant")]


def scores_of(run: Path) -> dict[str, Any]:
    scores: dict[str, Any] = json.loads((run / "scores.json").read_text())
    return scores


def changed(run: Path, folder: Path, **fields: Any) -> Path:
    """A copy of a run whose scores say something else; ``official``: of the benchmark."""
    shutil.copytree(run, folder)
    scores = scores_of(run)
    if "official" in fields:
        scores["benchmark"]["official"] = fields.pop("official")
    (folder / "scores.json").write_text(json.dumps({**scores, **fields}))
    return folder


def sweep(run: Path, folder: Path, **fields: Any) -> list[Path]:
    """The run as one with 4, and as one with 16 frames."""
    return [changed(run, folder / f"{n}", frames={"count": n, "sampling": "uniform"}, **fields) for n in (16, 4)]


def legend(figure: Figure) -> Legend:
    (legend,) = figure.legends
    return legend


def names(figure: Figure) -> list[str]:
    return [text.get_text() for text in legend(figure).get_texts()]


def panels(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.get_visible()]


def lines(axes: Axes) -> list[Line2D]:
    """Lines with two points or more; the caps of whiskers have one."""
    return [line for line in axes.get_lines() if len(np.asarray(line.get_xdata())) > 1]


def ends(axes: Axes) -> list[tuple[float, float]]:
    """Low and high end of each whisker; each is drawn twice, its light border first."""
    segments = [
        segment for each in axes.collections if isinstance(each, LineCollection) for segment in each.get_segments()
    ]
    return [(float(segment[0][1]), float(segment[1][1])) for segment in segments[1::2]]


def test_bars_are_the_scores_and_whiskers_their_intervals(runs: list[Path]) -> None:
    figure = draw(read_runs(runs), "bars")
    closed, levels = panels(figure)
    for axes, figures in (
        (closed, ["CMAR", "FMAR", "SAD", "MAD", "MAS", "PPR"]),
        (levels, [f"{task} {level}" for task in ("MADU", "MARE") for level in ("L1", "L2", "L3")]),
    ):
        bars = [each for each in axes.containers if isinstance(each, BarContainer)][::2]  # without their borders
        spans = ends(axes)
        for number, run in enumerate(runs):
            intervals = scores_of(run)["intervals"]
            assert [bar.get_height() for bar in bars[number]] == [intervals[name]["value"] for name in figures]
            expected = [(intervals[name]["low"], intervals[name]["high"]) for name in figures]
            assert spans[6 * number : 6 * number + 6] == [pytest.approx(span) for span in expected]
    task = scores_of(runs[0])["tasks"]
    assert closed.containers
    assert [bar.get_height() for bar in cast(BarContainer, closed.containers[0])] == [
        task[name]["accuracy"] for name in ("CMAR", "FMAR", "SAD", "MAD", "MAS", "PPR")
    ]


def test_chance_is_a_line_at_each_task_and_the_paper_none_off_its_benchmark(runs: list[Path]) -> None:
    figure = draw(read_runs(runs), "bars")
    assert names(figure) == ["random", "constant", "chance"]
    heights = [float(np.asarray(line.get_ydata())[0]) for line in lines(panels(figure)[0])]
    assert heights == [pytest.approx(each) for each in (100 / 7, 20, 50, 50, 50, 50)]


def test_on_the_papers_benchmark_its_best_models_are_marked(runs: list[Path], tmp_path: Path) -> None:
    """Table 2, by eye: CMAR 47.90, FMAR 37.11, ...; levels have marks when the paper's judge judged."""
    run = changed(runs[0], tmp_path / "official", official=True)
    figure = draw(read_runs([run]), "bars")
    assert set(names(figure)) == {"random", "chance", "best of the paper's models"}
    closed, levels = panels(figure)
    heights = [float(np.asarray(line.get_ydata())[0]) for line in lines(closed) if line.get_marker() == "D"]
    assert heights == [47.9, 37.11, 60.3, 67.6, 57.3, 60.55]
    assert not [line for line in lines(levels) if line.get_marker() == "D"]
    paper = paper_of(read_runs([run]))
    assert paper
    assert paper.best("MAD") == (67.6, "VideoLLaMA3-7B")
    assert any("MAD 67.60 VideoLLaMA3-7B" in line for line in caption(read_runs([run]), marks=True))
    judges = [{**scores_of(run)["judges"][0], "official": True}]
    judged = draw(read_runs([changed(run, tmp_path / "judged", judges=judges)]), "bars")
    assert [line for line in lines(panels(judged)[1]) if line.get_marker() == "D"]
    assert "best of the paper's models" not in names(draw(read_runs([run, runs[1]]), "bars"))  # one run is elsewhere


def test_a_run_with_accuracies_alone_has_one_panel(tmp_path: Path) -> None:
    run = evaluate("random", data="demo", tasks="closed", limit=3, output=tmp_path).folder
    assert len(panels(draw(read_runs([run]), "bars"))) == 1


def test_the_radar_has_twelve_axes_of_0_to_100(runs: list[Path]) -> None:
    """A level counts 20 times; chance is known of the six closed tasks alone."""
    figure = draw(read_runs(runs), "radar")
    (axes,) = panels(figure)
    *polygons, chance = lines(axes)
    for run, polygon in zip(runs, polygons, strict=True):
        intervals = scores_of(run)["intervals"]
        own = [intervals[task]["value"] for task in ("CMAR", "FMAR", "SAD", "MAD", "MAS", "PPR")]
        own += [20 * intervals[f"{task} {level}"]["value"] for task in ("MADU", "MARE") for level in ("L1", "L2", "L3")]
        assert np.asarray(polygon.get_ydata()) == pytest.approx([*own, own[0]])
        assert np.asarray(polygon.get_xdata()) == pytest.approx(np.arange(13) % 12 * np.pi / 6)
    assert np.asarray(chance.get_ydata()) == pytest.approx([100 / 7, 20, 50, 50, 50, 50])
    assert len({(polygon.get_marker(), str(polygon.get_linestyle())) for polygon in polygons}) == 2


def test_a_radar_of_two_scores_is_refused(tmp_path: Path) -> None:
    run = evaluate("random", data="demo", tasks="cmar,fmar", limit=3, output=tmp_path).folder
    with pytest.raises(InputError, match="needs 3 scores or more, these runs have 2"):
        draw(read_runs([run]), "radar")


def choices(order: str) -> str:
    parts = {
        "b": "Body",
        "h": "Head",
        "u": "Upper limb",
        "l": "Lower limb",
        "y": "Body-hand",
        "e": "Head-hand",
        "g": "Leg-hand",
    }
    options = "\n".join(f"{letter}. {parts[key]}" for letter, key in zip("ABCDEFG", order, strict=True))
    return f"Which body part?\n{options}"


def test_confusions_are_of_labels_not_of_letters(tmp_path: Path) -> None:
    """Always B: on clip 0 that is Head, as it should be; on clip 1 Body in place of Head; on clip 2 Leg-hand for Body.
    On clip 3, which shows the head too, there is no answer."""

    @register_model("b", needs_frames=False)
    def b(frames: Any, prompt: str) -> str:
        return "I cannot tell." if "A. Upper limb" in prompt else "B"

    orders = ("bhulyeg", "hbulyeg", "bgulyeh", "ubhlyeg")
    rows = [
        {
            "video": f"c{place}.mp4",
            "task": "CMAR",
            "qid": f"CMAR_{place:04d}",
            "question": choices(order),
            "answer": answer,
        }
        for place, (order, answer) in enumerate(zip(orders, "BAAC", strict=True))
    ]
    data = write_rows(tmp_path / "questions.json", rows)
    result = evaluate("b", data=str(data), output=tmp_path / "results", circular=True)  # rotations are not counted
    (run,) = read_runs([result.folder])
    assert count_confusions(run) == Counter(
        {("Head", "Head"): 1, ("Head", "Body"): 1, ("Body", "Leg-hand"): 1, ("Head", NONE): 1}
    )
    axes, _ = panels(draw([run], "confusion"))
    (mesh,) = [each for each in axes.collections if isinstance(each, QuadMesh)]
    shares = np.asarray(mesh.get_array()).reshape(7, 8)
    assert shares[0] == pytest.approx([0, 0, 0, 0, 0, 0, 100, 0])
    assert shares[1] == pytest.approx([100 / 3, 100 / 3, 0, 0, 0, 0, 0, 100 / 3])
    assert not shares[2:].any()
    assert Counter(text.get_text() for text in axes.texts) == {"1": 4}
    assert [tick.get_text() for tick in axes.get_xticklabels()][-1] == NONE


def test_the_diagonal_is_the_accuracy(runs: list[Path]) -> None:
    for run in read_runs(runs):
        pairs = count_confusions(run)
        right = sum(count for (reference, predicted), count in pairs.items() if reference == predicted)
        assert 100 * right / pairs.total() == pytest.approx(run.scores.accuracy("CMAR"))
    first, second, bar = panels(draw(read_runs(runs), "confusion"))
    assert [axes.get_title() for axes in (first, second)] == ["random", "constant"]
    assert len(first.get_xticklabels()) == 7  # all have answered
    assert bar.get_ylabel() == "share of the reference's answers (%)"


def test_frames_stand_in_order_with_intervals(runs: list[Path], tmp_path: Path) -> None:
    figure = draw(read_runs(sweep(runs[0], tmp_path)), "frames")
    assert [axes.get_title() for axes in panels(figure)] == [
        "CMAR (%)",
        "FMAR (%)",
        "SAD (%)",
        "MAD (%)",
        "MAS (%)",
        "PPR (%)",
        "closed AVG (%)",
        "open AVG (0-5)",
    ]
    intervals = scores_of(runs[0])["intervals"]
    for axes, name in zip(panels(figure), [*list(intervals)[:6], "closed AVG", "open AVG"], strict=True):
        own = lines(axes)[0]
        assert list(np.asarray(own.get_xdata())) == [4, 16]
        assert list(np.asarray(own.get_ydata())) == [intervals[name]["value"]] * 2
        assert ends(axes) == [pytest.approx((intervals[name]["low"], intervals[name]["high"]))] * 2
    assert names(figure) == ["random", "chance"]


def test_the_papers_table_3_stands_beside_its_model(runs: list[Path], tmp_path: Path) -> None:
    """By eye: CMAR 31.73, 32.23, 31.49; AVG 46.61, 46.97, 46.71. No level beside those of another judge."""
    figure = draw(read_runs(sweep(runs[0], tmp_path, model="qwen3-vl-8b", official=True)), "frames")
    shown = panels(figure)
    assert names(figure) == ["qwen3-vl-8b", "the paper's Table 3", "chance"]
    for place, values in ((0, [31.73, 32.23, 31.49]), (6, [46.61, 46.97, 46.71])):
        paper = lines(shown[place])[1]
        assert (list(np.asarray(paper.get_xdata())), list(np.asarray(paper.get_ydata()))) == ([4, 8, 16], values)
    assert len(lines(shown[7])) == 1


def test_frames_are_of_one_model_and_differ(runs: list[Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="runs of constant, random"):
        draw(read_runs(runs), "frames")
    four, sixteen = sweep(changed(runs[0], tmp_path / "looks", frames={"count": 8}), tmp_path)
    for chosen in (
        [four],
        [four, changed(four, tmp_path / "same")],
        [sixteen, changed(four, tmp_path / "n", frames=None)],
    ):
        with pytest.raises(InputError, match="two or more different numbers of frames"):
            draw(read_runs(chosen), "frames")


@pytest.mark.parametrize(
    ("kind", "suffix"), [*((kind, "svg") for kind in KINDS), ("radar", "png"), ("radar", "pdf")]
)  # what could differ lies in how a kind is drawn, or in how a form is written
def test_equal_runs_give_equal_bytes(kind: str, suffix: str, runs: list[Path], tmp_path: Path) -> None:
    chosen = sweep(runs[0], tmp_path) if kind == "frames" else runs
    files = [tmp_path / f"{name}.{suffix}" for name in ("first", "second")]
    for file in files:
        plot(chosen, kind, file)
    assert files[0].read_bytes().startswith({"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}[suffix])
    assert files[0].read_bytes() == files[1].read_bytes()


def test_another_process_and_a_users_settings_change_no_byte(runs: list[Path], tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("font.size: 30\nlines.linewidth: 9\n")
    code = (
        "import sys; from mabench_eval.plots import plot\n"
        "for form in ('svg', 'pdf'):\n    plot(sys.argv[2:], 'radar', f'{sys.argv[1]}.{form}')"
    )
    env = {**os.environ, "PYTHONHASHSEED": "7", "MATPLOTLIBRC": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "there"), *map(str, runs)], check=True, env=env)
    for suffix in ("svg", "pdf"):
        plot(runs, "radar", tmp_path / f"here.{suffix}")
        assert (tmp_path / f"here.{suffix}").read_bytes() == (tmp_path / f"there.{suffix}").read_bytes()


def test_vectors_carry_their_fonts(runs: list[Path], tmp_path: Path) -> None:
    plot(runs, "bars", tmp_path / "bars.pdf")
    plot(runs, "bars", tmp_path / "bars.svg")
    pdf, svg = (tmp_path / "bars.pdf").read_bytes(), (tmp_path / "bars.svg").read_text()
    assert b"/FontFile2" in pdf  # TrueType, whole glyphs; no bitmaps (Type 3)
    assert b"/Type3" not in pdf
    assert b"CreationDate" not in pdf
    assert ("<text" in svg, "<image" in svg, "<dc:date>" in svg) == (False, False, False)


def cut_off(figure: Figure) -> set[str]:
    """The edges that something drawn reaches across, by more than a pixel.

    matplotlib makes ticks beyond the ends of an axis too, and neither draws them nor leaves room for their labels: a
    walk over all texts would count them.
    """
    with own_settings():
        figure.draw_without_rendering()
        drawn = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    beyond = {"left": -drawn.x0, "right": drawn.x1 - width, "bottom": -drawn.y0, "top": drawn.y1 - height}
    return {edge for edge, inches in beyond.items() if inches * figure.dpi > 1}


def test_what_is_cut_off_is_seen() -> None:
    """A letter at the edge of the figure, half of it beyond."""
    for x, y, edge in ((0, 0.5, "left"), (1, 0.5, "right"), (0.5, 1, "top"), (0.5, 0, "bottom")):
        figure = new_figure(2, 1)
        figure.text(0.5, 0.5, "inside", ha="center", va="center")
        assert not cut_off(figure)
        figure.text(x, y, "M", ha="center", va="center")
        assert cut_off(figure) == {edge}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 2, 8])
def test_nothing_is_cut_off_and_no_legend_covers_the_data(
    kind: str, count: int, runs: list[Path], tmp_path: Path
) -> None:
    if kind == "frames":
        chosen = sweep(runs[0], tmp_path, model=LONG, official=True)
    else:
        chosen = [changed(runs[n % 2], tmp_path / f"{n}", model=f"{LONG}-{n}", official=True) for n in range(count)]
    figure = draw(read_runs(chosen), kind)
    assert not cut_off(figure)
    for each in figure.legends:
        assert not any(each.get_window_extent().overlaps(axes.get_window_extent()) for axes in panels(figure))


@pytest.mark.parametrize(
    ("low", "high", "lowest"),
    [
        pytest.param(0, 40, "0", id="the locator gives -20, the axis begins at -4.8"),
        pytest.param(-1000, 1000, "\N{MINUS SIGN}1000", id="the widest label is at the lower end"),
    ],
)
def test_frames_have_room_for_the_labels_of_any_scores(
    low: float, high: float, lowest: str, runs: list[Path], tmp_path: Path
) -> None:
    """Where the axes begin and end depends on the scores, and with it how wide the labels beside them are."""
    scores = {"value": (low + high) / 2, "clips": 3, "se": 1.0, "low": low, "high": high, "method": "wilson"}
    intervals = dict.fromkeys(scores_of(runs[0])["intervals"], scores)
    figure = draw(read_runs(sweep(runs[0], tmp_path, model=LONG, intervals=intervals)), "frames")
    assert not cut_off(figure)
    for axes in panels(figure):
        bottom, top = axes.get_ylim()
        shown = [tick.get_text() for tick in axes.get_yticklabels() if bottom <= tick.get_position()[1] <= top]
        assert shown[0] == lowest


@pytest.mark.parametrize("width", [None, 3.25])
def test_names_of_tasks_do_not_overlap(width: float | None, runs: list[Path]) -> None:
    figure = draw(read_runs(runs), "bars", width)
    figure.draw_without_rendering()
    for axes in panels(figure):
        boxes = [tick.get_window_extent() for tick in axes.get_xticklabels()]
        assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
    assert width is None or figure.get_figwidth() == width


def test_runs_of_one_model_are_told_apart(runs: list[Path], tmp_path: Path) -> None:
    frames = sweep(runs[0], tmp_path)
    assert [run.name for run in read_runs([*frames, runs[1]])] == ["random, 16 frames", "random, 4 frames", "constant"]
    same = changed(runs[0], tmp_path / "other-id")
    assert [run.name for run in read_runs([runs[0], same])] == [f"random {runs[0].name}", "random other-id"]
    blind = changed(runs[0], tmp_path / "blind", input="text-only")
    assert [run.name for run in read_runs([runs[0], blind])] == ["random", "random (text-only)"]


def test_a_caption_says_what_readers_must_know(runs: list[Path], tmp_path: Path) -> None:
    judge = {**scores_of(runs[0])["judges"][0], "sha256": "other", "official": True}
    benchmark = {**scores_of(runs[0])["benchmark"], "sha256": "other"}
    other = changed(runs[0], tmp_path / "other", model="other", judges=[judge], benchmark=benchmark)
    lines = caption(read_runs([runs[0], other]))
    assert "random: Open tasks judged by lexical, which is not the paper's judge." in lines
    assert "Not the full official benchmark: not comparable with the paper's rows." in lines
    assert any("different benchmarks" in line for line in lines)
    assert any("different judges" in line for line in lines)


def test_what_cannot_be_drawn_is_one_clear_error(runs: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "a.svg"
    nine = [changed(runs[0], tmp_path / f"{number}") for number in range(9)]
    unscored = changed(runs[0], tmp_path / "unscored", intervals={})
    (tmp_path / "folder.png").mkdir()
    for message, chosen, kind, where, width in (
        ("a picture is a file .svg, .png or .pdf", runs, "bars", tmp_path / "a.jpg", None),
        ("there is no folder", runs, "bars", tmp_path / "none" / "a.svg", None),
        ("cannot write", runs, "bars", tmp_path / "folder.png", None),
        ("no kind of picture 'pie'", runs, "pie", file, None),
        ("expected inches", runs, "bars", file, 825.0),
        ("no folder of a finished run", [tmp_path / "none"], "bars", file, None),
        ("has no scores", [unscored], "bars", file, None),
        ("9 runs: a picture tells at most 8 apart", nine, "bars", file, None),
        ("is named twice", [runs[0], runs[0]], "bars", file, None),
        ("no run to draw", [], "bars", file, None),
    ):
        with pytest.raises(InputError, match=message):
            plot(chosen, kind, where, width=width)
    assert not file.exists()


def test_confusion_needs_the_benchmark_and_an_answer(runs: list[Path], tmp_path: Path) -> None:
    run = changed(runs[0], tmp_path / "edited", benchmark={**scores_of(runs[0])["benchmark"], "sha256": "other"})
    with pytest.raises(InputError, match="holds other questions than the run has on record"):
        draw(read_runs([run]), "confusion")
    run = shutil.copytree(runs[0], tmp_path / "strange")
    lines = (run / "samples.jsonl").read_text().splitlines()
    place = next(number for number, line in enumerate(lines) if '"CMAR"' in line)
    sample = {**json.loads(lines[place]), "prediction": "Q"}
    lines[place] = json.dumps(sample)
    (run / "samples.jsonl").write_text("\n".join(lines))
    with pytest.raises(InputError, match=rf"samples\.jsonl: {sample['qid']}: its question has no 'Q'"):
        draw(read_runs([run]), "confusion")
    other = evaluate("random", data="demo", tasks="fmar", limit=2, output=tmp_path).folder
    with pytest.raises(InputError, match="has no CMAR answer"):
        draw(read_runs([other]), "confusion")


def test_without_matplotlib_the_command_that_brings_it_is_named(
    runs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("mabench_eval.plots.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InputError, match="needs matplotlib") as error:
        plot(runs, "bars", tmp_path / "bars.svg")
    assert error.value.hint == install_command("plots")


def test_the_command(runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "radar.PNG"
    assert main(["plot", *map(str, runs), "--kind", "radar", "-o", str(file), "--width", "4"]) == 0
    out, err = capsys.readouterr()
    assert (out, err.splitlines()[-1]) == ("", f"picture: {file}")
    assert "caption: Open tasks judged by lexical, which is not the paper's judge." in err
    assert file.read_bytes().startswith(b"\x89PNG")
    assert main(["plot", *map(str, runs), "--kind", "pie", "-o", str(file)]) == 2
    assert mabench_eval.plot(runs, "radar", tmp_path / "again.png", width=4) == caption(read_runs(runs))
    assert (tmp_path / "again.png").read_bytes() == file.read_bytes()


def test_scores_are_read_only(runs: list[Path]) -> None:
    before: Json = scores_of(runs[0])
    draw(read_runs(runs), "bars")
    assert scores_of(runs[0]) == before
