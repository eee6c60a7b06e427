"""A text is printed as it is written."""

import pytest

pytest.importorskip("torch")

from hanshuku.functions.core import Function
from hanshuku.tasks import Task
from tests.cli.test_cli import run
from tests.serving.test_stream import function
from tests.words import TEAM, WordPredictor


@pytest.fixture
def saved(tiny_causal, tmp_path):
    write = function(tiny_causal, Task("generate", name="write"))
    write.save(tmp_path / "write.fn")
    return str(tmp_path / "write.fn"), write


def test_call_streams_the_answer(capsys, saved):
    path, write = saved
    code, out, err = run(capsys, "call", path, "good food", "今天", "--stream")
    assert (code, err) == (0, "note: 2 answers reached max_new_tokens=20 and may be cut short.\n")
    assert run(capsys, "call", path, "good food", "--stream", "--quiet")[2] == ""
    assert out == "".join("".join(write.write(text)) + "\n" for text in ("good food", "今天"))


def test_what_cannot_be_streamed_is_refused_in_one_line(capsys, saved, tmp_path):
    path, _ = saved
    for more in (["--json"], ["--output", "x.jsonl", "--input", "y.csv"]):
        code, _, err = run(capsys, "call", path, "good food", "--stream", *more)
        assert code == 2 and "--stream" in err and len(err.splitlines()) == 1


def test_a_function_that_writes_no_text_says_so():
    with pytest.raises(Exception, match="does not write its answer token by token"):
        Function(TEAM, WordPredictor()).write("refund")
