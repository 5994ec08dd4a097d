"""Evaluation library for MA-Bench, the benchmark of fine-grained micro-action understanding."""

__version__ = "0.1.0"
