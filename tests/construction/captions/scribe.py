"""A model that writes captions from the facts that it is told, and lies, prattles or fails as its card says."""

from __future__ import annotations

from pathlib import Path

CARD = """\
name: scribe
engine: python
description: Writes captions.
needs_frames: false
settings: {mode: honest, log: ""}
"""
CODE = r'''
"""The scripted writer."""
import json
import os
import re
import signal
from pathlib import Path

from mabench_eval import Response, register_model

SAYS = {
    "leads": "The movement is led by the {0}.",
    "moves": "The {0} makes a clear movement.",
    "stillness": "The {0} keeps still.",
    "direction": "The {0} moves {2} {1} in the clip.",
    "starts": "The {0} sets off {1} in the clip.",
    "extent": "The {0} makes a {1} movement.",
}


def sentences(prompt):
    found = []
    for line in prompt.splitlines():
        match = re.fullmatch(r"(\d+) ([a-z ]+): (.+)", line)
        if match:
            family, *more = match[3].split(", ")
            more = [{"middle": "midway"}.get(word, word) for word in more]
            if family in SAYS:
                text = SAYS[family].format(match[2], *more).replace("midway in the clip", "midway")
                found.append({"text": text, "facts": [int(match[1])]})
    return found


def reply(prompt):
    items = sentences(prompt)
    labels = re.search(r"Labels: (.+)", prompt)[1]
    nothing = {"text": "Nothing is confirmed about it.", "facts": []}
    parts = dict.fromkeys(("leading", "coordinated", "minor", "space", "time"), nothing)
    mare = [*(items * 3)[:8], {"text": "Therefore the evidence supports " + labels + ".", "facts": []}]
    return {**parts, "leading": items[0], "madu": (items * 3)[:6], "mare": mare}


def lie(written):
    """The first direction the other way round, or a part that no fact is about."""
    turned = {"upward": "downward", "downward": "upward", "leftward": "rightward", "rightward": "leftward"}
    for item in written["madu"]:
        for word, other in turned.items():
            if word in item["text"]:
                return {**written, "madu": [{**item, "text": item["text"].replace(word, other)}, *written["madu"]]}
    return {**written, "leading": {"text": "The left foot rises early in the clip.", "facts": []}}


@register_model("scribe", needs_frames=False)
class Scribe:
    def __init__(self, settings, seed):
        self.mode, self.log = settings["mode"], settings["log"]

    @staticmethod
    def identity(settings):
        return {"mode": settings["mode"]}

    def generate(self, work):
        for item in work:
            for request in item.requests:
                yield self.answer(request)

    def answer(self, request):
        with open(self.log, "a") as log:
            log.write(request.qid + "\n")
        first = request.shots[0].question if request.shots else request.user_prompt
        written, second = reply(first), bool(request.shots)
        if self.mode == "killer" and len(Path(self.log).read_text().split()) == 5:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.mode == "fails" and int(request.key[:2], 16) % 2:
            return Response(request.key, error="out of order")
        text = {
            "lies": lie(written),
            "mends": written if second else lie(written),
            "some": lie(written) if int(request.key[:2], 16) % 5 == 0 else written,
            "mislabels": {**written, "mare": written["mare"][:-1]},
            "invents": {**written, "leading": {"text": "The head moves.", "facts": [9999]}},
            "marks": {**written, "leading": {**written["leading"], "text": "**See** https://x.org"}},
            "short": {**written, "madu": written["madu"][:1]},
        }.get(self.mode, written)
        text = json.dumps(text)
        if self.mode == "prose":
            text = "The person moves a hand, I think."
        if self.mode == "broken":
            text = text[:-20]
        if self.mode == "fenced":
            text = "```json\n" + text + "\n```"
        return Response(request.key, text=text, prompt_tokens=1000, output_tokens=300)
'''


def write_scribe(folder: Path) -> Path:
    """A folder to ``--include``."""
    (folder / "models").mkdir(parents=True, exist_ok=True)
    (folder / "models" / "scribe.yaml").write_text(CARD)
    (folder / "models" / "scribe.py").write_text(CODE)
    return folder
