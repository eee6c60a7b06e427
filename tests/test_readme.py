"""What the READMEs show is run, and what they say it prints is what it prints."""

import io
import re
import shutil
from contextlib import redirect_stdout
from pathlib import Path

import pytest

pytest.importorskip("torch")

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.models
@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_the_readme_prints_what_it_says(page, tmp_path, monkeypatch):
    for file in (ROOT / "examples").glob("*.csv"):
        shutil.copy(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    code = "\n".join(re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL))
    said = [line.rsplit("# ", 1)[1].strip() for line in code.splitlines() if line.startswith("print(")]
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(code, page, "exec"), {"__name__": "readme"})
    assert printed.getvalue().split("\n")[:-1] == said
