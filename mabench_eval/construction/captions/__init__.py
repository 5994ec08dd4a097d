"""What moves in a clip, in words: captions of parts, the structured caption, the references of the open tasks."""

from mabench_eval.construction.captions.facts import Fact, Known, fact_of
from mabench_eval.construction.captions.report import CaptionReport, Summary
from mabench_eval.construction.captions.rows import Caption, Sentence, Structure
from mabench_eval.construction.captions.stage import forecast_captions, read_captions, write_captions

__all__ = [
    "Caption",
    "CaptionReport",
    "Fact",
    "Known",
    "Sentence",
    "Structure",
    "Summary",
    "fact_of",
    "forecast_captions",
    "read_captions",
    "write_captions",
]
