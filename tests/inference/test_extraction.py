"""A language model writes an object: it fits the schema whatever the model, wherever the limit falls, alone or among others."""

import datetime as dt
import enum
import json
import re
from dataclasses import dataclass
from typing import Annotated, Literal

import pytest

pytest.importorskip("torch")
pytest.importorskip("llguidance")

from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from hanshuku.errors import ConfigError, TaskError
from hanshuku.functions.verbs import extract
from hanshuku.inference.endings import Endings
from hanshuku.inference.extraction import ExtractionPredictor
from hanshuku.inference.generation import load_generator
from hanshuku.inference.schema_grammar import DATE, grammar_of
from hanshuku.inference.settings import GenerationSettings
from hanshuku.tasks import Task
from hanshuku.tasks.schemas import schema_text, structure_from
from tests.tiny import tiny_t5

ROWS = [(text,) for text in ("my parcel never came", "我的包裹一直没有到，请退款", "", 'a "quoted" {text}', "the invoice shows the wrong amount")]


class Urgency(enum.Enum):
    LOW = "low"
    HIGH = "high"


class Item(BaseModel):
    name: str = Field(min_length=2)
    price: float = Field(ge=0, lt=1000)
    tags: set[Literal["new", "used"]] = set()


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(gt=0, le=9)


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str


class Branch(BaseModel):
    value: int
    children: list["Branch"] = []


class Order(BaseModel):
    number: str = Field(pattern=r"^[A-Z]{2}-\d{4}$")
    urgency: Urgency
    items: list[Item] = Field(min_length=1)
    placed: dt.date
    sent: dt.datetime | None = None
    note: str | None
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]
    tree: Branch


@dataclass
class Meeting:
    title: str
    day: dt.date
    hour: int | None
    people: list[str]
    online: bool = False


SCHEMAS = {
    "pydantic": schema_text(Order),
    "dataclass": schema_text(Meeting),
    "open": json.dumps({"type": "object", "properties": {"any": {}, "list": {"type": "array"}, "free": {"type": "object"}}, "required": ["any", "free"]}),
    "several types": json.dumps({"type": "object", "properties": {"x": {"type": ["number", "null"], "exclusiveMinimum": 3}, "名字": {"type": "string", "maxLength": 4}}, "required": ["x", "名字"]}),
}  # fmt: skip


def predictor(model, schema, **settings):
    task = Task("extract", schema=schema, instruction="read the order")
    return ExtractionPredictor(task, load_generator(model, "fp32"), GenerationSettings(template="{text}", max_length=128, **settings))


def assert_valid(schema, text):
    Draft202012Validator(json.loads(schema), format_checker=Draft202012Validator.FORMAT_CHECKER).validate(json.loads(text))


@pytest.mark.parametrize(("name", "rows", "temperature"), [("dataclass", 60, 0.0), ("open", 60, 1.5), ("several types", 80, 1.0)])
def test_objects_of_a_random_model_are_all_valid(tiny_causal, name, rows, temperature):
    asked = predictor(tiny_causal, SCHEMAS[name], max_new_tokens=70, temperature=temperature)
    for text, _ in asked.outputs([(f"row {i}",) for i in range(rows)]):
        assert_valid(SCHEMAS[name], text)


def test_an_object_with_every_kind_of_part_is_what_pydantic_takes(tiny_reader):
    schema = SCHEMAS["pydantic"]
    task = Task("extract", schema=schema)
    settings = GenerationSettings(template="{text}", max_length=600, max_new_tokens=400, temperature=2.0)
    for text, _ in ExtractionPredictor(task, load_generator(tiny_reader, "fp32"), settings).outputs(ROWS):
        assert_valid(schema, text)
        assert isinstance(structure_from(Order, json.loads(text)), Order)


@pytest.mark.parametrize("limit", (31, 36, 47))
def test_wherever_the_limit_falls_the_object_is_whole_and_within_it(tiny_causal, limit):
    asked = predictor(tiny_causal, SCHEMAS["several types"], max_new_tokens=limit, temperature=1.0)
    prompts, _ = asked.asker.prompts(ROWS)
    for completion in asked._complete(prompts):
        assert len(completion.ids) + asked.grammar.missing(completion.ids) <= limit
        assert_valid(SCHEMAS["several types"], asked.text(completion.ids))


def test_an_answer_does_not_depend_on_its_batch(tiny_causal):
    for temperature in (0.0, 1.0):
        asked = predictor(tiny_causal, SCHEMAS["dataclass"], max_new_tokens=70, temperature=temperature)
        assert [text for text, _ in asked.outputs(ROWS)] == [asked.outputs([row])[0][0] for row in ROWS]


