"""What moves in a clip, in words: captions of parts, the structured caption, the references of the open tasks."""

from mabench_eval.construction.captions.rows import Caption, Sentence, Structure

__all__ = ["Caption", "Sentence", "Structure"]
