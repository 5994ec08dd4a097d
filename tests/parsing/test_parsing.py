"""The readers of JSON and YAML: what they refuse, with which words, and that they read the rest as it stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mabench_eval import InputError
from mabench_eval.parsing import ContentError, json_value, read_json, read_json_lines, read_yaml, yaml_document
from mabench_eval.parsing.content import DEEPEST, LONGEST_KEY, LONGEST_NUMBER

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**99), 10**99)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(values, st.sampled_from([None, 1]))
def test_what_json_writes_is_read_as_it_was(value: Any, indent: int | None) -> None:
    for plain in (True, False):
        assert json_value(json.dumps(value, indent=indent, ensure_ascii=plain)) == value


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "not valid JSON: it is empty"),
        ('{"a": 1\n,}', 2, "not valid JSON: Expecting property name"),
        ("[1,\n2] x", 2, "not valid JSON: Extra data"),
        ('{"a": 1,\n "a": 2}', 2, "key 'a' stands twice (first in line 1)"),
        ('[{"b": "a"},\n{"a": {"b": [], "c": 1,\n"c": 2}}]', 3, "key 'c' stands twice (first in line 2)"),
        ('{"\\u0061": 1, "a": 2}', 1, "key 'a' stands twice"),
        ('{"x": [\nNaN]}', 2, "NaN is no number of JSON, in 'x'"),
        ('{"x": {"y": 1}, "z": -Infinity}', 1, "-Infinity is no number of JSON, in 'z'"),
        ('{"x": -1e999}', 1, "'-1e999' is beyond the largest number, in 'x'"),
        ('{"x": 1e999y}', 1, "'1e999' is beyond the largest number, in 'x'"),  # the parser comes no further either
        ('{"x": NaNny}', 1, "NaN is no number of JSON, in 'x'"),
        ("9" * 10_000, 1, "a number of 10,000 digits"),
        (f'{{"x": {"1" * (LONGEST_NUMBER + 1)}}}', 1, f"a number of {LONGEST_NUMBER + 1} digits, in 'x'"),
        ('{"' + "k" * 200_000 + '": 1}', 1, "a key of 200,000 characters: 'kkk"),
        ("[" * 100_000, 1, f"more than {DEEPEST} lists and objects in one another"),
        ("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), 1, f"more than {DEEPEST} lists and objects"),
        ('{"a": "\\ud83d"}', 1, "half a character (a lone surrogate) in '\\ud83d'"),
        ('{"a":\n{"\\udc00": 1}}', 2, "half a character"),
    ],
)
def test_json_that_is_refused(text: str, line: int, what: str) -> None:
    with pytest.raises(ContentError) as caught:
        json_value(text)
    ((found_line, found),) = caught.value.problems
    assert found_line == line and found.startswith(what) and len(found) < 200


def test_json_at_the_limits_is_read() -> None:
    deep = "[" * DEEPEST + "1" + "]" * DEEPEST
    assert json_value(deep) == json.loads(deep)
    assert json_value("9" * LONGEST_NUMBER) == 10**LONGEST_NUMBER - 1
    assert json_value('{"' + "k" * LONGEST_KEY + '": 1}')
    assert json_value('["\\ud83d\\ude00", "\\ud83d"]', halves=True) == ["\N{GRINNING FACE}", "\ud83d"]


@given(st.text(st.sampled_from('{}[]:,"ab\\u08dNI1e9.-\n '), max_size=30))
def test_any_text_is_json_or_a_content_error(text: str) -> None:
    """The tokens that are looked at again, where ``json`` has found something, always tell what."""
    try:
        json_value(text)
    except ContentError as error:
        assert error.problems


PLAIN = {"a": "text", "b": [1, -2, 0.5, True, False, None, "1/7", "1e5", "no, never"], "c": {"d": {}}}


def test_yaml_is_read_as_it_stands() -> None:
    document = yaml_document(yaml.safe_dump(PLAIN, sort_keys=False))
    assert document.value == PLAIN and document.lines == {"a": 1, "b": 2, "c": 12}
    assert yaml_document("").value is None
    assert yaml_document("a: &name 1\nb: 'no'\nc: \"010\"").value == {"a": 1, "b": "no", "c": "010"}


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: 1\nb: 2\na: 3", 3, "key 'a' stands twice (first in line 1)"),
        ("a:\n  b: {c: 1, c: 2}", 2, "key 'c' stands twice (first in line 2)"),
        ("a: yes", 1, "'yes' is read as a truth value: write true or false, or quote the text"),
        ("NO: x", 1, "'NO' is read as a truth value"),
        ("12: x", 1, "key '12' is a text: quote it"),
        ("a: 010", 1, "'010' is read as a number: write it in plain decimal digits"),
        ("a: 0x1F", 1, "'0x1F' is read as a number"),
        ("a: 1_000", 1, "'1_000' is read as a number"),
        ("a: 12:30:00", 1, "'12:30:00' is read as a number"),
        ("a: 2026-01-02", 1, "'2026-01-02' is read as a date: quote the text"),
        ("a: .inf", 1, "'.inf' is read as a number: write a finite one"),
        ("a: -1.0e+999", 1, "'-1.0e+999' is read as a number: write a finite one"),
        ("a: " + "9" * 10_000, 1, "a number of 10,000 digits"),
        ("a: &x [1]\nb: *x", 1, "used again elsewhere (`*name`): write it out there"),
        ("&x [*x]", 1, "used again elsewhere"),
        ("a: {<<: {b: 1}}", 1, "'<<' is read as a reference"),
        ("a: !!set {b}", 1, "a tag, 'set'"),
        ("a: !!python/object/apply:os.system ['true']", 1, "a tag, 'python/object/apply:os.system'"),
        ("a: !!binary aGk=", 1, "a tag, 'binary'"),
        ("? [a]\n: 1", 1, "a key is a text"),
        ("k" * 2000 + ": 1", 1, "not valid YAML"),
        ("? " + "k" * 2000 + "\n: 1", 1, "a key of 2,000 characters"),
        ("[" * 150 + "]" * 150, 1, f"more than {DEEPEST} lists and mappings in one another"),
        ("[" * 100_000, 1, "not valid YAML: exceeded maximum nesting depth"),
        ("a: b\nc: \x1b[0m", 2, "not valid YAML: the character U+001B"),
        ("a: [", 1, "not valid YAML"),
        ("a: 1\n---\nb: 1", 2, "not valid YAML"),
        ("a: " + "b" * (5 << 20), 1, "YAML of more than 4 MB"),
    ],
)
def test_yaml_that_is_refused(text: str, line: int, what: str) -> None:
    with pytest.raises(ContentError) as caught:
        yaml_document(text)
    assert any(found_line >= line and found.startswith(what) for found_line, found in caught.value.problems)
    assert all(len(found) < 200 for _, found in caught.value.problems)


def test_a_bomb_takes_no_time() -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40))]
    with pytest.raises(ContentError, match="used again elsewhere"):
        yaml_document("\n".join(lines))


def test_files_are_named_with_their_line(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b'\xef\xbb\xbf{"a": 1}\n\n{"b":\xff}\n')
    lines = read_json_lines(file, hint="Do this.")
    assert next(lines) == (1, {"a": 1})
    with pytest.raises(InputError, match=r"f:3: byte 0xff, not UTF-8: save it as UTF-8") as caught:
        next(lines)
    assert caught.value.hint == "Do this."
    file.write_text("[1]\n[2]\n[NaN]\n")
    with pytest.raises(InputError, match=r"f:3: NaN is no number of JSON"):
        list(read_json_lines(file))
    file.write_text("a: 1\na: 2\nb: yes\n")
    with pytest.raises(InputError, match="f cannot be used: 2 problems") as caught:
        read_yaml(file)
    assert [problem.split(":")[1] for problem in caught.value.problems] == ["2", "3"]
    for encoding in ("utf-16", "utf-32"):
        file.write_bytes('{"a": 1}'.encode(encoding))
        with pytest.raises(InputError, match=f"f:1: the file is {encoding.upper()}, not UTF-8"):
            read_json(file)


def test_an_error_is_cut_to_a_screen() -> None:
    error = InputError("x" * 10**6, problems=["y" * 10**6] * 2, hint="z" * 10**6)
    assert len(str(error)) < 12_000
    assert "characters left out" in error.message and error.message.startswith("xxx")
    assert "\x1b" not in str(InputError("a\x1b[2J", problems=["\u202e"], hint="\x9b"))
