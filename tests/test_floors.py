"""The house stands: imports point down, in no cycle, and never at the package root."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "hanshuku"
FLOORS = [{"errors"}, {"tasks"}, {"data", "models", "metrics"}, {"training", "inference"}, {"methods"}, {"explain", "safety"},
          {"evaluation"}, {"compression", "export"}, {"functions"}, {"serving", "applications"}, {"cli", "studio"}]  # fmt: skip
FLOOR = {room: number for number, rooms in enumerate(FLOORS, 1) for room in rooms}
FILES = sorted(SOURCE.rglob("*.py"))


def imported(tree, *, everywhere):
    """Modules of ours that a file imports; everywhere: inside functions too."""
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "hanshuku":
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "hanshuku")


def room_of(path):
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", [p for p in FILES if p.parent != SOURCE or p.name == "errors.py"], ids=lambda p: p.relative_to(SOURCE).as_posix())
def test_a_module_imports_only_its_own_floor_or_lower(path):
    for name in imported(ast.parse(path.read_text(encoding="utf-8")), everywhere=True):
        parts = name.split(".")
        assert len(parts) > 1, f"{path.name} imports the package root"
        if parts[1] in FLOOR:
            assert FLOOR[parts[1]] <= FLOOR[room_of(path)], f"{room_of(path)} must not import {parts[1]}"


def test_every_room_has_a_floor():
    assert {room_of(path) for path in FILES} - {"__init__"} <= set(FLOOR)


def test_no_module_imports_itself_by_way_of_others():
    modules = {".".join(("hanshuku", *p.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__"): p for p in FILES}
    graph = {
        name: {found for found in imported(ast.parse(path.read_text(encoding="utf-8")), everywhere=False) if found in modules and found != name}
        for name, path in modules.items()
    }
    done, open_ = set(), []

    def visit(name):
        assert name not in open_, f"a cycle: {' -> '.join([*open_[open_.index(name) :], name])}"
        if name in done:
            return
        open_.append(name)
        for found in graph[name]:
            visit(found)
        open_.pop()
        done.add(name)

    for name in graph:
        visit(name)
