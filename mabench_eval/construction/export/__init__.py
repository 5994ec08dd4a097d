"""``export``: a finished benchmark in the official form, with its clips, provenance and data sheet."""

from mabench_eval.construction.export.hub import Table, check_pyarrow, write_table
from mabench_eval.construction.export.stage import (
    ExportChoices,
    ExportReport,
    ExportState,
    export_build,
    export_state,
)

__all__ = [
    "ExportChoices",
    "ExportReport",
    "ExportState",
    "Table",
    "check_pyarrow",
    "export_build",
    "export_state",
    "write_table",
]