def test_the_confidence_is_that_of_real_choices(tiny_causal):
    forced = json.dumps({"type": "object", "properties": {"a": {"const": "only this"}}, "required": ["a"]})
    assert predictor(tiny_causal, forced, max_new_tokens=60).outputs(ROWS[:1])[0] == ('{"a": "only this"}', None)
    free = json.dumps({"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]})
    assert 0.4 < predictor(tiny_causal, free, max_new_tokens=60).outputs(ROWS[:1])[0][1] <= 1


def test_the_pieces_of_a_stream_are_the_object(tiny_causal):
    asked = predictor(tiny_causal, SCHEMAS["dataclass"], max_new_tokens=60, temperature=1.0)
    for row in ROWS:
        assert_valid(SCHEMAS["dataclass"], "".join(asked.stream(row)))


def test_objects_that_the_limit_closed_are_counted_and_said(tiny_causal):
    asked = predictor(tiny_causal, SCHEMAS["dataclass"], max_new_tokens=58)
    asked.outputs(ROWS)
    assert asked.unended and "closed with what the schema asks for at least" in asked.notes[-1]


def test_items_that_must_differ_do(tiny_causal):
    schema = json.dumps({"type": "object", "properties": {"a": {"type": "array", "uniqueItems": True, "minItems": 1, "items": {"enum": [1, 2]}}}, "required": ["a"]})
    for text, _ in predictor(tiny_causal, schema, max_new_tokens=60, temperature=1.0).outputs(ROWS):
        assert_valid(schema, text)


def test_dates_are_days_that_there_are():
    for year in (1900, 1999, 2000, 2023, 2024, 2100, 2400):
        for month in range(14):
            for day in range(33):
                try:
                    is_day = bool(dt.date(year, month, day))
                except ValueError:
                    is_day = False
                assert bool(re.fullmatch(DATE, f"{year}-{month:02}-{day:02}")) == is_day


REFUSED = {
    "nothing fits": ({"a": {"type": "integer", "minimum": 5, "maximum": 3}}, "unsatisfiable"),
    "an empty list of values": ({"a": {"enum": []}}, "unsatisfiable"),
    "what cannot be kept to": ({"a": {"type": "string", "not": {"const": "x"}}}, "not"),
    "an unknown type": ({"a": {"type": "strin"}}, "strin"),
    "a part that is not there": ({"a": {"$ref": "#/$defs/b"}}, "not there"),
    "a number that no reader of JSON has exactly": ({"a": {"type": "integer", "minimum": 10**30}}, "Whole numbers"),
    "parts of which two may fit": ({"a": {"oneOf": [{"type": "number"}, {"type": "integer"}]}}, "Write anyOf"),
    "a list that is too long": ({"a": {"type": "array", "minItems": 100_000}}, "minItems"),
    "more properties than can be kept apart": ({"a": {"type": "object", "properties": {f"p{i}": {"type": "string"} for i in range(700)}}}, "fewer properties"),
    "a pattern that looks ahead": ({"a": {"type": "string", "pattern": "^(?=x)y$"}}, "look-around"),
    "several different items": ({"a": {"type": "array", "uniqueItems": True, "minItems": 2}}, "uniqueItems"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_schema_that_cannot_be_met_is_refused_before_anything_is_written(tiny_causal, name):
    properties, words = REFUSED[name]
    with pytest.raises(TaskError, match=words):
        predictor(tiny_causal, json.dumps({"type": "object", "properties": properties, "required": ["a"]}), max_new_tokens=60)


def test_an_object_without_end_is_refused(tiny_causal):
    chain = {"type": "object", "properties": {"next": {"$ref": "#/$defs/chain"}}, "required": ["next"]}
    with pytest.raises(TaskError, match="no end"):
        predictor(tiny_causal, json.dumps({**chain, "$defs": {"chain": chain}}), max_new_tokens=60)


def test_a_schema_that_cannot_be_met_is_refused_before_anything_is_learned(tiny_causal, monkeypatch):
    from hanshuku.methods import text_finetuning

    monkeypatch.setattr(text_finetuning, "teach_texts", lambda *given, **more: pytest.fail("it was trained"))
    schema = {"type": "object", "properties": {"a": {"type": "string", "not": {"const": "x"}}}, "required": ["a"]}
    with pytest.raises(TaskError, match="not"):
        extract(schema).learn([{"text": text, "output": {"a": text}} for text in ("good", "bad", "food")], method="finetune", model=tiny_causal)


def test_a_limit_below_the_shortest_object_is_refused(tiny_causal):
    with pytest.raises(ConfigError, match=r"shortest object.*max_new_tokens=12"):
        predictor(tiny_causal, SCHEMAS["dataclass"], max_new_tokens=12)


def test_a_tokenizer_that_cannot_be_kept_to_a_schema_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="Take a causal model"):
        extract(Item).learn(method="prompt", model=str(tiny_t5(tmp_path)))


def test_beams_and_stop_texts_are_refused(tiny_causal):
    for settings in ({"beams": 2}, {"stop": ("x",)}):
        with pytest.raises(ConfigError, match="leave out"):
            predictor(tiny_causal, SCHEMAS["dataclass"], max_new_tokens=60, **settings)


def test_a_function_gives_objects_of_its_type(tiny_reader, tmp_path):
    from hanshuku.functions.store import load

    meeting = extract(Meeting)
    learned = meeting.learn(
        [{"text": f"Standup of {who} on 2024-05-1{i}", "output": {"people": [who], "title": "Standup", "day": f"2024-05-1{i}", "hour": i, "online": True}}
         for i, who in enumerate(("Ann", "Bo", "王"))],
        method="finetune", model=tiny_reader, epochs=1,
    )  # fmt: skip
    answer = learned("Standup of Ann")
    assert isinstance(answer, Meeting) and isinstance(answer.day, dt.date)
    learned.save(tmp_path / "meeting.fn")
    assert load(tmp_path / "meeting.fn")("Standup of Ann") == learned.predict("Standup of Ann").output


@pytest.mark.parametrize(("hint", "longest"), [("email", 8), ("uri", 8), ("phone number", 2), ("binary", 2)])
def test_the_shortest_text_of_a_format_is_short(hint, longest):
    schema = json.dumps({"type": "object", "properties": {"a": {"type": "string", "format": hint}}, "required": ["a"]})
    assert len(json.loads(Endings(grammar_of(schema)).of(b""))["a"]) <= longest
