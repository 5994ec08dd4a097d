"""Run files: a command's options in a YAML file, ``--config run.yaml``, and written to one, ``--write-config``.

A file's keys are the options' names, and its values become words of a command line that stand before those that are
typed: what is typed beside ``--config`` wins, and there is one reader of options.
"""

from __future__ import annotations

import os
import re
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mabench_eval.cli.run_options import CONFIG, OPTIONS, WRITE_CONFIG
from mabench_eval.cli.shared_options import Option, card_settings
from mabench_eval.errors import InputError, did_you_mean

PATHS = frozenset(
    ("data", "clips", "prompts", "shots-data", "train-data", "flags", "output", "include", "lora"),
)
"""Options whose value is a path, where ``${VAR}`` stands for a variable of the environment."""
BY_NAME: Mapping[str, Option] = {
    option.names[-1].lstrip("-"): option
    for group in OPTIONS
    for option in group.options
    if option not in (CONFIG, WRITE_CONFIG)
}
"""Name of an option, as a run file has it -> the option."""
SETTINGS = frozenset(("set", "judge-set"))
"""Options that hold settings of a card: ``NAME=VALUE`` as typed, a mapping in a file."""
VARIABLE = re.compile(r"\$\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class RunFile:
    """What a run file says, as words of a command line."""

    words: tuple[str, ...]
    """The options that all its models have."""
    models: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(model, the options that it alone has) of each; empty where the file names none."""
    left_out: tuple[str, ...] = field(default=())
    """Of a ``run.json``: what is not taken from it."""


def read_run_file(path: Path) -> RunFile:
    """The options of a file: YAML, or the ``run.json`` of a run. Raises InputError with all that is wrong with it."""
    from mabench_eval.cli.run_record import options_of_record
    from mabench_eval.parsing import read_json, read_yaml

    hint = "docs/run-files.md lists what may stand in it."
    try:
        if path.suffix.casefold() == ".json":
            content, lines = read_json(path), dict[str, int]()
        else:
            document = read_yaml(path, hint)
            content, lines = document.value, dict(document.lines)
    except OSError as error:
        raise InputError(f"cannot read run file {path}: {error.strerror or error}") from error
    if not isinstance(content, Mapping) or not content:
        raise InputError(f"run file {path}: expected options by their names, `model: NAME`", hint=hint)

    left_out: tuple[str, ...] = ()
    if path.suffix.casefold() == ".json" and "run_id" in content:
        content, left_out = options_of_record(content, path)
    reader = _Reader(str(path), lines)
    words = reader.words({name: value for name, value in content.items() if name != "model"})
    models = tuple(reader.models(content.get("model")))
    if reader.problems:
        raise InputError(f"run file {path} cannot be used", problems=reader.problems, hint=hint)
    return RunFile(tuple(words), models, left_out)


def file_content(commands: Sequence[Namespace]) -> dict[str, Any]:
    """What a run file of these commands holds, one a model: options that are not the default, in the order of --help.

    Those that not all have alike stand below their models.
    """
    given = [dict(_given(options)) for options in commands]
    if len(commands) == 1:
        return {"model": commands[0].model, **given[0]}

    same = {name: value for name, value in given[0].items() if all(each.get(name) == value for each in given)}
    own = [{name: value for name, value in each.items() if name not in same} for each in given]
    models = [
        {"model": options.model, **differing} if differing else options.model
        for options, differing in zip(commands, own, strict=True)
    ]
    return {"model": models, **same}


def _given(options: Namespace) -> Iterator[tuple[str, Any]]:
    """(name, value) of what differs from the defaults, as a file has it."""
    for name, option in BY_NAME.items():
        value = getattr(options, option.attribute)
        if name != "model" and value != option.settings.get("default", False if option.is_switch else None):
            yield name, _plain(name, value)


def _plain(name: str, value: Any) -> Any:
    """A parsed value as YAML has it."""
    if name in SETTINGS:
        return card_settings(value)
    if isinstance(value, Mapping):
        return {label: None if place is None else str(place) for label, place in value.items()}
    if isinstance(value, list | tuple):
        items = [_plain("", item) for item in value]
        return items[0] if len(items) == 1 else items
    return str(value) if isinstance(value, Path) else value


class _Reader:
    """Turns a file's values into words, and collects what is wrong with them."""

    def __init__(self, where: str, lines: Mapping[str, int]) -> None:
        self.problems: list[str] = []
        self._where, self._lines = where, lines

    def models(self, value: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The models of a file: a name, several in a comma list, a list of names and of mappings with own options."""
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str):
                yield from ((name, ()) for name in model_names(item))
            elif isinstance(item, Mapping) and isinstance(item.get("model"), str):
                own = {name: option for name, option in item.items() if name != "model"}
                yield item["model"], tuple(self.words(own, f"{item['model']}: "))
            elif item is not None:
                self._wrong("model", "expected a name, or a list of names and of mappings with `model: NAME`")

    def words(self, content: Mapping[str, Any], of: str = "") -> list[str]:
        """The words of all options; ``of``: the model whose they are."""
        words = []
        for name, value in content.items():
            option = BY_NAME.get(name.replace("_", "-"))
            if option is None or option.names[-1] == "--model":
                self._wrong(name, f"{of}no such option{did_you_mean(name.replace('_', '-'), dict(BY_NAME))}")
            elif value is not None:
                try:
                    words += list(self._option(option, value))
                except ValueError as error:
                    self._wrong(name, f"{of}{error}")
        return words

    def _option(self, option: Option, value: Any) -> Iterator[str]:
        """The words of one option. Raises ValueError."""
        flag, name = option.names[-1], option.names[-1].lstrip("-")
        if option.is_switch:
            if not isinstance(value, bool):
                raise ValueError(f"expected true or false, found {_shown(value)}")
            yield from [flag] if value else ()
        elif name in SETTINGS:
            if not isinstance(value, Mapping):
                raise ValueError(f"expected settings by their names, `temperature: 1`, found {_shown(value)}")
            for setting, given in value.items():
                yield from (flag, f"{setting}={_yaml(given)}")
        elif name == "lora" and isinstance(value, Mapping):
            if named := [label for label, place in value.items() if place is None and label != "none"]:
                raise ValueError(f"{named[0]} has no adapter; a run without one is `none: null`")
            yield from (
                flag,
                ",".join(f"{label}={_text(name, place)}" if place else label for label, place in value.items()),
            )
        else:
            items = [_text(name, item) for item in (value if isinstance(value, list) else [value])]
            if option.settings.get("action") == "append":
                yield from (word for item in items for word in (flag, item))
            else:
                yield f"{flag}={','.join(items)}"

    def _wrong(self, name: str, what: str) -> None:
        line = self._lines.get(name)
        self.problems.append(f"{self._where}{f':{line}' if line else ''}: {name}: {what}")


def _text(name: str, value: Any) -> str:
    """A value as it is typed; in paths with the variables that it names. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"expected a text or number, found {_shown(value)}")
    if not isinstance(value, str) or "${" not in value:
        return str(value)
    if name not in PATHS:
        raise ValueError(f"variables stand in paths alone, found {_shown(value)}")
    missing = [variable for variable in VARIABLE.findall(value) if variable not in os.environ]
    if missing:
        raise ValueError(f"the environment has no variable {missing[0]}")
    return VARIABLE.sub(lambda found: os.environ[found[1]], value)


def _yaml(value: Any) -> str:
    """A value in one line of YAML, as ``--set NAME=VALUE`` reads it. JSON is YAML."""
    import json

    return json.dumps(value, ensure_ascii=False)


def _shown(value: Any) -> str:
    from mabench_eval.text import cut

    return cut(repr(value), 60)


def model_names(text: str) -> tuple[str, ...]:
    """The models of ``--model A,B``; a folder whose name has a comma is one."""
    if Path(text).exists():
        return (text,)
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise InputError(f"--model {text}: a name is empty; several are a comma list: --model A,B")
    return names
