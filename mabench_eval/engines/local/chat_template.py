"""A checkpoint's chat template: the form of message that it takes, and requests as its prompts.

Templates differ in what stands in a message's ``content``. Those of models that look take a list of parts; many of
models that read text alone take one text, and of a list they raise an error, leave it out, or write its Python form
into the prompt (Llama 3's, by a filter). None says which, so that it is found by rendering a probe.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from mabench_eval.errors import ModelError
from mabench_eval.types import Request

Render = Callable[[list[dict[str, Any]]], str]
"""A chat template: messages to the prompt's text, with the placeholders of the media and the start of the answer."""
Form = Literal["parts", "text"]
"""``parts``: a list of ``{"type": "text", "text": ...}`` and ``{"type": "video"}``; ``text``: one text."""
FORMS: tuple[Form, ...] = ("parts", "text")
"""In the order in which they are tried."""
NO_MEDIUM_HINT = "A model that reads text alone: --input text-only. One that looks: --set input=images, or input=video."
"""What to do about frames in a form that a checkpoint does not take."""

_WORDS = {role: f'The {role}\'s "own"\nwords' for role in ("system", "user", "assistant")}
"""What the messages of a probe say: line and quotes change where it is written by its Python form, or as JSON."""


@dataclass(frozen=True, slots=True)
class RoleForms:
    """The form of each role's messages."""

    user: Form
    assistant: Form
    system: Form | None
    """None: the template knows no system message, or leaves its text out."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message before it has a form."""

    role: str
    parts: tuple[dict[str, str], ...]


class ChatTemplate:
    """A chat template with the forms that it takes."""

    def __init__(self, render: Render, repo: str, marks: Sequence[str] = ()) -> None:
        """``repo``: what errors call the checkpoint; ``marks``: the special tokens of its tokenizer, as texts."""
        self.render, self._repo, self._marks = render, repo, marks
        self._known: dict[tuple[str, ...], RoleForms] = {}

    def prompt(self, request: Request, media: Sequence[str]) -> str:
        """The prompt of a request: system message, examples as text, then the media, then the question.

        ``media``: the type of each, ``video`` or ``image``, in order. Where the template has no place for the system
        prompt it stands at the start of the user message: it precedes the media in every case. Raises ModelError for a
        template that cannot be used at all, ValueError for a prompt that lacks words of the request, and what templates
        raise.
        """
        if not media:  # a judge's; a question about a clip that holds the mark of one is an error of its own
            request = without_marks(request, self._marks)
        forms, system = self.forms(media), request.system_prompt
        turns = [Turn("system", (_text(system),))] if system and forms.system else []
        for shot in request.shots:
            turns += [Turn("user", (_text(shot.question),)), Turn("assistant", (_text(shot.answer),))]
        opening = (_text(f"{system}\n"),) if system and not forms.system else ()
        turns.append(Turn("user", (*opening, *({"type": kind} for kind in media), _text(request.user_prompt))))

        text = self._rendered(turns, forms)
        told = [system, *(shot.question for shot in request.shots), request.user_prompt]
        if missing := [words for words in told if words.strip() not in text]:
            raise ValueError(f"the chat template leaves out or changes words of the prompt: {missing[0][:60]!r} ...")
        return text

    def forms(self, media: Sequence[str]) -> RoleForms:
        """The forms of messages beside such media, found once. Raises ModelError for a template that takes none."""
        kinds = tuple(dict.fromkeys(media))
        if kinds not in self._known:
            self._known[kinds] = self._find(kinds)
        return self._known[kinds]

    def _find(self, kinds: tuple[str, ...]) -> RoleForms:
        user = next((form for form in FORMS if self._shows(RoleForms(form, form, None), ("user",), kinds)), None)
        if user is None:
            raise self._unusable(kinds)

        shots, system = ("user", "assistant", "user"), ("system", "user")
        answered = (form for form in FORMS if self._shows(RoleForms(user, form, None), shots, kinds))
        told = (form for form in FORMS if self._shows(RoleForms(user, user, form), system, kinds))
        # A template without a place for an assistant's turn says so itself when an example needs one.
        return RoleForms(user, next(answered, user), next(told, None))

    def _shows(self, forms: RoleForms, roles: Sequence[str], kinds: tuple[str, ...]) -> bool:
        """Whether a conversation of such messages is rendered whole: each word as it is, and each medium somehow."""
        said = [Turn(role, (_text(_WORDS[role]),)) for role in roles]
        shown = [*said[:-1], Turn("user", (*({"type": kind} for kind in kinds), *said[-1].parts))]
        try:
            bare, text = self._rendered(said, forms), self._rendered(shown, forms)
        except Exception:  # noqa: BLE001 - templates may raise anything for what they do not know
            return False
        words = [_WORDS[role] for role in roles]
        return all(word in text for word in words) and (not kinds or text != bare)

    def _rendered(self, turns: Sequence[Turn], forms: RoleForms) -> str:
        return self.render([{"role": turn.role, "content": self._content(turn, forms)} for turn in turns])

    def _content(self, turn: Turn, forms: RoleForms) -> str | list[dict[str, str]]:
        """A message's content in the form of its role. Raises KeyError for a medium, which no text can name."""
        as_parts = getattr(forms, turn.role) == "parts"
        return list(turn.parts) if as_parts else "".join(part["text"] for part in turn.parts)

    def _unusable(self, kinds: tuple[str, ...]) -> ModelError:
        """Why no form will do."""
        if kinds and any(self._shows(RoleForms(form, form, None), ("user",), ()) for form in FORMS):
            return ModelError(
                f"the chat template of {self._repo} takes text alone, and no {kinds[0]}",
                hint=NO_MEDIUM_HINT,
            )
        return ModelError(
            f"{self._repo} has no chat template, or one that takes messages neither as a text nor as parts",
            hint="A base model holds no conversation: take its version for instructions (-Instruct, -Chat, -it).",
        )


def template_of(processor: Any, repo: str) -> ChatTemplate:
    """The chat template of a processor, or of the tokenizer of a model that reads text alone."""
    tokenizer = getattr(processor, "tokenizer", processor)
    own = getattr(processor, "chat_template", None)
    # Phi-4's processor drops its template on loading (transformers 5.23); its tokenizer keeps it.
    given = {} if own else {"chat_template": tokenizer.chat_template}

    def render(messages: list[dict[str, Any]]) -> str:
        text: str = processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False, **given)
        return text

    return ChatTemplate(render, repo, special_tokens(tokenizer))


def special_tokens(tokenizer: Any) -> tuple[str, ...]:
    """What a tokenizer takes for a sign of its own wherever it stands in a text: ends of turns, media, beginnings."""
    added = getattr(tokenizer, "added_tokens_decoder", {}).values()
    named = [str(token) for token in getattr(tokenizer, "all_special_tokens", ())]
    return tuple(dict.fromkeys([*named, *(token.content for token in added if token.special)]))


def without_marks(request: Request, marks: Sequence[str]) -> Request:
    """The request whose question and examples hold no special token: a space stands in what would be one.

    A judge's question holds what a model has written: with the token that ends a turn it could speak as the system. The
    system prompt is its author's, and stays as it is.
    """

    def parted(text: str) -> str:
        for mark in marks:
            if len(mark) > 1 and mark in text:
                text = text.replace(mark, f"{mark[0]} {mark[1:]}")
        return text

    shots = tuple(replace(shot, question=parted(shot.question), answer=parted(shot.answer)) for shot in request.shots)
    return replace(request, user_prompt=parted(request.user_prompt), shots=shots)


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}
