"""Build a benchmark from labelled clips. DIR holds it while it is in the making; every step can be cut off and goes on.

With clips and labels every step follows the other, offline and on a laptop. `build DIR` alone says where it stands, and
what comes next; `build DIR STEP --help` tells of one step.
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from mabench_eval.cli.console import print_line
from mabench_eval.cli.exit_codes import DONE
from mabench_eval.cli.shared_options import JSON, Actions, Option
from mabench_eval.cli.verbs.build.shared import command
from mabench_eval.cli.verbs.build.whole import STEPS, WHOLE, print_state, run_whole, wants_whole

EXAMPLES = """\
examples:
  mabench-eval build mine --clips videos/ --labels labels.csv    every step
  mabench-eval --model qwen3-vl-8b --data mine --tasks all       then evaluate

  mabench-eval build mine --writer deepseek-v3.2 --dry-run       calls and cost
  mabench-eval build mine                   where it stands, what comes next
  mabench-eval build mine track --overlay sheets    look at some of them
  mabench-eval review mine --reviewer anna  people decide; then audit again

docs/building-a-benchmark.md tells the whole way.
"""
OPTIONS = (
    Option("dir DIR", "folder of the benchmark; `init` makes it", type=Path),
    WHOLE,
    Actions("what", *(step.STEP for step in STEPS.values())),
    JSON,
)


def run(options: Namespace) -> int:
    """Do one step, or all of them, or say where the build stands."""
    if not options.what:
        return run_whole(options) if wants_whole(options) else print_state(options)
    code: int = STEPS[options.what].run(options)
    names = list(STEPS)
    following = names[names.index(options.what) + 1 :]
    given = vars(options)
    if code == DONE and following and not given.get("dry_run") and not given.get("one_of_many"):
        print_line(f"next: {command(options.dir)} {following[0]}")
    return code
