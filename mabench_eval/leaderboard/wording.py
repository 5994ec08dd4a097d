"""What all forms of the leaderboard say in the same words."""

from __future__ import annotations

from math import floor

from mabench_eval.leaderboard.entry import Entry
from mabench_eval.leaderboard.paper import BinomialInterval
from mabench_eval.runfiles import Interval
from mabench_eval.tables import NO_VALUE, number

FINAL_NOTE = (
    "Final = mean of the 12 sub-scores, each on 0-100 (a level counts times 20). The paper does not print it: in "
    "the paper's rows it is computed here from the printed figures, whose rounding moves it by up to 0.06."
)
OTHERS_NOTE = (
    "Runs that differ from the paper's protocol in what the column Settings says. They compete for no bold figure and "
    "have no rank."
)
PEOPLE_NOTE = (
    "People who saw the whole clips and the questions alone, without training. They compete with no model for a bold "
    "figure or a rank. What they were not asked, or have not answered yet, is missing: not wrong."
)
VERIFIED_NOTE = (
    "Not verified: the figures follow from the samples that their author gives, and nobody has seen the model's words. "
    "Accuracies verified: a maintainer read those words again with the answers of the benchmark and got the same "
    "accuracies; the judge's levels were averaged again, and not judged anew."
)
UNKNOWN_NOTE = "Its questions are not known here: whether a run left some out cannot be checked."
RANKS_NOTE = (
    "95 %: the interval, by clips. Rank: the set of ranks that the row may have among those with one in the column. "
    "With 95 % confidence a column's sets hold the true ranks of all its rows at once. They follow from differences of "
    "all pairs of rows, paired over the clips that both saw (max-t), never from whether single intervals overlap."
)
OPEN_RANKS_NOTE = {
    True: "Open AVG and Final rank own runs alone: the paper's rows have no interval there.",
    False: "Open AVG and Final are ranked where the same judges scored all runs by the same rubrics.",
}
"""Whether rows of the paper are among the table's -> what its open columns rank."""
UNPAIRED_NOTE = (
    "A row of the paper, of whose answers nothing is known: its intervals are binomial, by questions and not by clips, "
    "and too narrow, since twelve questions share a clip. In the ranks it is unpaired, as if it had seen other clips."
)
FLAGS_NOTE = (
    "Closed AVG on the questions that an audit did not flag (clean), and on those that its text-only probe gets wrong "
    "(hard), with 95 % intervals by clips; Flags: the first digits of the file's sha256. Runs under other flags do not "
    "compare."
)
FLAG_COLUMNS = ("Official", "Clean", "95 %", "n", "Hard", "95 %", "n")


def floored(share: float) -> str:
    """Percent, never rounded up: 11,999 of 12,000 are not 100 %."""
    return f"{floor(share * 10) / 10:.1f} %"


def short(sha256: str, digits: int = 8) -> str:
    """The first digits of a sha256, and nothing that is none: it comes from elsewhere."""
    return "".join(char for char in sha256[:digits] if char.isalnum())


def span(interval: Interval | BinomialInterval | None) -> str:
    """The ends of an interval, ``56.96 to 63.04``."""
    if interval is None or interval.low is None or interval.high is None:
        return NO_VALUE
    return f"{interval.low:.2f} to {interval.high:.2f}"


def flag_cells(entry: Entry) -> list[str]:
    """The closed average of a run that was scored with flags, on clean and on hard questions: ``FLAG_COLUMNS``."""
    cells = [number(entry.scores.closed_avg)]
    for part in (entry.flags.clean, entry.flags.hard) if entry.flags else ():
        average = part.get("closed AVG")
        cells += [number(average.value), span(average), f"{average.n:,}"] if average else [NO_VALUE] * 3
    return cells


class Footnotes:
    """Footnotes in the order of their first mention."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def number(self, text: str) -> int:
        """The number of a footnote, from 1; the same text has the same number everywhere."""
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text) + 1
