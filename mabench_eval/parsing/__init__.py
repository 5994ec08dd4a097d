"""Files from elsewhere become values here: one reader of JSON, of YAML and of TOML, strict, with file, line and key.

Nothing else in the package calls a parser; ``tests/parsing/test_one_reader.py`` names the few exceptions.
"""

from mabench_eval.parsing.content import ContentError
from mabench_eval.parsing.files import open_file, read_bytes
from mabench_eval.parsing.json_reader import json_value, parse_json, read_json, read_json_lines
from mabench_eval.parsing.toml_reader import read_toml
from mabench_eval.parsing.yaml_reader import YamlDocument, read_yaml, yaml_document

__all__ = [
    "ContentError",
    "YamlDocument",
    "json_value",
    "open_file",
    "parse_json",
    "read_bytes",
    "read_json",
    "read_json_lines",
    "read_toml",
    "read_yaml",
    "yaml_document",
]
