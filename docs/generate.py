"""Write the pages that are made from the code: each command's help, and each method's settings.

    python docs/generate.py [--check]

With --check nothing is written; the exit code is 1 if a page is stale.
"""

from __future__ import annotations

import os
import sys
from dataclasses import Field, fields
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORDS = {
    "en": {"commands": "Every command", "methods": "Every method and its settings", "made": "Made by `python docs/generate.py` from the code.",
           "columns": "| setting | default | |", "learns": "learns from labelled rows", "zero": "needs no example", "raw": "a language model from raw text",
           "switched": "It takes the [switches](#switches) too.", "switches": "Switches",
           "set": "Set like any other setting. None is ever ignored: where one has no meaning, an error says so. [When to use which](switches.md)."},
    "zh": {"commands": "全部命令", "methods": "全部方法与设置", "made": "由 `python docs/generate.py` 从代码生成；说明文字与 `--help` 相同，为英文。",
           "columns": "| 设置 | 默认值 | |", "learns": "从带标签的样例学习", "zero": "不需要样例", "raw": "用原始文本训练语言模型",
           "switched": "另可使用下面的[开关](#开关)。", "switches": "开关",
           "set": "与其他设置一样书写，绝不会被忽略：没有意义时会报错说明。[何时用哪个](switches.md)。"},
}  # fmt: skip


def command_page(language: str) -> str:
    """The help of each command, as text of 100 columns."""
    os.environ.update(TERM="dumb", NO_COLOR="1", COLUMNS="100", TERMINAL_WIDTH="100", LANG="C.UTF-8")
    from typer.main import get_command
    from typer.testing import CliRunner

    from hanshuku.cli.main import app

    runner = CliRunner()
    parts = [f"# {WORDS[language]['commands']}", "", WORDS[language]["made"]]
    group = get_command(app)
    paths = [[name] for name in group.commands] + [["models", name] for name in group.commands["models"].commands]
    for path in paths:
        text = runner.invoke(app, [*path, "--help"], terminal_width=100).stdout
        lines = [line.rstrip() for line in text.strip("\n").splitlines()]
        parts += ["", f"## hanshuku {' '.join(path)}", "", "```text", *lines, "```"]
    return "\n".join(parts) + "\n"


def method_page(language: str) -> str:
    """A section for each method: its docstring and its settings."""
    from hanshuku.methods import METHODS
    from hanshuku.methods.switching import HELD, HOLDERS
    from hanshuku.training.switches import Switches

    words = WORDS[language]
    parts = [f"# {words['methods']}", "", words["made"]]
    for name, method in METHODS.items():
        use = words["learns"] if method.LEARNS else words["zero"]
        parts += ["", f"## {name}", "", f"{(method.__doc__ or '').strip().splitlines()[0]} ({use}: {', '.join(sorted(method.KINDS))})", ""]
        parts += [words["columns"], "| --- | --- | --- |"]
        parts += [_setting(f) for f in _own_first(method) if f.name not in HOLDERS]
        held = {f.name for f in fields(method)} - {HELD}
        parts += [_setting(f) for holder, kind in HOLDERS.items() if holder in held for f in fields(kind)]
        if HELD in {f.name for f in fields(method)}:
            parts += ["", words["switched"]]
    from hanshuku.methods.pretrain import Pretrain

    parts += ["", "## pretrain", "", f"{(Pretrain.__doc__ or '').strip().splitlines()[0]} ({words['raw']}: `hanshuku pretrain`)", "", words["columns"], "| --- | --- | --- |"]
    parts += [_setting(f) for f in fields(Pretrain)]
    parts += ["", f"## {words['switches']}", "", words["set"], "", words["columns"], "| --- | --- | --- |"]
    parts += [_setting(f) for f in fields(Switches)]
    return "\n".join(parts) + "\n"


def _own_first(method: type) -> list[Field]:
    """A method's settings; those that it shares with others stand last."""
    return sorted(fields(method), key=lambda f: f.name not in method.__annotations__)


def _setting(f: Field) -> str:
    return f"| `{f.name}` | `{f.default}` | {str(f.metadata['help']).replace('|', chr(92) + '|')} |"


def main() -> None:
    """Write the pages, or say which are stale."""
    stale = []
    for language in WORDS:
        for name, text in (("command-line.md", command_page(language)), ("methods.md", method_page(language))):
            file = HERE / language / name
            if file.is_file() and file.read_text(encoding="utf-8") == text:
                continue
            stale.append(str(file.relative_to(HERE.parent)))
            if "--check" not in sys.argv:
                file.write_text(text, encoding="utf-8")
    if "--check" in sys.argv and stale:
        sys.exit(f"stale: {', '.join(stale)}. Run: python docs/generate.py")


if __name__ == "__main__":
    main()
