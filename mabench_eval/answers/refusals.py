"""Refusals: replies in which the model declines."""

from __future__ import annotations

import re

from mabench_eval.answers.reply import tidy

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
