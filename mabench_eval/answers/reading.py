r"""Answer reading: the model's words in, an option letter, Yes or No out; or nothing, never a guess.

Strict about what is an answer, generous about how it is written. A reply is read in three steps.

1. **Reply proper** (`reply`). Reasoning goes, then Markdown, LaTeX and full-width forms. ``\boxed{B}`` and
   ``<answer>B</answer>`` become the statement they stand for: ``final answer: B``.
2. **Marks** (`marks`). Each expression that can be an answer becomes one mark:

   - the text of an option, in any case, the longest first (``Head-hand`` is not ``Head``). A label without its
     annotation code names the option printed so, else its only coded one. Labels that are everyday words, body
     parts (``Head``) and parts of other labels, count at the end of a clause only;
   - a letter at the end of a clause, or before a word no article can precede: ``A because`` and ``B, as`` can be
     answers, ``A man`` and ``B moves`` cannot. A letter with the text of another option contradicts itself;
   - the word yes; the word no unless a noun may follow: ``No movement is visible`` is no answer, ``No, it rests``
     and ``No it rests`` are. ``Y`` and ``N`` are answers, but not within prose. Yes and no of other languages, alone
     or as the first of a sentence;
   - where neither a letter nor an option as printed stands, an option's words in another form: ``hand-head``,
     ``shaking the head``; where neither yes nor no stands in any language, a verdict: ``False.``, ``I don't think so.``

   Alternatives (``A or B``, ``B, C``, ``Yes and no``) are one mention with two answers. Denied mentions (``not B``,
   ``B is wrong``, ``B?``) and supposed ones (``if it moved, the answer would be B``) do not count, and nothing does
   that is taken back: ``A. No wait, the answer is B`` is B.
3. **Readers** (`readers`), in order; the first that finds anything decides. One answer is the answer, two are none.

   - *stated*: ``the answer is B``, ``I choose B``, ``B is correct``. A final answer outranks the others;
   - *edges*: the reply begins with an answer (``B. Nodding``), or ends with one, as its last line or sentence. If it
     does both, they must agree. A walk through the options is no beginning, nor is a letter that is
     commented on beside another one (``B: it nods; A: it turns``);
   - *opened*: yes or no alone on the first line, where the explanation does not give the other word as an answer;
   - *named*: one option is named in prose. A letter alone or an everyday word is named only where it is pointed at
     (``clearly E``, ``it is the Head``), and no other letter is named beside it.

A letter beyond the options is an answer, the wrong one, and reads as none. The time a reply takes is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from mabench_eval.answers.marks import FAINT, MARKS, mark_choice, mark_yes_no, surest
from mabench_eval.answers.readers import decide, edges, named, opened, sentences, stated, worded
from mabench_eval.answers.reply import is_refusal, strip_reasoning, tidy
from mabench_eval.answers.verdicts import read_verdict
from mabench_eval.types import AnswerKind, Outcome

_LETTER = re.compile(r"\s*([A-Z])\.?\s*")
_WORD = re.compile(r"\s*(yes|no)\.?\s*", re.IGNORECASE)
"""What most replies are: the answer and nothing else. They need no marks."""

_HALF = re.compile(rf"ing(?: (?:or|and) | ?/ ?)[{MARKS}]")
"""Of something that is no option: ``turning or shaking the head``."""

__all__ = ["is_refusal", "read", "read_choice", "read_yes_no", "strip_reasoning"]


def read_choice(text: str, options: Mapping[str, str]) -> str | None:
    """The letter a reply chooses.

    Args:
        text: The model's words, any string.
        options: Letter -> option as printed, annotation code included.

    Returns:
        One of the letters, or None when the reply holds no answer, or two.
    """
    if not options:
        return None
    if (alone := _LETTER.fullmatch(text)) and alone[1] in options:
        return alone[1]
    reply = tidy(text)
    marked = mark_choice(reply, options)
    letter = decide(marked, (stated, edges, named))
    if letter is None and surest(marked) in (None, FAINT):  # no letter and no option as printed
        marked = mark_choice(reply, options, loose=True)
        letter = None if _HALF.search(marked) else decide(marked, (stated, edges, named))
    return letter if letter in options else None


def read_yes_no(text: str) -> Literal["Yes", "No"] | None:
    """Yes or No, or None when the reply holds neither, or both."""
    # Named comes first: the words have no other use than to answer, so where both stand, neither is the answer.
    if alone := _WORD.fullmatch(text):
        return "Yes" if alone[1].casefold() == "yes" else "No"
    reply = tidy(text)
    marked = mark_yes_no(reply)
    letter = decide(marked, (stated, opened, worded, sentences))
    if surest(marked) is None:  # neither word, in no language
        letter = read_verdict(reply)
    if letter is None:
        return None
    return "Yes" if letter == "Y" else "No"


def read(kind: AnswerKind, text: str, options: Mapping[str, str]) -> tuple[Outcome, str | None]:
    """What became of a question, and the answer read from the reply. Never raises.

    Args:
        kind: How the task is answered.
        text: The model's words, any string.
        options: Letter -> option as printed; used for choices only.

    Returns:
        ``(ANSWERED, prediction)``, the prediction being a letter, ``Yes``/``No``, or the text without reasoning;
        else ``(REFUSED, None)`` or ``(UNPARSABLE, None)``. In a closed task an answer outranks words of refusal
        around it.
    """
    prediction = _prediction(kind, text, options)
    if prediction is not None:
        return Outcome.ANSWERED, prediction
    return Outcome.REFUSED if is_refusal(text) else Outcome.UNPARSABLE, None


def _prediction(kind: AnswerKind, text: str, options: Mapping[str, str]) -> str | None:
    match kind:
        case AnswerKind.CHOICE:
            return read_choice(text, options)
        case AnswerKind.YES_NO:
            return read_yes_no(text)
        case AnswerKind.TEXT:
            reply = strip_reasoning(text)
            return reply if any(map(str.isalnum, reply)) and not is_refusal(text) else None
