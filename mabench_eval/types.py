"""The types of what flows through a run, from the question file to the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


Json = Mapping[str, Any]
"""A JSON object."""
Variant = tuple[str, int, int]
"""(qid, repeat, rotation): one asking of a question, unique within a run."""


class AnswerKind(StrEnum):
    """How a task is answered."""

    CHOICE = "choice"
    """One letter; the options stand in the question text."""
    YES_NO = "yes_no"
    """Yes or No."""
    TEXT = "text"
    """Free text, scored by a judge."""


class Outcome(StrEnum):
    """What became of a question. The four are never mixed: an error is no answer, and no answer is no error."""

    ANSWERED = "answered"
    UNPARSABLE = "unparsable"
    """The model replied, and its reply holds no answer, or more than one."""
    REFUSED = "refused"
    """The model declined."""
    ERROR = "error"
    """No reply: the call or the clip failed. The answer is missing, and the next run asks again."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the benchmark."""

    qid: str
    """Unique in its file, e.g. ``SAD_0316``."""
    task: str
    """Name of a task in the catalogue, e.g. ``SAD``."""
    clip: str
    """Name of the clip, without folder and suffix."""
    text: str
    """The question as printed, its options included."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Letter -> option as printed (codes kept); empty unless the task is a choice."""
    answer: str | None = None
    """Reference: a letter, ``Yes``/``No``, or a text; None when the file has no answers."""
    repeat: int = 0
    """Number of this asking of the same question, from 0."""
    rotation: int = 0
    """Places that the options are moved up by; 0: as printed."""

    @property
    def variant(self) -> Variant:
        """Identifies it among the repeats and rotations of the same question."""
        return self.qid, self.repeat, self.rotation


@dataclass(frozen=True, slots=True)
class Clip:
    """One video clip."""

    name: str
    """As questions give it: without ``.mp4``, with its sub-folder of the clip folder where it names one."""
    path: Path | None = None
    """The file, inside the clip folder; None when the run reads no clips."""
    sha256: str | None = None
    """Of the file's bytes, hexadecimal; None when the run reads no clips."""
    frames: str | None = None
    """What of the decoder the clip's frames depend on; None for a plain clip, whose frames all decoders give alike."""

    @property
    def identity(self) -> str | Json:
        """What of the clip an answer's key holds."""
        if self.sha256 is None:
            return {"name": self.name}  # a model that does not look depends on no bytes
        return self.sha256 if self.frames is None else {"sha256": self.sha256, "frames": self.frames}


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """The sampled frames of one clip: the same pixels for every model."""

    pixels: NDArray[np.uint8]
    """(T, H, W, 3), RGB, 0-255."""
    indices: tuple[int, ...]
    """T frame numbers in the clip, ascending, from 0; a clip shorter than T repeats some."""
    timestamps: tuple[float, ...]
    """T times in seconds from the start of the clip's first frame, as the stream has them; at a constant rate
    index / fps."""
    fps: float
    """Average frame rate of the clip, frames per second: ``total`` by the clip's duration."""
    total: int
    """Frames in the clip, counted by decoding."""
    decoder: str | None = None
    """What decoded them, with its version, where it is not PyAV."""

    @property
    def places(self) -> tuple[float, ...]:
        """Where the frames stand in a clip of ``fps`` that had the same times: time * fps, T numbers.

        At a constant rate the whole numbers of ``indices``. For programs that take numbers and work out times.
        """
        placed = zip(self.indices, self.timestamps, strict=True)
        return tuple(index if abs(time * self.fps - index) < 1e-6 else time * self.fps for index, time in placed)


@dataclass(frozen=True, slots=True)
class Shot:
    """A solved example that is put before a question."""

    question: str
    answer: str
    clip: Clip | None = None
    """Its clip, whose frames are shown with it; None: the example is text alone."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question as it is put to a model."""

    key: str
    """sha256 of all the answer depends on; the name of its record in the journal."""
    qid: str
    """The question (the first, where several are word for word the same on the same clip)."""
    task: str
    kind: AnswerKind
    options: Mapping[str, str]
    """Letter -> option as printed; empty unless the task is a choice."""
    system_prompt: str
    user_prompt: str
    """The question in the task's user template; the media come before it."""
    max_tokens: int
    """Token limit of the answer."""
    question: str = ""
    """The question as printed, without the words of the task around it."""
    shots: tuple[Shot, ...] = ()
    """Solved examples between the system prompt and the question; none in the paper's protocol."""
    schema: Json | None = None
    """JSON schema of the answer. Engines that can hold the model to it; for others the reader checks the answer."""
    repeat: int = 0
    """As in ``Question``; each repeat has a key and a random seed of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class ClipWork:
    """The unit of work: a clip, decoded once, with all its open questions."""

    clip: Clip
    frames: Frames | None
    """None for a model that does not look, and for one that takes the clip's own file."""
    requests: tuple[Request, ...]
    content: bytes | None = None
    """The bytes of the clip's file, for a model that takes them in place of frames; None for all others."""


