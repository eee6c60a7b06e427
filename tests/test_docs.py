"""What the READMEs and the docs show is run, and what they say it prints is what it prints."""

import io
import re
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest

pytest.importorskip("torch")

from tests.tiny import tiny_marian, tiny_t5

ROOT = Path(__file__).resolve().parent.parent
SERVED = {"remote.md", "serving.md"}  # their snippets need a server: tests/inference/remote and tests/serving/test_chat.py run them
PAGES = ["README.md", "README.zh.md", *sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").glob("*/*.md") if page.name not in SERVED and "```python" in page.read_text(encoding="utf-8"))]


def code_of(page):
    """What a page shows to be run."""
    return "\n".join(re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL))


def is_run_once_already(page):
    """A page that shows just what the same page in English shows."""
    other = page.replace("docs/zh/", "docs/en/")
    return other != page and (ROOT / other).is_file() and code_of(other) == code_of(page)


@pytest.mark.models
@pytest.mark.parametrize("page", [page for page in PAGES if not is_run_once_already(page)])
def test_a_page_prints_what_it_says(page, tmp_path, monkeypatch):
    for file in (ROOT / "examples").glob("*.csv"):
        shutil.copy(file, tmp_path)
    if page.endswith("encoder-decoders.md"):  # what it calls folders of that form
        tiny_t5(tmp_path / "t5-small")
        tiny_marian(tmp_path / "opus-mt-en-zh")
    monkeypatch.chdir(tmp_path)
    code = code_of(page)
    said = [line.rsplit("# ", 1)[1].removeprefix("-> ").strip() for line in code.splitlines() if line.startswith("print(")]
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(code, page, "exec"), {"__name__": "page"})
    assert printed.getvalue().split("\n")[:-1] == said


def test_the_pages_made_from_the_code_are_fresh():
    done = subprocess.run([sys.executable, str(ROOT / "docs" / "generate.py"), "--check"], capture_output=True, text=True, env={"PYTHONPATH": str(ROOT / "src")})
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", [*PAGES, "CONTRIBUTING.md", "CHANGELOG.md"])
def test_a_link_leads_to_a_page(page):
    for target in re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text(encoding="utf-8")):
        if "://" not in target:
            assert (ROOT / page).parent.joinpath(target).exists(), target


def test_both_languages_have_the_same_pages():
    assert [p.name for p in sorted((ROOT / "docs/en").glob("*.md"))] == [p.name for p in sorted((ROOT / "docs/zh").glob("*.md"))]
