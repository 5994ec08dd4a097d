"""Charts as SVG: no script, colours by classes, so that they follow the page's light and dark."""

from mabench_eval.pages.charts.bars import Bar, bar_chart
from mabench_eval.pages.charts.histogram import Panel, histogram_chart
from mabench_eval.pages.charts.matrix import matrix_chart

__all__ = ["Bar", "Panel", "bar_chart", "histogram_chart", "matrix_chart"]
