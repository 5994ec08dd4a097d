"""What is found of a model's code: the folder with all its files, and the modules that it imports from elsewhere."""

from __future__ import annotations

import hashlib
import importlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mabench_eval.catalogue import REGISTRY, code_files, companion_modules, import_file
from mabench_eval.engines.code_identity import code_of, registered_code
from mabench_eval.errors import InputError
from mabench_eval.types import Json
from tests.support.paths import ROOT

MODEL = "from mabench_eval import register_model\n@register_model('mine')\ndef mine(frames, prompt): return 'A'\n"
FOLDER = {
    "__init__.py": b"from .model import mine\n",
    "model.py": MODEL.encode(),
    "sub/table.yaml": b"up: [raise, lift]\n",
    "weights.bin": bytes(range(256)),
}


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Files by their path in the folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on Python's path, whose modules are forgotten afterwards."""
    before = set(sys.modules)
    folder = tmp_path / "on_path"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    yield folder
    for name in set(sys.modules) - before:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


# a folder, hashed whole


@given(st.data())
def test_any_byte_of_any_file_changes_the_identity(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(FOLDER)))
    place = data.draw(st.integers(0, len(FOLDER[name]) - 1))
    changed = bytearray(FOLDER[name])
    changed[place] ^= data.draw(st.integers(1, 255))
    with TemporaryDirectory() as temporary:
        folder = write(Path(temporary), FOLDER)
        before = code_of(folder)
        write(folder, {name: bytes(changed)})
        assert code_of(folder)["adapter"] != before["adapter"]


def test_names_count_and_places_do_not(tmp_path: Path) -> None:
    here, there = write(tmp_path / "here", FOLDER), write(tmp_path / "elsewhere" / "there", FOLDER)
    assert code_of(here) == code_of(there)
    (there / "weights.bin").rename(there / "weights2.bin")
    assert code_of(here) != code_of(there)
    write(here, {"sub/empty.txt": ""})
    assert code_of(here) != code_of(write(tmp_path / "new", FOLDER))


def test_what_python_and_editors_leave_behind_does_not_count(tmp_path: Path) -> None:
    folder = write(tmp_path / "model", FOLDER)
    before = code_of(folder)
    write(folder, {"__pycache__/model.cpython-311.pyc": "x", ".model.py.swp": "x", "sub/.ipynb_checkpoints/a.py": "x"})
    assert code_of(folder) == before
    assert [path.relative_to(folder).as_posix() for path in code_files(folder)] == sorted(FOLDER)


def test_a_link_counts_as_what_it_leads_to(tmp_path: Path) -> None:
    plain = write(tmp_path / "plain", FOLDER)
    write(tmp_path, {"data/weights.bin": FOLDER["weights.bin"], "data/sub/table.yaml": FOLDER["sub/table.yaml"]})
    linked = write(tmp_path / "linked", {name: FOLDER[name] for name in ("__init__.py", "model.py")})
    (linked / "weights.bin").symlink_to(tmp_path / "data" / "weights.bin")
    (linked / "sub").symlink_to(tmp_path / "data" / "sub")
    (linked / "again").symlink_to(linked)  # back up: not followed for ever
    (linked / "nowhere").symlink_to(tmp_path / "not-there")
    assert code_of(linked) == code_of(plain)
    write(tmp_path, {"data/sub/table.yaml": b"up: [raise]\n"})
    assert code_of(linked) != code_of(plain)


def test_a_file_alone_is_its_sha256_as_it_always_was(tmp_path: Path) -> None:
    write(tmp_path, {"mine.py": MODEL})
    assert code_of(tmp_path / "mine.py") == {"adapter": hashlib.sha256(MODEL.encode()).hexdigest()}


# modules that it imports

MODULES = {
    "helper.py": "def f(): ...\n",
    "package/__init__.py": "",
    "package/deep.py": "",
    "space/inner.py": "",
    "chain.py": "import ring, json, numpy\nfrom package.relative import x\n",
    "ring.py": "import chain\n",
    "package/relative.py": "from . import deep\nfrom .other import x\n",
    "package/other.py": "def f():\n    from ..package import deep\nx = 1\n",
    "broken.py": "def (:\n",
}


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import helper", "helper"),
        ("import json, helper as h", "helper"),
        ("from helper import f", "helper"),
        ("def f():\n    if True:\n        from helper import g", "helper"),
        ("try:\n    import helper\nexcept ImportError:\n    pass", "helper"),
        ("from importlib import import_module\nimport_module('helper')", "helper"),
        ("import importlib\nimportlib.import_module('package.deep')", "package package.deep"),
        ("import importlib\nimportlib.import_module('.deep', 'package')", "package package.deep"),
        ("__import__('helper')", "helper"),
        ("import package.deep.er", "package package.deep"),
        ("from package import deep", "package package.deep"),
        ("from package import *", "package"),
        ("from space import inner", "space.inner"),
        ("import chain", "chain package package.deep package.other package.relative ring"),
        ("import broken", "broken"),
        ("import numpy, json, os.path, pytest, mabench_eval.types, not_there\nfrom . import helper", ""),
    ],
)
def test_the_modules_it_brings_along(source: str, names: str, on_path: Path, tmp_path: Path) -> None:
    """By name, whatever the form of the import; of those also what they import; nothing is run to find out."""
    write(on_path, MODULES)
    file = write(tmp_path, {"mine.py": source}) / "mine.py"
    assert list(companion_modules({file: ""})) == names.split()
    assert not sys.modules.keys() & {"helper", "package", "space", "chain", "broken"}


