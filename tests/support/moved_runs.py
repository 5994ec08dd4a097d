"""Runs made in one place and looked at in another: every verb that takes a run, and runs with all that can be own."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from mabench_eval.catalogue import REGISTRY
from mabench_eval.cli import main
from mabench_eval.cli.shared_options import Actions, Group, Option
from mabench_eval.cli.verbs import VERBS, verb_module
from tests.support.benchmarks import rows_of_clip, write_clip, write_rows
from tests.support.paths import ROOT

WORDS: dict[str, tuple[str, ...]] = {
    "status": ("status RESULTS", "status RUN", "status RUN --json"),
    "list": ("list runs RESULTS", "list runs RUN", "list runs RESULTS --json"),
    "merge": ("merge SHARD SHARD2", "merge SHARD SHARD2 --output out"),
    "judge": ("judge RUN --judge lexical", "judge RUN --judge none"),
    "submit": ("submit RUN --fill -o out.json",),
    "compare": ("compare RUN OTHER", "compare RUN OTHER --html out.html", "compare OTHER RUN --markdown"),
    "report": ("report RUN", "report RUN -o out.html --frames thumbs", "report RUN -o out.html --clips CLIPS"),
    "plot": (
        "plot RUN OTHER --kind bars -o out.svg",
        "plot RUN OTHER --kind radar -o out.svg",
        "plot RUN OTHER --kind confusion -o out.svg",
        "plot RUN OTHER --kind frames -o out.svg",
    ),
    "leaderboard": (
        "leaderboard RUN OTHER --dir BOARD",
        "leaderboard RUN --add --html --csv out.csv --dir BOARD",
    ),
}
"""Verb -> ways of calling it; places stand in capitals."""

MODEL = """
from mabench_eval import register_model

@register_model("mine")
def mine(frames, prompt):
    return "Yes" if "Yes or No" in prompt else "B" if "\\nA. " in prompt else "The head moves down, then up."
"""
JUDGE = """
from mabench_eval import Judgment, register_judge

@register_judge("keen")
def keen(request):
    return Judgment(request.key, dict.fromkeys(request.levels, len(request.rubric) % 6))
