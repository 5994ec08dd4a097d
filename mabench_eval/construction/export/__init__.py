"""``export``: a finished benchmark in the official form, with its clips, provenance and data sheet."""

from mabench_eval.construction.export.stage import ExportChoices, ExportReport, export_build

__all__ = ["ExportChoices", "ExportReport", "export_build"]