StopReason = Literal["stop", "length", "refusal", "content_filter", "empty"]
"""Why a model stopped: done; at the token limit; it declined; the provider's filter; done without any text."""


@dataclass(frozen=True, slots=True)
class Response:
    """What came back for one request: a text, or an error, never both.

    The ranges of its fields stand in ``runfiles/responses.py``; what does not fit is an error of its request.
    """

    key: str
    """The request's key."""
    text: str | None = None
    """The model's words, unchanged; None when the call failed."""
    error: str | None = None
    """Why there is no text; None when there is one."""
    stop_reason: StopReason | None = None
    """Why the model stopped, where the engine says so."""
    reasoning: str | None = None
    """A reasoning model's thoughts, where the engine keeps them apart from the answer."""
    served_by: str | None = None
    """The model id that the endpoint reports."""
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    """Prompt tokens served from a prefix cache."""
    seconds: float | None = None
    """From the request to the answer."""
    logprobs: Mapping[str, float] | None = None
    """Option -> its log-probability, in the answer mode that reads them."""
    unmetered_usd: float | None = None
    """US dollars, estimated from above, of calls whose tokens the endpoint did not tell: a reply without usage, and
    tries that were lost and may have been paid for. None: there are none, or no price is known."""
    price_factor: float | None = None
    """What its tokens cost, as a share of their price: 0.5 in most batches. None: all of it."""
    retries: int | None = None
    """Tries that failed before this one; None: none, or the engine does not try again."""
    traceback: str | None = None
    """Where the model's own code broke, for the journal; ``error`` says it in one line."""


@dataclass(frozen=True, slots=True)
class JudgeRequest:
    """One open answer put to a judge."""

    key: str
    """sha256 of judge identity, rubric, reference and answer."""
    task: str
    """``MADU`` or ``MARE``."""
    levels: tuple[str, ...]
    """The levels to score, e.g. ``("L1", "L2", "L3")``."""
    reference: str
    answer: str
    rubric: str = ""
    """Markdown: what each score of each level means."""


@dataclass(frozen=True, slots=True)
class Judgment:
    """A judge's scores for one open answer: scores, or an error, never both."""

    key: str
    """The judge request's key."""
    levels: Mapping[str, int] | None = None
    """Level -> integer 0-5; None when the judge gave no usable score (which is not 0)."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Level -> one line."""
    error: str | None = None
    """Why there is no score."""
    text: str | None = None
    """The judge's words, unchanged (the last reply, where it was asked again); None for a judge without words."""
    calls: int = 0
    """Calls of a model."""
    prompt_tokens: int = 0
    """Of all calls, as are the next two."""
    output_tokens: int = 0
    cached_tokens: int = 0
    unmetered_usd: float = 0.0
    """As in ``Response``, of all calls."""
    price_factor: float | None = None
    """As in ``Response``; the highest, where the calls differ."""
    traceback: str | None = None
    """As in ``Response``."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One question with its answer and scores: a line of ``samples.jsonl``."""

    qid: str
    task: str
    clip: str
    outcome: Outcome
    response: str | None
    """The model's words, unchanged; None when there are none."""
    prediction: str | None
    """Read from it: a letter, ``Yes``/``No``, or the text without reasoning; None unless answered."""
    reference: str | None
    """The right answer; None when the benchmark has no answers."""
    correct: bool | None = None
    """Closed tasks: False also for unparsable and refused; None for errors and without a reference."""
    levels: Mapping[str, int | float] | None = None
    """Open tasks: level -> 0-5, the mean of a panel's; None unless every judge scored. All 0 where ``by_rule``."""
    judgments: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None
    """Open tasks: judge -> ``levels`` and ``reasons`` -> level -> integer 0-5, and a line."""
    by_rule: bool | None = None
    """True: the levels are 0 without a judge, since there is no answer (unparsable, refused)."""
    stop_reason: StopReason | None = None
    """Why the model stopped, where the engine says so."""
    frames: tuple[int, ...] | None = None
    """Numbers of the frames the model saw; None when it did not look or gave no response."""
    error: str | None = None
    """Why there is no response, or (open tasks) no score."""
    repeat: int = 0
    """As in ``Question``, as is the next."""
    rotation: int = 0

    @property
    def variant(self) -> Variant:
        """The question's."""
        return self.qid, self.repeat, self.rotation


def one_text(request: Request) -> str:
    """System prompt, examples and user prompt as one text, for models without roles."""
    examples = [f"{shot.question}\nAnswer: {shot.answer}" for shot in request.shots]
    return "\n\n".join([request.system_prompt, *examples, request.user_prompt])