"""
GAZE = {
    "name": "GAZE",
    "full_name": "Where the person looks",
    "tier": "perceptual recognition",
    "answer": "choice",
    "system_prompt": "You see a clip.",
    "user_prompt": "Say a letter.\n{question}",
    "max_tokens": 4,
    "version": 3,
    "options": ["A", "B", "C"],
    "chance": "1/3",
}
WHY = {
    "name": "WHY",
    "full_name": "Why the person moves",
    "tier": "interpretive reasoning",
    "answer": "text",
    "system_prompt": "You see a clip.",
    "user_prompt": "Say why.\n{question}",
    "max_tokens": 40,
    "version": 1,
    "metric": "levels",
    "levels": ["L1", "L2"],
    "rubric": "why.md",
}


def verbs_with_runs() -> set[str]:
    """The commands that take the folder of a run, or one with runs in it, as the parser has them."""
    return {
        verb
        for verb in VERBS
        if verb not in ("build", "review")  # whose DIR is a benchmark in the making
        for option in _options(verb_module(verb).OPTIONS)
        if not option.names[0].startswith("-") and option.settings.get("metavar") in ("RUN", "DIR")
    }


def _options(options: Iterable[Option | Group | Actions]) -> Iterator[Option]:
    for each in options:
        if isinstance(each, Group):
            yield from each.options
        elif isinstance(each, Actions):
            yield from (option for action in each.actions for option in action.options if isinstance(option, Option))
        else:
            yield each


@dataclass(frozen=True)
class Places:
    """Where runs are that were made elsewhere; all that they were made of is gone."""

    results: Path
    run: Path
    other: Path
    """The same model with another number of frames."""
    shards: tuple[Path, Path]
    clips: Path
    judge: Path
    """The custom judge, kept."""

    def copied(self, folder: Path) -> Places:
        """A copy that may be damaged."""
        shutil.copytree(self.results, folder / "results", symlinks=True)

        def there(path: Path) -> Path:
            return folder / "results" / path.relative_to(self.results)

        first, second = map(there, self.shards)
        return Places(folder / "results", there(self.run), there(self.other), (first, second), self.clips, self.judge)

    def words(self, line: str, folder: Path) -> list[str]:
        """The words of a command, whose output goes to a folder."""
        board = folder / "board"
        board.mkdir(exist_ok=True)
        shutil.copy(ROOT / "leaderboard" / "paper.json", board)
        named = {
            "RESULTS": self.results,
            "RUN": self.run,
            "OTHER": self.other,
            "SHARD": self.shards[0],
            "SHARD2": self.shards[1],
            "BOARD": board,
            "CLIPS": self.clips,
        }
        return [str(folder / word) if word.startswith("out") else str(named.get(word, word)) for word in line.split()]


def make_and_move(folder: Path) -> Places:
    """Runs with a model, a judge, tasks, a rubric, prompts, examples, flags, repeats and rotations of their own."""
    home, away = folder / "home", folder / "away"
    _write_home(home)
    chosen = (
        "--model mine --include mine.py --include own --data data --prompts prompts.yaml --judge keen --circular "
        "--repeats 2 --shots 1 --shots-data labelled.json --clips data/videos --flags flags.json"
    )
    common = chosen.split()
    registered = dict(REGISTRY.models), dict(REGISTRY.judges)
    with contextlib.chdir(home):
        write_flags(home)
        assert main(common) == 0
        assert main([*common, "--frames", "4"]) == 0
        for part in ("1/2", "2/2"):
            assert main([*common, "--shard", part, "--output", "parts"]) == 0
    REGISTRY.models, REGISTRY.judges = registered

    away.mkdir()
    (home / "results").rename(away / "results")
    (home / "parts" / "mine").rename(away / "results" / "parts")
    (home / "data" / "videos").rename(away / "videos")
    (home / "own" / "judges" / "keen.py").rename(away / "keen.py")
    shutil.rmtree(home)
    runs = {frames_of(path): path for path in (away / "results" / "mine").iterdir()}
    parts = sorted(
        (away / "results" / "parts").iterdir(), key=lambda path: str(read_json(path / "run.json")["command"])
    )
    return Places(away / "results", runs[8], runs[4], (parts[0], parts[1]), away / "videos", away / "keen.py")


def _write_home(home: Path) -> None:
    for name in ("tasks", "judges"):
        (home / "own" / name).mkdir(parents=True)
    (home / "mine.py").write_text(MODEL)
    (home / "own" / "judges" / "keen.py").write_text(JUDGE)
    (home / "own" / "judges" / "why.md").write_text("---\nversion: 7\n---\nWhether the reason is the reference's: ü.\n")
    for card in (GAZE, WHY):
        (home / "own" / "tasks" / f"{str(card['name']).lower()}.yaml").write_text(yaml.safe_dump(card))
    (home / "prompts.yaml").write_text("SAD: Look, and say Yes or No.\nWHY:\n  system_prompt: Tell me why.\n")
    for file, clips in (("data/questions.json", range(3)), ("labelled.json", range(3, 6))):
        (home / file).parent.mkdir(exist_ok=True)
        rows = []
        for number in clips:
            name = f"clip{number}"
            write_clip(home / "data" / "videos" / f"{name}.mp4", frames=12, seed=number)
            row = {"video": f"{name}.mp4", "question": "Where?\nA. Up\nB. Down\nC. A\u00a0way"}
            rows += rows_of_clip(name, number)
            rows += [{**row, "task": "GAZE", "qid": f"GAZE_{number}", "answer": "B"}]
            rows += [{**row, "task": "WHY", "question": "Why?", "qid": f"WHY_{number}", "answer": "To see."}]
        write_rows(home / file, rows)


def write_flags(home: Path) -> None:
    """A file of flags on all questions: every second is flagged, every third is guessed."""
    from mabench_eval.benchmark import load_benchmark
    from mabench_eval.catalogue import load_catalogue
    from mabench_eval.scoring import text_fingerprint

    benchmark = load_benchmark("data", load_catalogue([home / "own"]).tasks)
    said = {
        question.qid: {
            "text": text_fingerprint(question),
            "flags": ["odd"] * (place % 2),
            "guessed": 1.0 if place % 3 else 0.0,
        }
        for place, question in enumerate(benchmark.questions)
    }
    (home / "flags.json").write_text(json.dumps({"questions": said}))


def read_json(file: Path) -> dict[str, object]:
    """The content of a JSON file that holds an object."""
    content: dict[str, object] = json.loads(file.read_bytes())
    return content


def frames_of(run: Path) -> int:
    """Frames a clip in a run."""
    config = read_json(run / "run.json")["config"]
    assert isinstance(config, dict)
    return int(config["frames"])