def test_installed_packages_are_left_out_save_the_codes_own(on_path: Path, tmp_path: Path) -> None:
    """What is installed is told by its ``*.dist-info``: a plugin counts whole as far as it imports itself."""
    write(
        on_path,
        {
            "plugin-1.0.dist-info/METADATA": "",
            "plugin/__init__.py": "from . import models\nimport other\n",
            "plugin/models.py": "from .parts import x\n",
            "plugin/parts.py": "x = 1\n",
            "other.py": "",
        },
    )
    file = write(tmp_path, {"mine.py": "import plugin, other"}) / "mine.py"
    assert list(companion_modules({file: ""})) == []
    own = companion_modules({on_path / "plugin" / "__init__.py": "plugin"})
    assert list(own) == ["plugin.models", "plugin.parts"]


def test_modules_are_in_the_identity_by_name_and_content(on_path: Path, tmp_path: Path) -> None:
    write(on_path, {"helper.py": "x = 1\n"})
    file = write(tmp_path, {"mine.py": "import helper\n"}) / "mine.py"
    code, helper = (hashlib.sha256(text).hexdigest() for text in (b"import helper\n", b"x = 1\n"))
    assert code_of(file) == {"adapter": code, "modules": {"helper": helper}}
    folder = write(tmp_path / "folder", {"__init__.py": "from . import a\n", "a.py": "import helper\n"})
    assert code_of(folder)["modules"] == {"helper": helper}


# registration


def register(file: Path) -> Json:
    """Import a file or folder that registers ``mine``; the identity of its code."""
    import_file(file)
    return registered_code(REGISTRY.models["mine"])


def test_a_decorator_of_a_package_does_not_hide_the_file(on_path: Path, tmp_path: Path) -> None:
    """As ``@torch.no_grad()``: the function that is registered then lies in the package's file."""
    wrapper = "def quiet(f):\n    def inner(*args):\n        return f(*args)\n    return inner\n"
    write(on_path, {"installed-1.0.dist-info/METADATA": "", "site-packages/installed.py": wrapper})
    sys.path.append(str(on_path / "site-packages"))
    decorated = MODEL.replace("def mine", "@installed.quiet\ndef mine")
    file = write(tmp_path, {"mine.py": f"import installed\n{decorated}"}) / "mine.py"
    try:
        assert register(file) == code_of(file)
    finally:
        sys.path.remove(str(on_path / "site-packages"))


def test_a_function_of_another_file_counts_with_the_one_that_registers_it(on_path: Path, tmp_path: Path) -> None:
    write(on_path, {"helper.py": "def f(frames, prompt): return 'A'\n"})
    source = "import helper\nfrom mabench_eval import register_model\nregister_model('mine')(helper.f)\n"
    file = write(tmp_path, {"mine.py": source}) / "mine.py"
    digest = hashlib.sha256(source.encode()).hexdigest()
    assert register(file) == {**code_of(on_path / "helper.py"), "modules": {"mine.py": digest}}


def test_files_named_by_depends_are_hashed_whole(tmp_path: Path) -> None:
    source = MODEL.replace("'mine'", "'mine', depends=['weights.bin', 'tables']")
    write(tmp_path, {"mine.py": source, "weights.bin": "abc", "tables/a.csv": "1"})
    before = register(tmp_path / "mine.py")
    assert before["depends"]["weights.bin"] == hashlib.sha256(b"abc").hexdigest()
    write(tmp_path, {"weights.bin": "abd"})
    changed = register(tmp_path / "mine.py")
    assert changed["depends"]["weights.bin"] == hashlib.sha256(b"abd").hexdigest()
    write(tmp_path, {"weights.bin": "abc", "tables/a.csv": "2"})
    changed = register(tmp_path / "mine.py")
    assert changed["depends"]["weights.bin"] == before["depends"]["weights.bin"]
    assert changed["depends"]["tables"] != before["depends"]["tables"]
    (tmp_path / "weights.bin").unlink()
    with pytest.raises(InputError, match=r"weights\.bin cannot be read \('mine' depends on it\): No such file"):
        register(tmp_path / "mine.py")


