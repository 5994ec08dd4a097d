"""Whether a build that is killed in every step, among models that fail and prattle, ends as if nothing had been.

PYTHONPATH=. python -m benchmarks.killed_build [--clips 12] [--kills 2]

A scripted endpoint is writer, reworder, verifier and blind reader at once; of its calls 30 % fail, and of its replies
30 % are of no use. Clips are the demo's, by a tracker that knows their motions. The command is killed (SIGKILL, with
the process that tracks) at a random moment of every step, as often as told, and given again until it ends. Compared
with a build that nothing disturbed: every file to the byte but the journal's times; and how many replies the endpoint
sent that are not in the journal, at most those in flight at the kills. Exits with 1 if anything differs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.building import environment
from demo.motions import CLIPS
from demo.questions import clip_name
from mabench_eval.cli.verbs.build.whole import STEPS
from mabench_eval.construction import BuildFolder, BuildSettings, Role, choose_model, init_build, open_build
from mabench_eval.journal import FILE, Silent, read_journal, write_text
from tests.construction.captions.scribe import CODE
from tests.construction.verification.oracle import BABBLE, Oracle
from tests.support.construction import VIDEOS, write_known_tracker
from tests.support.scripted_server import Fault, Kind, Raw, Reply, Script, ScriptedServer, with_faults

ROLES: tuple[Role, ...] = ("writer", "reworder", "verifier", "blind")
FAULTS: tuple[Kind, ...] = ("rate_limit", "server_error", "cut", "html", "empty_choices")
AT_ONCE = 8
"""Calls of each role."""
NOT_COMPARED = (FILE, "lock", "build.yaml", "workers.log")
"""Times, and the endpoint's port."""


class Everyone(Oracle):
    """Plays every role: what is asked tells which."""

    def __init__(self, build: BuildFolder) -> None:
        super().__init__(build, errs=0.1, babbles=0.3, stubborn=0.2)
        self._scribe: dict[str, Any] = {}
        exec(CODE, self._scribe)

    def __call__(self, body: dict[str, Any], before: int) -> Reply | Fault | Raw:
        """What the role that is asked says."""
        texts = [message["content"] for message in body["messages"] if message["role"] == "user"]
        first = texts[0] if isinstance(texts[0], str) else texts[0][-1]["text"]
        if "Labels: " in first:  # the writer's brief; Random of a text is the same in every process
            lot = Random(f"{first} {len(texts)}").random()
            return Reply(BABBLE[int(lot * 10)] if lot < 0.3 else json.dumps(self._scribe["reply"](first)))
        if "<<<<<" not in first:  # a statement to reword, as it stands
            lot = Random(f"{first} {len(texts)}").random()
            return Reply("It says so." if lot < 0.3 else first)
        return super().__call__(body, before)


def main() -> int:
    """Print how it went; 1 if the ends differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=12)
    parser.add_argument("--kills", type=int, default=2, help="in every step")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        words = sources(scratch, chosen.clips)
        init_build(scratch / "known", BuildSettings(1, words[1], words[3]), Silent())
        run(scratch / "known", ["track", *words[4:]])  # so that the endpoint knows every table that it can be shown
        everyone = Everyone(open_build(scratch / "known"))
        with ScriptedServer(everyone) as server:
            begun(scratch / "whole" / "mine", words, server)
            run(scratch / "whole" / "mine", words)
            calls = server.received
        paid = Counter[str]()
        with ScriptedServer(counted(with_faults(everyone, 0.3, kinds=FAULTS, retry_after=0.01), paid)) as server:
            begun(scratch / "killed" / "mine", words, server)
            told = kills(scratch / "killed" / "mine", words, chosen.kills)
            run(scratch / "killed" / "mine", words)
            received = server.received
        return verdict(scratch, calls, received, paid, told)


def sources(scratch: Path, count: int) -> Sequence[str]:
    """Clips, labels and tracker; the options of the command."""
    (scratch / "videos").mkdir()
    names = [clip_name(number) for number in range(count)]
    for each in names:
        shutil.copy(VIDEOS / f"{each}.mp4", scratch / "videos")
    rows = [f"{each},{clip.action}" for each, clip in zip(names, CLIPS, strict=False)]
    write_text(scratch / "labels.csv", "\n".join(["clip,label", *rows, ""]))
    code = write_known_tracker(scratch / "code")
    clips = ["--clips", str(scratch / "videos"), "--labels", str(scratch / "labels.csv")]
    return [*clips, "--tracker", "known", "--include", str(code), "--jobs", "2"]


def begun(folder: Path, words: Sequence[str], server: ScriptedServer) -> None:
    """A folder whose settings name the endpoint in every role."""
    folder.parent.mkdir()  # data sheets name the folder: both are "mine"
    settings = BuildSettings(1, words[1], words[3])
    given = {"base_url": server.base_url, "model_id": "m", "concurrency": AT_ONCE, "max_retries": 8}
    for role in ROLES:
        settings = choose_model(settings, role, "openai", given)
    init_build(folder, settings, Silent())


def counted(script: Script, paid: Counter[str]) -> Script:
    """The same, with the whole replies counted that a conversation gets."""

    def answer(body: dict[str, Any], before: int) -> Reply | Fault | Raw:
        said = script(body, before)
        paid[json.dumps(body["messages"])] += isinstance(said, Reply)
        return said

    return answer


def command(folder: Path, words: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "mabench_eval", "build", str(folder), *words]


def run(folder: Path, words: Sequence[str]) -> None:
    """Until it ends."""
    done = subprocess.run(command(folder, words), env=environment(), capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):  # 1: the gate, which refuses a verifier that errs
        sys.exit(f"exit status {done.returncode}: {done.stderr[-2000:]}")


def kills(folder: Path, words: Sequence[str], each: int) -> Mapping[str, int]:
    """Kill it at random moments of its steps. Step -> times that it was killed in there."""
    lot, hit = Random(0), Counter[str]()
    for step in [step for step in STEPS for _ in range(each)]:
        with subprocess.Popen(
            command(folder, words),
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            reached = ""
            for line in process.stderr or ():
                if line.startswith("--- "):
                    reached = line.split()[1]
                if reached == step:
                    break
            drain = threading.Thread(target=lambda p=process: list(p.stderr or ()), daemon=True)
            drain.start()
            time.sleep(lot.random() * 1.5)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                hit[step] += 1
    return hit


def verdict(scratch: Path, calls: int, received: int, paid: Counter[str], told: Mapping[str, int]) -> int:
    """Print what is the same."""
    whole, killed = files(scratch / "whole" / "mine"), files(scratch / "killed" / "mine")
    other = sorted(name for name in whole.keys() | killed.keys() if whole.get(name) != killed.get(name))
    answers = [len(read_journal(scratch / name / "mine").answers) for name in ("whole", "killed")]
    lost = paid.total() - answers[1]
    most = AT_ONCE * sum(told.values())
    print(f"killed in {', '.join(f'{step} {count}' for step, count in told.items())}")
    print(f"{len(whole)} files: {'the same bytes' if not other else 'OTHER: ' + ', '.join(other[:9])}")
    print(f"calls: {calls} undisturbed, {received} among faults and kills")
    print(f"replies in the journal: {answers[0]} undisturbed, {answers[1]} killed; {lost} came to a dead process")
    return int(bool(other) or answers[0] != answers[1] or not 0 <= lost <= most)


def files(folder: Path) -> dict[str, bytes]:
    """All that is compared."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if path.name not in NOT_COMPARED}


if __name__ == "__main__":
    sys.exit(main())
