"""A result in Python: short on the prompt, a table in a notebook, records for whoever goes on with them."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mabench_eval import runs
from mabench_eval.errors import InputError
from mabench_eval.runfiles import sample_row, to_json
from mabench_eval.runs import Pair
from mabench_eval.tables import HEADERS, insights, markdown_table, notes, table2_cells

if TYPE_CHECKING:
    import datasets
    import pandas

HEIGHT = "46em"
"""Of the summary in a notebook."""


@dataclass(frozen=True, slots=True, repr=False)
class Result(runs.Result):
    """What a run came to: ``scores``, ``samples``, ``record`` and its ``folder``."""

    @classmethod
    def of(cls, result: runs.Result) -> Result:
        """The same with what a notebook shows."""
        return cls(result.folder, result.scores, result.samples, result.record)

    def __repr__(self) -> str:
        benchmark = self.scores.benchmark
        state = "complete" if self.complete else f"{self.scores.total - self.scores.n} questions without an answer"
        head = (
            f"Result of {self.scores.label} on {benchmark.name}: {benchmark.clips:,} clips, {self.scores.n:,} answers"
        )
        return "\n".join([f"{head}, {state}", *insights(self.scores)[:2], f"folder: {self.folder}"])

    def _repr_html_(self) -> str:
        """The head of the report, in a frame of its own so that its styles and the notebook's do not meet."""
        from mabench_eval.pages import summary_page

        page = html.escape(summary_page(self.folder))
        style = f"width: 100%; height: {HEIGHT}; border: 0"
        return f'<iframe srcdoc="{page}" sandbox style="{style}" title="Result of a run"></iframe>'

    @property
    def records(self) -> list[dict[str, Any]]:
        """The samples as plain rows, as in ``samples.jsonl``."""
        return [to_json(sample_row(sample)) for sample in self.samples]

    def table(self) -> str:
        """The paper's Table 2, and what a reader must know beside it, in Markdown."""
        table = markdown_table(["Method", *HEADERS], [[self.scores.label, *table2_cells(self.scores)]], text_columns=1)
        return "\n\n".join([table, *notes(self.scores)])

    def to_pandas(self) -> pandas.DataFrame:
        """The samples, a row each. Raises InputError where pandas is not installed."""
        try:
            import pandas
        except ModuleNotFoundError as error:
            raise InputError("to_pandas() needs pandas", hint="pip install pandas") from error
        return pandas.DataFrame.from_records(self.records)

    def to_dataset(self) -> datasets.Dataset:
        """The same as a ``datasets.Dataset``. Raises InputError where datasets is not installed."""
        try:
            import datasets
        except ModuleNotFoundError as error:
            raise InputError("to_dataset() needs datasets", hint="pip install datasets") from error
        return datasets.Dataset.from_list(self.records)

    def report(self, file: str | Path | None = None) -> Path:
        """Write the report as one HTML file, ``report.html`` in the run's folder where none is named; its path.

        Raises InputError, OSError.
        """
        from mabench_eval.journal import write_text
        from mabench_eval.pages import report_page

        place = Path(file) if file else self.folder / "report.html"
        write_text(place, report_page(self.folder))
        return place


def compare(results: Sequence[runs.Result | Path | str]) -> list[Pair]:
    """Every pair of the runs, given as results or by their folders.

    Raises InputError for folders that are none, runs without scores, or none in common.
    """
    return runs.compare([each.folder if isinstance(each, runs.Result) else each for each in results])
