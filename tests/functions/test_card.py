"""card.md: what the function is for, how good it is with intervals, what was not looked at, and no text of a single row."""

import string

import pytest

from hanshuku.functions.card import card
from hanshuku.functions.card_words import WORDS
from hanshuku.functions.core import Function
from hanshuku.functions.origin import Origin
from hanshuku.tasks import Task
from tests.functions.test_evaluate import ROWS
from tests.words import TEAM, WordPredictor

ORIGIN = Origin("probe", {"c": 1.0}, "minilm", licence="Apache-2.0", rows=40, data="ab12", versions={"numpy": "2"}, notes=("3 rows left out",))
WRONG = [{"text": f"the parcel of Mrs Xanthippe {i}", "label": "delivery"} for i in range(12)]


@pytest.fixture(scope="module")
def measured():
    function = Function(TEAM, WordPredictor(), history=(ORIGIN,))
    function.evaluate([*ROWS, *WRONG], checks=())
    return function


def test_it_has_use_quality_with_intervals_origin_limits_and_licence(measured):
    text = card(measured)
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## Intended use", "## Measured", "## How it came to be", "## Limits", "## Licence"]
    accuracy = measured.report["metrics"]["accuracy"]
    assert f"| accuracy | {accuracy['value']:.3f} | {accuracy['low']:.3f}–{accuracy['high']:.3f} | 24 | 0.500 |" in text
    assert measured.report["data"] in text and "ab12" in text and "3 rows left out" in text
    assert text.startswith("---\nlicense: apache-2.0\n")


def test_what_was_looked_at_is_told_and_what_was_not_is_named(measured):
    text = card(measured)
    assert "- **Slices**: Worst on" in text
    assert "Nobody has looked at: robustness" in text and "rows of another domain" in text


def test_no_text_of_a_single_row_is_kept_in_the_function_or_its_card(measured):
    assert "Xanthippe" not in card(measured) and "Xanthippe" not in str(measured.report)
    assert measured.report["parts"]["mistakes"]["wrong"] == 12


def test_a_chinese_function_has_a_chinese_card():
    task = Task("classify", labels=("退款", "物流"), instruction="这条消息该由哪个组回答？", name="team")
    text = card(Function(task, WordPredictor(task), history=(ORIGIN,)))
    assert "## 用途" in text and "尚未测量" in text and "Apache-2.0" in text


def test_both_languages_say_the_same_things():
    def fields(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert {key: fields(text) for key, text in WORDS["en"].items()} == {key: fields(text) for key, text in WORDS["zh"].items()}


@pytest.mark.parametrize("task", [Task("rate", low=0, high=5), Task("generate"), Task("tag", labels=("PER",)), Task("chat", ("messages",))], ids=lambda task: task.kind)
def test_every_kind_of_task_has_one(task):
    assert task.kind in card(Function(task, WordPredictor(TEAM)))
