"""The page of a run of 12,000 questions: seconds to write it, its size, and with chromium times to open and filter.

python -m benchmarks.report [--clips 1000] [--keep FILE]

The model is `random`, on questions made up in the official shape with references of the usual length. Opening stands
beside an empty page, filtering beside a plain loop over the same texts in the same browser.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.questions import write_questions
from mabench_eval import evaluate
from mabench_eval.pages import report_page
from mabench_eval.taxonomy import BODY_PARTS, MICRO_ACTIONS

RUNS = 5
TARGETS = {"open": "2 s", "filter": "200 ms", "first search": "200 ms", "search": "200 ms", "open one": "200 ms"}
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
WORDS = (
    "the head leads with a small movement",
    "first upward and then back",
    "near the midline",
    "and then settles",
    "while both hands rest on the legs",
    "in the late phase",
    "which excludes touching",
)

LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"
FILTER = """([name, value]) => {
  const field = document.getElementById(name), start = performance.now();
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  document.getElementById("list").getBoundingClientRect();
  const taken = performance.now() - start;
  return [taken, document.getElementById("count").textContent];
}"""
OPEN_ONE = """() => {
  const start = performance.now();
  document.querySelector(".row").click();
  return new Promise((done) => addEventListener("hashchange", () => {
    document.getElementById("question").getBoundingClientRect();
    done(performance.now() - start);
  }, { once: true }));
}"""
FLOOR = """(word) => {
  const data = page.data(), at = question.fieldsOf(data);
  const texts = data.rows.map((row) => [row[at.qid], data.texts[row[at.text]], row[at.answer], row[at.reference]]
    .join("\\n").toLowerCase());
  const start = performance.now();
  const found = texts.filter((text) => text.includes(word)).length;
  return [performance.now() - start, found];
}"""


def label(file: Path) -> Path:
    """Give the questions of a file answers: letters, Yes or No, and texts of about 900 characters."""
    lot = random.Random(1)
    rows = json.loads(file.read_text(encoding="utf-8"))
    for row in rows:
        row["answer"] = answer(row["task"], lot)
    file.write_text(json.dumps(rows), encoding="utf-8")
    return file


def answer(task: str, lot: random.Random) -> str:
    """A reference of a task."""
    if task in ("CMAR", "FMAR"):
        return lot.choice("ABCDEFG" if task == "CMAR" else "ABCDE")
    if task in ("SAD", "MAD", "MAS", "PPR"):
        return lot.choice(("Yes", "No"))
    code = lot.choice(sorted(MICRO_ACTIONS))
    observations = ", ".join(lot.choice(WORDS) for _ in range(30))
    return f"{observations}; therefore coarse-grained: {BODY_PARTS[code[0]]}, fine-grained: {MICRO_ACTIONS[code]}."


def median(measure: Callable[[], float]) -> float:
    """Of ``RUNS`` measurements."""
    return statistics.median(measure() for _ in range(RUNS))


def in_browser(file: Path) -> None:
    """Print the times of the page in chromium, or why there are none."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("no times of a browser: pip install playwright")
        return
    if (chromium := shutil.which("chromium")) is None:
        print("no times of a browser: apt-get install chromium")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        measure(browser, file)
        browser.close()


def measure(browser: Any, file: Path) -> None:
    """Print the table."""
    empty = file.with_name("empty.html")
    empty.write_text("<!doctype html><title>empty</title>", encoding="utf-8")

    def load(path: Path) -> float:
        page = browser.new_page()
        page.goto(path.as_uri())
        page.wait_for_function(
            "performance.getEntriesByType('navigation')[0].loadEventEnd > 0"
        ) if path == empty else None
        taken: float = page.evaluate(LOADED)
        page.close()
        return taken

    def fresh(name: str, value: str) -> float:
        page = browser.new_page()
        page.goto(file.as_uri())
        taken: float = page.evaluate(FILTER, [name, value])[0]
        page.close()
        return taken

    load(empty)
    floor_open = median(lambda: load(empty))
    row("an empty page", floor_open, floor_open, "")
    row("open, list and charts there", median(lambda: load(file)), floor_open, TARGETS["open"])
    page = browser.new_page()
    page.goto(file.as_uri())
    page.wait_for_timeout(3000)  # the texts for the search are made while nothing else is to do
    floor = median(lambda: float(page.evaluate(FLOOR, "midline")[0]))
    row("a plain loop over the texts", floor, floor, "")
    row("search, first, right after opening", median(lambda: fresh("find", "midline")), floor, TARGETS["first search"])
    row("search", median(lambda: float(page.evaluate(FILTER, ["find", "midline"])[0])), floor, TARGETS["search"])
    print(
        f"{'':38}  found: {page.evaluate(FILTER, ['find', 'midline'])[1]}; plain: {page.evaluate(FLOOR, 'midline')[1]}"
    )
    page.evaluate(FILTER, ["find", ""])
    row("filter by task", median(lambda: float(page.evaluate(FILTER, ["task", "FMAR"])[0])), floor, TARGETS["filter"])
    row("filter taken back", median(lambda: float(page.evaluate(FILTER, ["task", ""])[0])), floor, TARGETS["filter"])
    row("open a question", float(page.evaluate(OPEN_ONE)), floor, TARGETS["open one"])


def row(name: str, taken: float, floor: float, target: str) -> None:
    """Print a line; times are in milliseconds."""
    print(f"{name:38} {taken:9.1f} {taken / floor:9.1f}   {target}", flush=True)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=1000)
    parser.add_argument("--keep", type=Path, metavar="FILE", help="keep the page")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = label(write_questions(Path(folder) / "questions.json", chosen.clips))
        start = time.perf_counter()
        result = evaluate("random", data=str(data), output=Path(folder) / "results")
        run = time.perf_counter() - start
        start = time.perf_counter()
        page = report_page(result.folder)
        taken = time.perf_counter() - start
        file = chosen.keep or Path(folder) / "report.html"
        file.write_text(page, encoding="utf-8")
        size, read = len(page.encode()), (result.folder / "samples.jsonl").stat().st_size + data.stat().st_size
        print(f"{len(result.samples):,} questions: page in {taken:.2f} s, {taken / run:.2f} of its run's {run:.1f} s")
        print(f"{size / 1e6:.1f} MB, {size / read:.2f} of the question file and samples.jsonl")
        print(f"{'':38} {'ms':>9} {'of floor':>9}   target")
        in_browser(file)


if __name__ == "__main__":
    main()
