"""Phi-3.5-Vision and Phi-4-Multimodal by the code of their repositories: each frame an image in crops."""

from __future__ import annotations

from typing import Any

from mabench_eval import Checkpoint, Frames, Request, pictures, user_message


class Adapter:
    """Frames as numbered images before the question, in the family's own chat template.

    Their processors make crops and prompt in one call, so that all of it is done for each question.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._model = checkpoint.model("AutoModelForCausalLM", _attn_implementation=checkpoint.attention())
        self._processor = checkpoint.processor()
        for name, value in checkpoint.settings.processor.items():
            setattr(self._processor.image_processor, name, value)  # Phi-4's from_pretrained leaves them out
        self._family = self._model.config.model_type
        end = self._processor.tokenizer.eos_token_id
        self._how = {"phi3_v": {"eos_token_id": end}, "phi4mm": {"num_logits_to_keep": 1}}[self._family]

    def prepare(self, frames: Frames) -> Any:
        """PIL's pictures."""
        return pictures(frames)

    def answer(self, seen: Any, request: Request) -> str:
        """One call of ``generate``, which repeats the prompt before the answer."""
        message = {"role": "user", "content": user_message(self._family, request, ["image"] * len(seen))}
        prompt = self._processor.tokenizer.apply_chat_template([message], tokenize=False, add_generation_prompt=True)
        inputs = self._processor(text=prompt, images=seen, return_tensors="pt").to(self._model.device)
        ids = self._model.generate(**inputs, **self._how, **self._checkpoint.generation(request))
        new = ids[:, inputs["input_ids"].shape[1] :]
        decode = self._processor.batch_decode
        text: str = decode(new, skip_special_tokens=True, clean_up_tokenization_spaces=False)[0]
        return text
