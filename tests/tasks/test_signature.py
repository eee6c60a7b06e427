"""A typed signature is the task."""

import enum
from typing import Annotated, Literal

import pytest

from hanshuku.errors import TaskError
from hanshuku.tasks import Range, Task
from hanshuku.tasks.signature import cast_of, task_of


class Mood(enum.Enum):
    GOOD = "good"
    BAD = "bad"


def team(message: str) -> Literal["billing", "delivery"]:
    """Which team should answer?"""


def test_the_literal_is_the_labels_and_the_docstring_the_instruction():
    task, cast = task_of(team)
    assert task == Task("classify", ("message",), ("billing", "delivery"), instruction="Which team should answer?", name="team")
    assert cast("billing") == "billing"


def test_an_enum_comes_back_as_its_member():
    def mood(text: str) -> Mood: ...

    task, cast = task_of(mood)
    assert task.labels == ("good", "bad")
    assert cast("bad") is Mood.BAD


def test_a_bool_comes_back_as_a_bool():
    def spam(text: str) -> bool: ...

    task, cast = task_of(spam)
    assert (cast("true"), cast("false")) == (True, False)
    assert cast_of(task)("true") is True


def test_integers_come_back_as_integers():
    def stars(text: str) -> Literal[1, 2, 3]: ...

    task, cast = task_of(stars)
    assert (task.labels, cast("2"), cast_of(task)("2")) == (("1", "2", "3"), 2, 2)


def test_a_set_of_labels_is_several_labels():
    def topics(text: str) -> set[Literal["sport", "money"]]: ...

    task, cast = task_of(topics)
    assert task.several
    assert cast(("sport", "money")) == {"sport", "money"}


def test_a_range_is_a_rating_and_two_texts_are_a_pair():
    def similar(text_a: str, text_b: str) -> Annotated[float, Range(0, 5)]: ...

    task, cast = task_of(similar)
    assert (task.kind, task.low, task.high, task.is_pair, cast(2.5)) == ("rate", 0.0, 5.0, True, 2.5)


def test_a_type_defined_in_a_function_is_found_in_the_scope_given():
    class Local(enum.Enum):
        A = "a"
        B = "b"

    def choose(text: str) -> "Local": ...

    assert task_of(choose, {"Local": Local})[0].labels == ("a", "b")


@pytest.mark.parametrize(
    ("returns", "said"),
    [
        (dict, "which Hanshuku cannot learn"),
        (float, "say its range"),
        (Literal["a", "b"] | None, "a union"),
        (Literal["a"], "at least two labels"),
        (None.__class__, "cannot learn"),
    ],
)
def test_a_return_type_that_cannot_be_learned_is_refused_with_what_is_legal(returns, said):
    def function(text: str): ...

    function.__annotations__["return"] = returns
    with pytest.raises(TaskError, match=said):
        task_of(function)


@pytest.mark.parametrize("source", ["def f(x: int) -> bool: ...", "def f(*x: str) -> bool: ...", "def f() -> bool: ...",
                                    "def f(a: str, b: str, c: str) -> bool: ...", "def f(x) -> bool: ..."])  # fmt: skip
def test_inputs_are_one_or_two_texts(source):
    names: dict = {}
    exec(source, names)
    with pytest.raises(TaskError, match="one text or a pair of texts"):
        task_of(names["f"])


def test_a_task_comes_back_from_json_equal():
    task = task_of(team)[0]
    assert Task.from_json(task.to_json()) == task


def test_a_range_that_is_empty_is_refused():
    with pytest.raises(TaskError, match="low < high"):
        Range(5, 5)
