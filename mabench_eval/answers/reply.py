"""The reply proper: the model's words without reasoning and markup."""

from __future__ import annotations

import re
from typing import Any

from mabench_eval.parsing import json_value

PRIVATE_USE = range(0xE000, 0xE600)
"""Characters no reply keeps: marks are made of them, see `mabench_eval.answers.marks`."""

_LONGEST = 20_000
_REASONING_TAG = re.compile(r"[<◁]\s?(/?)\s?(?:think|thinking|thought|reasoning)\s?[>▷]", re.IGNORECASE)
_FINAL_MARKUP = re.compile(r"<answer>|<\|begin_of_box\|>|\\boxed ?\{", re.IGNORECASE)
_OTHER_MARKUP = re.compile(r"</answer>|<\|\w{1,30}\|>|</s>", re.IGNORECASE)
_LATEX_FONT = re.compile(r"\\(?:text|mathrm|mathbf|textbf|textit) ?\{")
_FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*)\n[ \t]*```", re.DOTALL | re.IGNORECASE)
_SPACES = re.compile(r"[^\S\n]+")
_LINE_BREAKS = re.compile(r" ?\n[ \n]*")

_PLAIN: dict[int, str | None] = {
    **dict.fromkeys(PRIVATE_USE, " "),
    **{wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)},  # full-width forms
    **dict.fromkeys(map(ord, '*`$#~"\u201c\u201d\u200b\u2060\ufeff')),
    **dict.fromkeys(map(ord, "\u2018\u2019"), "'"),
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014"), "-"),
    ord("\r"): "\n",
    ord("_"): " ",
    ord("\u2192"): "->",
    ord("\u3002"): ". ",  # ideographic full stop
    ord("\u3001"): ", ",  # ideographic comma
}


def strip_reasoning(text: str) -> str:
    """The reply without its reasoning blocks.

    A closed block goes. Before a lone closing tag all is reasoning (the chat template opened it). After an opening
    tag that is never closed nothing is left: the model ran out of tokens while it thought.
    """
    kept: list[str] = []
    position, thinking = 0, False
    for tag in _REASONING_TAG.finditer(text):
        closing = bool(tag[1])
        if not closing and not thinking:
            kept.append(text[position : tag.start()])
        elif closing and not thinking:
            kept.clear()
        thinking, position = not closing, tag.end()
    if not thinking:
        kept.append(text[position:])
    return "".join(kept).strip()


def json_reply(text: str) -> Any:
    """The value of a reply that is one JSON value, behind its reasoning block and inside a code fence if it has them.

    JSON is never searched for in prose, where it could be an example, or somebody else's. Raises ContentError.
    """
    text = strip_reasoning(text)
    inside = _FENCE.fullmatch(text)
    return json_value(inside[1] if inside else text, halves=True)


def tidy(text: str) -> str:
    r"""The reply without markup: single spaces, single line breaks, ASCII punctuation.

    ``\boxed{B}`` and ``<answer>B</answer>`` become the statement they stand for, ``final answer: B``. Of more
    than 20,000 characters the first and the last 10,000 are kept: no answer stands in between.
    """
    text = strip_reasoning(text)
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST // 2]}\n{text[-_LONGEST // 2 :]}"
    text = _FINAL_MARKUP.sub("\nfinal answer: ", text)
    text = _LATEX_FONT.sub(" ", _OTHER_MARKUP.sub("\n", text)).translate(_PLAIN)
    return _LINE_BREAKS.sub("\n", _SPACES.sub(" ", text)).strip()


_OPENING = 200
_LENGTH = 600

_CANNOT = (
    r"(?:can't|cannot|can[ ]not|won't|will[ ]not|(?:am|'m)?[ ]?(?:unable|not[ ]able)[ ]to"
    r"|do(?:[ ]not|n't)[ ]have[ ]the[ ](?:ability|capability)[ ]to)"
)
_SERVE = r"(?:help|assist|comply|answer|respond|provide|fulfill?|engage|continue)"
_LOOK = r"(?:see|view|watch|access|process|analy[sz]e|open|play|interpret|perceive|observe)"
_MEDIA = r"(?:[\w-]+[ ]){0,3}(?:videos?|clips?|images?|frames?|pictures?|media|files?|visuals?)"

_REFUSAL = re.compile(
    rf"""
    \b(?:i|we)[ ]?{_CANNOT}[ ](?:\w+ly[ ])?(?: {_SERVE}\b | {_LOOK}(?:[ ]?[.!,]|[ ]or\b|[ ]{_MEDIA}\b|\Z) )
    | \bas[ ]an?[ ](?:ai|artificial|(?:large[ ])?language)\b[^.\n]{{0,60}}
      (?:can't|cannot|unable|not[ ]able|don't|do[ ]not)\b
    | \b(?:i|we)[ ](?:(?:must|have[ ]to|need[ ]to)[ ])?(?:(?:respectfully|politely)[ ])?(?:decline|refuse)\b
    | (?:抱歉|对不起|我)[^.\n]{{0,12}}(?:无法|不能)\w{{0,2}}(?:观看|查看|看到|访问|分析|回答|提供|协助|帮助)
    """,
    re.VERBOSE | re.IGNORECASE,
)


def is_refusal(text: str) -> bool:
    """Whether the model declines: it opens with words for it (200 characters), and has little else to say (600).

    Narrow on purpose. "The hand cannot be seen" and "Cannot determine" do not decline; a long description that
    starts with an apology is an answer, for the judge to score.
    """
    reply = tidy(text)
    return len(reply) <= _LENGTH and bool(_REFUSAL.search(reply[:_OPENING]))
