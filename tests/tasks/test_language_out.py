"""Tasks whose answer is a text, a span, an object or an order: what a file or a caller may give, and what is kept of it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, make_dataclass
from typing import Literal

import pytest

import hanshuku as hk
from hanshuku.data.encode import encode, input_rows
from hanshuku.data.infer import infer_task
from hanshuku.data.read import read
from hanshuku.errors import DataError, TaskError
from hanshuku.functions.rows import bind
from hanshuku.tasks import KINDS, Answer, Message, Ranking, Span, Task, kind_of
from hanshuku.tasks.base import objects
from hanshuku.tasks.chat import parse_messages
from hanshuku.tasks.schemas import outline, schema_text, structure_from
from hanshuku.tasks.signature import task_of
from hanshuku.tasks.tag import join_tokens, spans_of_tags

ENTITIES = Task("tag", labels=("LOC", "PER"))


@dataclass
class Order:
    item: str
    count: int
    gift: bool = False


@dataclass
class Reply:
    text: str
    answers: list["Reply"] = field(default_factory=list)


@dataclass
class Lost:
    at: "Nowhere"  # noqa: F821 - that is the point


def test_a_text_is_returned_by_generate():
    def polish(draft: str, tone: str) -> str:
        """Rewrite."""

    task, cast = task_of(polish)
    assert (task.kind, task.inputs, cast("x")) == ("generate", ("draft", "tone"), "x")


def test_messages_make_a_chat():
    def reply(messages: list[Message]) -> str: ...

    assert task_of(reply)[0].kind == "chat"


def test_spans_name_their_labels():
    def names(text: str) -> list[Span[Literal["PER", "ORG"]]]: ...

    task, cast = task_of(names)
    assert (task.kind, task.labels, cast((1, 2))) == ("tag", ("PER", "ORG"), [1, 2])


def test_an_answer_that_may_be_missing_is_optional():
    def find(question: str, context: str) -> Answer | None: ...

    task, cast = task_of(find)
    assert task.optional and cast(Answer("")) is None


def test_a_ranking_takes_a_query_and_candidates():
    def order(query: str, candidates: list[str]) -> Ranking: ...

    assert task_of(order)[0].kind == "rank"


def test_a_dataclass_is_extracted_and_built_again():
    def read(text: str) -> Order: ...

    task, cast = task_of(read)
    assert json.loads(task.schema)["required"] == ["item", "count"]
    assert cast({"item": "tea", "count": 2}) == Order("tea", 2)


@pytest.mark.parametrize("hint", [int, list[str], list[Span], str | None, dict])
def test_a_return_type_that_cannot_be_learned_is_refused(hint):
    def wrong(text: str): ...

    wrong.__annotations__["return"] = hint
    with pytest.raises(TaskError):
        task_of(wrong)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_says_how_an_answer_is_read_and_given(kind):
    for name in ("TARGET_COLUMNS", "parse_target", "encode_targets", "decode"):
        assert hasattr(KINDS[kind], name)


@pytest.mark.parametrize(
    ("tokens", "tags", "spans"),
    [
        (["John", "lives", "in", "New", "York"], ["B-PER", "O", "O", "B-LOC", "I-LOC"], [(0, 4, "PER"), (14, 22, "LOC")]),
        (["冯", "日", "乾", "在", "陕", "西"], ["B-PER", "I-PER", "I-PER", "O", "B-LOC", "I-LOC"], [(0, 3, "PER"), (4, 6, "LOC")]),
        (["A", "B"], ["I-PER", "I-LOC"], [(0, 1, "PER"), (2, 3, "LOC")]),
        (["A", "B"], ["B-PER", "B-PER"], [(0, 1, "PER"), (2, 3, "PER")]),
        (["A", "B", "C"], ["S-PER", "B-LOC", "E-LOC"], [(0, 1, "PER"), (2, 5, "LOC")]),
    ],
)
def test_tags_are_read_as_conlleval_reads_them(tokens, tags, spans):
    assert spans_of_tags(tokens, tags) == spans


def test_chinese_tokens_are_joined_without_spaces_and_english_with_one():
    assert join_tokens(["iPhone", "手", "机", "is", "good"]) == ("iPhone手机is good", [0, 6, 7, 8, 11])


def test_a_label_that_the_task_has_not_is_refused_when_learning_and_missed_when_measured():
    rows = hk.read([{"text": "EU", "entities": [{"start": 0, "end": 2, "label": "ORG"}]}])
    with pytest.raises(DataError, match="'ORG' is not one of"):
        encode(ENTITIES, rows)
    encoded, notes = encode(ENTITIES, rows, unknown_labels="keep")
    assert list(encoded.targets) == [((0, 2, "ORG"),)] and [note.kind for note in notes] == ["unknown_labels"]


def test_spans_come_back_with_their_text():
    found = kind_of(ENTITIES).decode(ENTITIES, objects([((0, 2, "PER", 0.5), (3, 5, "LOC", 0.5))]), 0.5, [("李明去上海",)])[0]
    assert [span.text for span in found.output] == ["李明", "上海"]
    assert found.confidence == pytest.approx(0.25)


@pytest.mark.parametrize(
    "cell",
    [{"text": ["a", "b"], "answer_start": [3, 9]}, [{"text": "a", "answer_start": 3}, {"text": "b", "answer_start": 9}], '{"text": ["a", "b"], "answer_start": [3, 9]}'],
)
def test_answers_are_read_in_every_usual_form(cell):
    assert KINDS["answer"].parse_target(Task("answer"), cell) == (("a", 3), ("b", 9))


def test_no_answer_is_legal_only_where_the_task_says_so():
    empty = {"text": [], "answer_start": []}
    assert KINDS["answer"].parse_target(Task("answer", optional=True), empty) == ()
    with pytest.raises(ValueError, match="optional"):
        KINDS["answer"].parse_target(Task("answer"), empty)


def test_what_was_said_behind_the_answer_is_not_part_of_the_question():
    turns = [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "hello"}, {"from": "human", "value": "bye"}]
    chat = KINDS["chat"]
    assert json.loads(chat.parse_input(Task("chat"), "messages", turns, is_answered=True)) == [{"role": "user", "content": "hi"}]
    assert chat.parse_target(Task("chat"), None, {"messages": turns}) == ("hello",)


def test_a_conversation_of_one_text_is_the_users():
    assert bind(hk.chat().task, ("hello",), {}) == ('[{"role": "user", "content": "hello"}]',)


@pytest.mark.parametrize("wrong", [[], [{"role": "wizard", "content": "x"}], [{"role": "user"}], [{"role": "assistant", "content": "x"}], 3])
def test_a_conversation_that_is_none_is_refused(wrong):
    with pytest.raises(DataError):
        hk.chat()([*wrong] if isinstance(wrong, list) else wrong)


def test_relevant_candidates_are_positions_or_texts():
    rank = KINDS["rank"]
    assert rank.parse_target(Task("rank", ("query", "candidates")), ["b", 0], {"candidates": ["a", "b"]}) == (0, 1)
    with pytest.raises(ValueError, match="neither one of"):
        rank.parse_target(Task("rank", ("query", "candidates")), "c", {"candidates": ["a", "b"]})


def test_equal_scores_keep_the_order_of_the_candidates():
    task = Task("rank", ("query", "candidates"))
    assert kind_of(task).decode(task, objects([(0.5, 0.9, 0.5)]), 0.5, [("q", '["a", "b", "c"]')])[0].output.candidates == ("b", "a", "c")


def test_a_program_may_come_with_tests_alone():
    assert KINDS["complete_code"].parse_target(Task("complete_code"), None, {"tests": ["assert f(1) == 2"]}) == ("", ("assert f(1) == 2",))


@pytest.mark.parametrize(
    ("text", "tests", "shown"),
    [
        ("Add two numbers.", ["assert set(plus(1, 2)) == set([3])", "assert plus(2, 2) == 4"], "Add two numbers.\nYour code should pass this test:\nassert set(plus(1, 2)) == set([3])"),
        ("把两个数相加。", "assert plus(1, 2) == 3", "把两个数相加。\n代码须通过这个测试：\nassert plus(1, 2) == 3"),
        ("def plus(a, b):", ["assert plus(1, 2) == 3"], "def plus(a, b):"),
        ("请写 plus函数。", ["assert plus(1, 2) == 3"], "请写 plus函数。"),
        ("Add two numbers.", ["def check(candidate):\n    assert candidate(1, 2) == 3"], "Add two numbers."),
        ("Add two numbers.", ["not Python at all ("], "Add two numbers."),
        ("Add two numbers.", None, "Add two numbers."),
    ],
)
def test_a_description_shows_the_first_test_where_the_tests_alone_name_the_function(text, tests, shown):
    rows = read([{"prompt": text, "completion": "def plus(a, b): return a + b", "tests": tests}])
    assert encode(Task("complete_code", ("prompt",)), rows)[0].inputs == [(shown,)]
    assert list(input_rows(Task("complete_code", ("prompt",)), rows)) == [(shown,)]


def test_a_schema_without_properties_is_refused():
    with pytest.raises(TaskError, match="object with properties"):
        schema_text({"type": "string"})


NONE = {
    "a keyword with a value that it does not take": ({"minimum": "5"}, r"at \$.properties.a.minimum"),
    "a type that there is not": ({"type": "text"}, r"at \$.properties.a.type"),
    "a pattern that is none": ({"type": "string", "pattern": "(["}, "regex"),
    "a reference to nothing": ({"$ref": "#/$defs/b"}, r"not there. In \$defs: loop"),
    "a reference that leads out": ({"$ref": "https://example.org/x"}, "nothing is fetched"),
    "a reference in a circle": ({"$ref": "#/$defs/loop"}, "leads back to itself"),
    "a number that is none": ({"type": "number", "minimum": float("nan")}, "no plain JSON"),
}


@pytest.mark.parametrize("name", NONE)
def test_what_is_no_json_schema_is_refused_when_it_is_stated(name):
    pytest.importorskip("jsonschema")
    part, words = NONE[name]
    with pytest.raises(TaskError, match=words):
        schema_text({"type": "object", "properties": {"a": part}, "$defs": {"loop": {"anyOf": [{"$ref": "#/$defs/loop"}, {"type": "string"}]}}})


def test_a_dataclass_that_holds_itself_is_built_again():
    schema = json.loads(schema_text(Reply))
    assert schema["properties"]["answers"]["items"] == {"$ref": "#/$defs/Reply"} and schema["$defs"]["Reply"]["required"] == ["text"]
    assert structure_from(Reply, {"text": "a", "answers": [{"text": "b", "answers": []}]}) == Reply("a", [Reply("b")])


def test_two_dataclasses_of_one_name_that_hold_themselves_are_told_apart_by_a_refusal():
    other = make_dataclass("Reply", [("more", list)])
    other.__annotations__["more"] = list[other]
    with pytest.raises(TaskError, match="both named Reply"):
        schema_text(make_dataclass("Both", [("first", Reply), ("second", other)]))


def test_a_pydantic_model_that_holds_itself_is_an_object():
    pydantic = pytest.importorskip("pydantic")
    model = pydantic.create_model("Branch", value=(int, ...), children=(list["Branch"], []))  # noqa: F821 - its own name
    assert {"type": "object", "required": ["value"]}.items() <= json.loads(schema_text(model)).items()


def test_a_pydantic_model_with_a_field_that_is_no_json_is_refused():
    pydantic = pytest.importorskip("pydantic")
    with pytest.raises(TaskError, match="makes no JSON schema of Called"):
        schema_text(pydantic.create_model("Called", back=(Callable[[int], int], ...)))


def test_a_dataclass_of_a_type_that_is_not_known_is_refused():
    with pytest.raises(TaskError, match="'Nowhere' is not defined"):
        schema_text(Lost)


def test_an_object_is_built_as_the_dataclass_says():
    @dataclass
    class Basket:
        orders: list[Order]
        note: str | None = None

    made = structure_from(Basket, {"orders": [{"item": "茶", "count": 1, "gift": True}], "note": None})
    assert made == Basket([Order("茶", 1, True)])


def test_a_language_that_is_no_code_is_refused():
    with pytest.raises(TaskError, match="zh"):
        hk.translate("Chinese")


def test_a_schema_is_shown_in_few_words():
    schema = {
        "type": "object", "required": ["who", "kids"],
        "properties": {
            "who": {"type": "string", "description": "full name"}, "day": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
            "kids": {"type": "array", "items": {"$ref": "#/$defs/kid"}}, "mood": {"enum": ["good", "坏"]},
        },
        "$defs": {"kid": {"type": "object", "properties": {"friend": {"$ref": "#/$defs/kid"}}}},
    }  # fmt: skip
    shown = '{"who": string (full name), "day"?: date | null, "kids": [{"friend"?: kid}], "mood"?: "good" | "坏"}'
    assert outline(schema_text(schema)) == shown


TALK = ({"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"})


class TestConversations:
    @pytest.mark.parametrize("column", ["messages", "conversations", "dialog", "对话"])
    def test_the_last_turn_is_the_answer_whatever_the_column_is_called(self, column):
        examples = hk.read([{column: list(TALK)}])
        rows, _ = encode(infer_task(examples), examples)
        assert list(rows.targets) == [("hello",)]

    @pytest.mark.parametrize(
        ("turn", "text"),
        [
            ({"from": "human", "value": "hi"}, "hi"),
            ({"role": "User", "content": "hi"}, "hi"),
            ({"role": "user", "content": [{"type": "text", "text": "one "}, {"type": "text", "text": "two"}]}, "one two"),
            ({"role": "assistant", "content": None, "tool_calls": [{"name": "f"}]}, '[{"name": "f"}]'),
        ],
    )
    def test_a_turn_is_read_in_the_forms_in_which_they_are_written(self, turn, text):
        assert parse_messages([turn])[0]["content"] == text

    @pytest.mark.parametrize(
        ("value", "says"),
        [
            ([], "no turns"), (None, "not empty"), ([{"role": "user", "content": None}], "turn 1, of the role 'user', has no text"), ([{"role": "x", "content": "hi"}], "its role is 'x'"),
            ([{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}], "has no text"), (["hi"], "turn 1 is no object"),
        ],
    )  # fmt: skip
    def test_what_is_no_turn_is_named(self, value, says):
        with pytest.raises(ValueError, match=says):
            parse_messages(value)


def read_all(rows):
    examples = hk.read(rows)
    encoded, _ = encode(infer_task(examples), examples)
    return encoded.inputs, list(encoded.targets)


class TestEntitiesOfFiles:
    SPAN = (0, 2, "ORG")

    @pytest.mark.parametrize(
        "answer",
        [
            {"entities": [{"start": 0, "end": 2, "label": "ORG", "text": "EU"}]}, {"entities": [{"start": 0, "end": 2, "type": "ORG"}]}, {"spans": [[0, 2, "ORG"]]},
            {"entities": '[{"start": 0, "end": 2, "label": "ORG"}]'}, {"label": [[0, 2, "ORG"]]}, {"labels": [{"start": 0, "end": 2, "label": "ORG"}]},
        ],
    )  # fmt: skip
    def test_spans_are_read_in_the_forms_in_which_they_are_written(self, answer):
        assert read_all([{"text": "EU calls."} | answer]) == ([("EU calls.",)], [(self.SPAN,)])

    @pytest.mark.parametrize("tags", [["B-ORG", "O", "O"], ["U-ORG", "O", "O"], ["S_ORG", "O", "O"], "B-ORG O O"])
    def test_tags_belong_to_their_tokens_also_beside_the_text(self, tags):
        assert read_all([{"text": "EU calls.", "tokens": ["EU", "calls", "."], "tags": tags}]) == ([("EU calls .",)], [(self.SPAN,)])

    def test_bilou_tags_end_with_l(self):
        assert spans_of_tags(["New", "York", "x"], ["B-LOC", "L-LOC", "L-LOC"]) == [(0, 8, "LOC"), (9, 10, "LOC")]

    @pytest.mark.parametrize(
        ("answer", "says"),
        [
            ({"entities": [{"start": 0, "end": 99, "label": "ORG"}]}, "from 0 to 99, but its text has 9"), ({"entities": {"ORG": ["EU"]}}, "not a dict"),
            ({"entities": [{"start": 0, "end": 1, "label": "ORG", "text": "EU"}]}, "the end is the character behind the last"), ({"entities": 3}, "not a int"),
            ({"entities": [{"start": 3, "end": 5, "label": "ORG", "text": "EU"}]}, "'EU' does not stand at 3 to 5, but 'ca'"), ({"entities": "[{"}, "list of entities is due"),
            ({"tokens": ["EU", "x"], "tags": ["ORG", "O"]}, "Received: 'ORG'"), ({"tokens": ["EU", "x"], "tags": [1, 0]}, "Received: 1"), ({"label": {"ORG": "EU"}}, "holds an object"),
        ],
    )  # fmt: skip
    def test_what_is_no_entity_is_refused_by_line(self, answer, says):
        with pytest.raises(DataError, match=f"rows:1: .*{says}"):
            read_all([{"text": "EU calls."} | answer])

    def test_free_tags_of_a_text_are_labels(self):
        task = infer_task(hk.read([{"text": "a", "tags": ["fun", "old"]}, {"text": "b", "tags": []}]))
        assert (task.kind, task.several, task.labels) == ("classify", True, ("fun", "old"))


class TestAnswersAndOrdersOfFiles:
    @pytest.mark.parametrize(
        ("answers", "says"),
        [
            (3, "not a int"), ({"text": ["Paris"], "answer_start": ["x"]}, "answer_start is a number of characters, not 'x'"), ({"foo": 1}, "Received: foo"),
            ({"text": ["Paris", "Tom"], "answer_start": [13]}, "2 answers and 1 of these"), ([{"answer_start": 3}], "an answer is a text. Received: None"),
        ],
    )  # fmt: skip
    def test_what_is_no_answer_is_refused_by_line(self, answers, says):
        with pytest.raises(DataError, match=f"rows:1: .*{says}"):
            read_all([{"question": "Where?", "context": "Tom lives in Paris.", "answers": answers}])

    @pytest.mark.parametrize(
        "relevant", [{"relevant": [1]}, {"relevant": 1}, {"relevant": ["sky"]}, {"labels": [0, 1, 0]}, {"label": [0.0, 1.0, 0.0]}, {"relevant": [False, True, False]}]
    )
    def test_relevant_candidates_are_named_counted_or_marked(self, relevant):
        assert read_all([{"query": "blue", "candidates": ["apple", "sky", "grass"]} | relevant])[1] == [(1,)]

    def test_what_is_no_object_is_refused_by_line(self):
        with pytest.raises(DataError, match="rows:2: JSON is due, not 'tea'"):
            infer_task(hk.read([{"text": "a", "output": {"item": "tea"}}, {"text": "b", "output": "tea"}]), kind="extract")
