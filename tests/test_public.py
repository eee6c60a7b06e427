"""The public face is small, sorted, documented and loads nothing heavy."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import hanshuku as hk

SOURCE = Path(hk.__file__).parent
HEAVY = ("torch", "transformers", "scipy", "sklearn", "pandas", "pyarrow", "onnxruntime", "rich", "numpy")


def test_the_names_are_few_and_sorted():
    assert list(hk.__all__) == sorted(hk.__all__)
    assert len(hk.__all__) <= 30


@pytest.mark.parametrize("name", hk.__all__)
def test_every_name_is_there_with_a_docstring(name):
    assert inspect.getdoc(getattr(hk, name))


def test_a_name_that_is_not_there_says_which_are():
    with pytest.raises(AttributeError, match="classify"):
        _ = hk.clasify


def test_importing_loads_nothing_heavy():
    code = f"import sys, hanshuku; print([name for name in {HEAVY} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_the_help_of_the_command_line_loads_nothing_heavy():
    code = (
        "import sys\nfrom hanshuku.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY[:6]} if name in sys.modules], file=sys.stderr)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr.strip() == "[]"


def public_names():
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                yield path.relative_to(SOURCE).as_posix(), node
                if isinstance(node, ast.ClassDef):
                    yield from ((f"{path.name}:{node.name}", sub) for sub in node.body if isinstance(sub, ast.FunctionDef) and not sub.name.startswith("_"))


def test_every_public_name_has_a_docstring():
    overloads = [node for _, node in public_names() if any(getattr(d, "id", "") == "overload" for d in node.decorator_list)]
    missing = [f"{where}: {node.name}" for where, node in public_names() if ast.get_docstring(node) is None]
    missing = [line for line in missing if line.split(": ")[1] not in {node.name for node in overloads}]
    assert not missing


def test_no_file_no_function_and_no_argument_list_is_over_its_budget():
    over = []
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if len(text.splitlines()) > 600:
            over.append(f"{path.name}: {len(text.splitlines())} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= 120:
                over.append(f"{path.name}: {node.name}")
    assert not over


def test_pickle_is_used_nowhere():
    for path in SOURCE.rglob("*.py"):
        assert "import pickle" not in path.read_text(encoding="utf-8"), path