def test_depends_is_a_list(tmp_path: Path) -> None:
    file = write(tmp_path, {"mine.py": MODEL.replace("'mine'", "'mine', depends='weights.bin'")}) / "mine.py"
    with pytest.raises(InputError, match=r"mine\.py:2: model 'mine': depends='weights.bin' must be a list of files"):
        import_file(file)


# edited in a process that goes on


def test_edited_code_is_imported_anew(tmp_path: Path) -> None:
    def answer(path: Path) -> str:
        import_file(path)
        return str(REGISTRY.models["mine"].target(None, ""))

    file, folder = write(tmp_path, {"mine.py": MODEL}) / "mine.py", write(tmp_path / "folder", FOLDER)
    assert answer(file) == "A"
    write(tmp_path, {"mine.py": MODEL.replace("'A'", "'none'")})
    assert answer(file) == "none"
    del REGISTRY.models["mine"]
    assert answer(folder) == "A"
    write(folder, {"model.py": MODEL.replace("'A'", "'none'")})
    assert answer(folder) == "none"
    assert import_file(folder) is import_file(folder)


def test_code_is_imported_anew_with_a_file_it_depends_on(tmp_path: Path) -> None:
    """What it read on import is of the old file."""
    source = MODEL.replace("'mine'", "'mine', depends=['word']").replace("return 'A'", "return WORD")
    write(
        tmp_path,
        {"mine.py": f"from pathlib import Path\nWORD = Path(__file__).with_name('word').read_text()\n{source}"},
    )
    for word in ("one", "three"):
        write(tmp_path, {"word": word})
        before = register(tmp_path / "mine.py")
        assert REGISTRY.models["mine"].target(None, "") == word
        assert register(tmp_path / "mine.py") == before


def test_a_folder_that_broke_is_imported_anew(tmp_path: Path) -> None:
    folder = write(tmp_path / "folder", {**FOLDER, "__init__.py": b"from .model import mine\nx = 1 / 0\n"})
    with pytest.raises(InputError, match=r"__init__\.py:2: ZeroDivisionError"):
        import_file(folder)
    write(folder, {"__init__.py": b"from .model import mine\n", "model.py": MODEL.replace("'A'", "'none'")})
    import_file(folder)
    assert REGISTRY.models["mine"].target(None, "") == "none"


def test_a_module_edited_after_its_import_is_an_error(on_path: Path, tmp_path: Path) -> None:
    """The process still runs the old one: its answers must not get the keys of the new one."""
    write(on_path, {"helper.py": "x = 1\n"})
    file = write(tmp_path, {"mine.py": f"import helper\n{MODEL}"}) / "mine.py"
    before = register(file)
    assert register(file) == before
    write(on_path, {"helper.py": "x = 22\n"})
    with pytest.raises(InputError, match=r"helper\.py was edited after it was imported"):
        register(file)
    importlib.reload(sys.modules["helper"])
    assert register(file)["modules"] != before["modules"]


# code without a file


def interactive(code: str) -> str:
    """The code's digest as another process sees it that was given it by ``-c``."""
    script = f"{code}\nfrom mabench_eval.catalogue import REGISTRY\nfrom mabench_eval.engines.code_identity import *\n"
    script += "print(registered_code(REGISTRY.models['mine'])['adapter'])\n"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout


FUNCTION = "from mabench_eval import register_model\n@register_model('mine')\n" + (
    "def mine(frames, prompt):\n    return [w for w in prompt if w in {'a', 'b', 'c', 'd'}] or (lambda: 'A')()\n"
)
CLASS = "from mabench_eval import register_model\nclass Base:\n    limit = 5\n    def f(self): return 'A'\n" + (
    "@register_model('mine')\nclass Mine(Base):\n    @staticmethod\n    def g(): return 'B'\n"
)


HELPED = FUNCTION.replace("(lambda: 'A')()", "helper(LIMIT)") + (
    "def helper(n): return inner(n)\ndef inner(n): return 'A' * n\nLIMIT = 1\n"
)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        (HELPED, ("'A'", "'C'")),
        (HELPED, ("LIMIT = 1", "LIMIT = 2")),
        (FUNCTION, ("'A'", "'C'")),
        (CLASS, ("'A'", "'C'")),
        (CLASS, ("'B'", "'C'")),
        (CLASS, ("limit = 5", "limit = 6")),
    ],
)
def test_code_of_a_session_is_known_again(code: str, change: tuple[str, str]) -> None:
    """Neither addresses of inner functions nor the order of sets are in its digest; what it does is."""
    before = interactive(code)
    assert interactive(code) == before
    assert interactive(code.replace(*change)) != before
