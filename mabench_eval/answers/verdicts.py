"""Verdicts without the words yes and no: ``True.``, ``That is incorrect.``, ``I don't think so``."""

from __future__ import annotations

import re

_CLOSES = r"(?=[.!,;:)}\]\n-]|\Z|[ ](?:because|since|as)\b)"
_SURELY = r"(?:probably|definitely|certainly|absolutely|clearly|most[ ]likely|likely|presumably|of[ ]course)"
_SO = rf"""(?:
    (?P<agrees>(?:i|we)[ ](?:do[ ])?(?:think|believe|suppose|guess)[ ]so | i(?:[ ]would|'d)[ ]say[ ]so
      | it[ ](?:seems|appears)[ ]so)
  | (?P<doubts>(?:i|we)[ ](?:do[ ]not|don't)[ ](?:think|believe|suppose)[ ]so
      | i[ ](?:would[ ]not|wouldn't)[ ]say[ ]so
      | it[ ](?:does[ ]not|doesn't)[ ](?:seem|appear|look)[ ]so
      | (?:i[ ](?:think|believe|guess|would[ ]say)[ ])?{_SURELY}[ ]not
      | i[ ](?:think|believe)[ ]not | i'm[ ]afraid[ ]not)
)"""
_STARTS = r"(?:\A\W*|(?<=[.!\n;])[ ]?|\b(?:so|therefore|thus|hence|overall|consequently|in[ ]conclusion),?[ ])"
_VERDICT = re.compile(
    rf"""
    \A\W*(?P<alone>true|false|correct|incorrect|affirmative|negative){_CLOSES}
  | (?<=[.!\n])[ ]?(?P<last>true|false|correct|incorrect|affirmative|negative)[.!)]*\Z
  | \banswer(?:[ ](?:is|would[ ]be))?[ ]?[:=]?[ ](?:in[ ]the[ ])?(?P<answer>true|false|affirmative|negative){_CLOSES}
  | {_STARTS}(?:(?:the|this|that)[ ](?:(?:given|above)[ ])?(?:statement|claim|assertion|proposition|description)
      (?:[ ](?:is|seems|appears)(?:[ ]to[ ]be)?) | (?:that|this|it)(?:[ ]is|'s))
    (?:[ ](?:therefore|thus|hence|clearly|definitely|indeed|likely|probably))?
    [ ](?P<said>(?:not[ ])?(?:true|false|correct|incorrect|accurate|inaccurate|untrue)){_CLOSES}
  | {_STARTS}{_SO}(?=[.!\n]|,(?![ ]but)|\Z|[ ](?:because|since)\b)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_TRUE = re.compile(r"(?<!not )(?<!n't )\b(?:true|correct|accurate|affirmative)\b", re.IGNORECASE)
_FALSE = re.compile(
    r"\b(?:false|incorrect|inaccurate|untrue|wrong|negative|(?:not|n't) (?:\w+ )?(?:true|correct|accurate))\b",
    re.IGNORECASE,
)
_YES = {"true", "correct", "accurate", "affirmative"}
_NO = {"false", "incorrect", "inaccurate", "untrue", "negative", "not true", "not correct", "not accurate"}
_OBJECTS = re.compile(
    r"\b(?:but|however|although|though|except|unless|if|or|part(?:ly|ially)|half|mostly|somewhat|not (?:sure|certain"
    r"|entirely|fully|completely)|unsure|uncertain|unclear|cannot|can't|can not|could|might|maybe|perhaps|wait|actually"
    r"|on second thought|whether)\b|\?",
    re.IGNORECASE,
)


def read_verdict(text: str) -> str | None:
    """``Y`` or ``N`` where the tidy text gives one verdict and nothing in it speaks against that; else None."""
    found = set()
    for match in _VERDICT.finditer(text):
        word = (match["alone"] or match["last"] or match["answer"] or match["said"] or "").lower()
        if word in _YES or match["agrees"]:
            found.add("Y")
        elif word in _NO or match["doubts"]:
            found.add("N")
        else:
            return None  # "not false"
    if len(found) != 1 or _OBJECTS.search(text):
        return None
    (verdict,) = found
    against = _FALSE if verdict == "Y" else _TRUE
    return None if against.search(text) else verdict
