"""``export``: a finished benchmark in the official form, with its clips, provenance and data sheet."""

from mabench_eval.construction.export.stage import (
    ExportChoices,
    ExportReport,
    ExportState,
    export_build,
    export_state,
)

__all__ = ["ExportChoices", "ExportReport", "ExportState", "export_build", "export_state"]
