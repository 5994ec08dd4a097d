"""What the command line says of words it does not take: only what helps, and only what this very command takes."""

from __future__ import annotations

import re
from argparse import Namespace

import pytest

from mabench_eval.cli import main, other_tools
from mabench_eval.cli.parser import all_parsers, verb_parser
from mabench_eval.cli.verbs import VERBS

OF_RUN = verb_parser("run")[1]._option_string_actions


def error_of(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a command that cannot be understood says; nothing is run."""
    assert main(list(words)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    return err


@pytest.mark.parametrize(
    ("words", "suggestion"),
    [
        ("--models random", "unrecognized arguments: --models random; here that is '--model'"),
        ("run --tsks all", "did you mean '--tasks'?"),  # and not that --model is missing
        ("--model random --max_cost 3", "did you mean '--max-cost'?"),
        ("--model random --num_fewshot=3", "here that is '--shots'"),
        ("--model hf --model_args pretrained=a/b", "here that is '--set'"),
        ("--model random --log_samples", "every answer is kept, in samples.jsonl"),
        ("--model random --config all.yaml", "cannot read run file all.yaml"),
        ("--model random --work-dir out", "here that is '--output'"),
        ("--model random --max-connections 8", "here that is '--concurrency'"),
        ("score f --output_path d --data demo", "here that is '--output'"),
        ("list --tasks", "did you mean 'tasks'?"),
        ("env mak vllm-0.33", "did you mean 'make'?"),
        ("build mine trak", "did you mean 'track'?"),
        ("build mine export --dataset", "did you mean '--datasets'?"),
        ("eval --model random", "here that is 'run'"),
        ("evaluate --model random", "here that is 'run'"),
    ],
)
def test_what_was_meant(capsys: pytest.CaptureFixture[str], words: str, suggestion: str) -> None:
    assert suggestion in error_of(capsys, *words.split())


@pytest.mark.parametrize(
    "words",
    [
        "list models --data demo",
        "list models --tasks cmar",
        "doctor random --data demo",
        "compare a b --models",
        "build mine init --model x",
        "report RUN --log_samples",
        "validate f --config x",
        "submit RUN -o f --num_fewshot 1",
    ],
)
def test_nothing_is_suggested_that_the_command_does_not_take(capsys: pytest.CaptureFixture[str], words: str) -> None:
    """No ``--data`` for ``list models``: that would lead from one error to the next."""
    first, second = error_of(capsys, *words.split()).splitlines()
    assert re.fullmatch(r"error: unrecognized arguments: --[\w-]+( \w+)?", first)
    assert re.fullmatch(r"See: mabench-eval (\w+|build DIR init) --help", second)


def test_several_unknown_options_each_have_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert error_of(capsys, "--model", "random", "--lmit", "3", "--nframe", "8").splitlines() == [
        "error: unrecognized arguments: --lmit 3 --nframe 8",
        "  - --lmit; did you mean '--limit'?",
        "  - --nframe; here that is '--frames'",
        "See: mabench-eval run --help",
    ]


@pytest.mark.parametrize("verb", VERBS)
def test_a_name_of_another_tool_leads_to_an_option_of_this_very_command(
    capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    parser = verb_parser(verb)[1]
    for name, ours in other_tools.OPTIONS.items():
        takes = parser._option_string_actions
        if name in takes:
            continue
        said = parser.instead_of(name, Namespace())
        suggested = re.findall(r"'(.+?)'", said)
        words = [str(word) for action in parser._actions for word in action.choices or ()]
        assert all(word in takes or word in words for word in suggested), (name, said)
        assert ours not in takes or said


def test_a_model_to_fall_back_on_is_another_run(capsys: pytest.CaptureFixture[str]) -> None:
    said = error_of(capsys, "--model", "random", "--fallback-model", "gpt-4o")
    assert "--fallback-model" in said
    assert "an answer of another model is another run" in said


def test_what_another_tool_calls_it_is_no_name_here_already() -> None:
    """A name that this tool gets too would never be looked up."""
    assert not other_tools.ADVICE.keys() & OF_RUN.keys()
    assert set(other_tools.OPTIONS.values()) <= OF_RUN.keys()
    assert not other_tools.ADVICE.keys() & other_tools.OPTIONS.keys()
    for name in (*other_tools.OPTIONS, *other_tools.ADVICE):
        assert re.fullmatch(r"--[a-z-]+|-[A-Za-z]", name), name
    for advice in other_tools.ADVICE.values():
        assert all(option in OF_RUN for option in re.findall(r"--[a-z-]+", advice)), advice
    assert set(other_tools.COMMANDS.values()) <= VERBS.keys()


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("Qwen/Qwen3-VL-8B-Instruct", ["did you mean 'qwen3-vl-8b'?", "On the hub: hf:Qwen/Qwen3-VL-8B-Instruct."]),
        ("hf/Qwen/Qwen3-VL-8B-Instruct", ["did you mean 'qwen3-vl-8b'?", "On the hub: hf:Qwen/Qwen3-VL-8B-Instruct."]),
        ("pretrained=some/model", ["did you mean 'hf:some/model'?"]),
        ("openai/gpt-4o", ["did you mean 'gpt-4o'?", "openai/gpt-4o with --engine openai --base-url URL"]),
        ("some/model", ["did you mean 'hf:some/model'?", "--engine openai"]),
        ("vllm", ["not by what runs it", "--engine vllm"]),
        ("randm", ["did you mean 'random'?"]),
    ],
)
def test_checkpoints_as_other_tools_name_them(capsys: pytest.CaptureFixture[str], model: str, says: list[str]) -> None:
    for words in (["--model", model], ["doctor", model], *([["show", model]] if "/" in model else [])):
        err = error_of(capsys, *words)
        assert all(text in err for text in says), err


def test_a_judge_as_other_tools_name_it(capsys: pytest.CaptureFixture[str]) -> None:
    err = error_of(capsys, "--model", "random", "--judge", "openai/gpt-4o")
    assert "no judge named 'openai/gpt-4o'; did you mean 'gpt-4o'?" in err
    assert "--judge openai --judge-model openai/gpt-4o --judge-base-url URL" in err
    assert "did you mean" not in error_of(capsys, "--model", "random", "--judge", "some/model")


def test_every_parser_is_reached() -> None:
    """The steps of ``build`` have parsers of their own."""
    names = [parser.prog for parser in all_parsers(verb_parser("build")[1])]
    assert "mabench-eval build DIR track" in names
