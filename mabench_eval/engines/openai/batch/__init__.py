"""Answers by batches, at the price of batches: the same requests as lines of a file, their answers read alike."""

from mabench_eval.engines.openai.batch.files import BatchFile, batch_line, request_id
from mabench_eval.engines.openai.batch.model import BatchModel

__all__ = ["BatchFile", "BatchModel", "batch_line", "request_id"]
