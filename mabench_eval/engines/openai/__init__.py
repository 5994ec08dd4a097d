"""Models behind an OpenAI-compatible chat endpoint: proprietary APIs, and any server that speaks their language."""

from mabench_eval.engines.openai.engine import OpenAIEngine

__all__ = ["OpenAIEngine"]
