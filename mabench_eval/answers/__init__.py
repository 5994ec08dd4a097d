"""Answer reading: the model's words in; an outcome, a label, a sample out; never a guess.

``reading`` has the rules of answers, ``labels`` those of the labels that a text names. Functions of text alone: no
file, no model, no network.
"""

from mabench_eval.answers.labels import Labels, labels_named, read_labels, without_labels
from mabench_eval.answers.reading import read, read_choice, read_yes_no
from mabench_eval.answers.reply import is_refusal, json_reply, strip_reasoning
from mabench_eval.answers.samples import NOT_ASKED, NOT_JUDGED, failed, read_sample, read_samples, sample_of

__all__ = [
    "NOT_ASKED",
    "NOT_JUDGED",
    "Labels",
    "failed",
    "is_refusal",
    "json_reply",
    "labels_named",
    "read",
    "read_choice",
    "read_labels",
    "read_sample",
    "read_samples",
    "read_yes_no",
    "sample_of",
    "strip_reasoning",
    "without_labels",
]
