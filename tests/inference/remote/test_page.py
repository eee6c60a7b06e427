"""What the page on remote models shows is run against a real server, and prints what it says."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest

pytest.importorskip("openai")
pytest.importorskip("torch")

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.mark.parametrize(("language", "answer"), [("en", "delivery"), ("zh", "配送")])
def test_the_page_prints_what_it_says(language, answer, server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    server.switch(text=answer)
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS / language / "remote.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    said = [line.rsplit("# -> ", 1)[1] for line in code.splitlines() if line.startswith("print(")]
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(code, language, "exec"), {"__name__": "page"})
    assert printed.getvalue().splitlines() == said


def test_the_page_names_every_setting():
    from dataclasses import fields

    from hanshuku.inference.remote.settings import RemoteSettings

    for language in ("en", "zh"):
        page = (DOCS / language / "remote.md").read_text(encoding="utf-8")
        assert all(f"`{f.name}`" in page for f in fields(RemoteSettings))
