"""Nothing in the package parses JSON or YAML but ``mabench_eval.parsing``, with the exceptions named here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.paths import ROOT

PACKAGE = ROOT / "mabench_eval"
PARSERS = {
    *("json.load", "json.loads", "json.JSONDecoder", "jsonlines.open", "jsonlines.Reader"),
    *("yaml.load", "yaml.safe_load", "yaml.load_all", "yaml.safe_load_all", "yaml.full_load", "yaml.unsafe_load"),
    *("yaml.compose", "yaml.parse", "yaml.scan", "yaml.SafeLoader", "yaml.CSafeLoader", "yaml.Loader"),
    *(
        "msgspec.json",
        "msgspec.yaml",
        "pickle.load",
        "pickle.loads",
        "tomllib.load",
        "tomllib.loads",
        "ast.literal_eval",
    ),
}
OWN_DECODERS = {
    "parsing/json_reader.py": "the reader of JSON",
    "parsing/yaml_reader.py": "the reader of YAML",
    "parsing/toml_reader.py": "the reader of TOML",
    "journal/lines.py": "lines of the journal that were read strictly before, and whose checksum still fits",
    "journal/digests.py": "a cache of ours: damaged lines are passed over",
    "engines/openai/endpoint.py": "replies of an endpoint: a checked decoder of their own",
    "engines/openai/failures.py": "what an endpoint says of a failure",
}
"""File -> what it decodes itself."""


def parsers_in(file: Path) -> Iterator[str]:
    """Every mention of a parser in a file, as ``line: name``."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            names = [f"{node.value.id}.{node.attr}"]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            # `import json as j` would hide what it is called by.
            names = [f"{alias.name}.load" for alias in node.names if alias.asname and alias.name in ("json", "yaml")]
        yield from (f"{node.lineno}: {name}" for name in names if name in PARSERS)  # type: ignore[attr-defined]


def test_nothing_else_parses() -> None:
    files = {file.relative_to(PACKAGE).as_posix(): file for file in PACKAGE.rglob("*.py")}
    found = {name: list(parsers_in(file)) for name, file in files.items() if "builtin" not in file.parts}
    assert not {name: where for name, where in found.items() if where and name not in OWN_DECODERS}


def test_a_new_parser_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "room.py"
    file.write_text(
        "import json, yaml\nimport json as j\nfrom json import loads\n"
        "def f(t):\n    return json.loads(t), yaml.safe_load(t), json.dumps(t)\n"
    )
    assert sorted(parsers_in(file)) == ["2: json.load", "3: json.loads", "5: json.loads", "5: yaml.safe_load"]
