"""Tools and calls in one plain form, whatever wrote them."""

from __future__ import annotations

import json

import pytest

from hanshuku.data.encode import encode
from hanshuku.data.infer import infer_task
from hanshuku.data.read import read
from hanshuku.tasks.chat import parse_messages
from hanshuku.tasks.shown import readable
from hanshuku.tasks.tools import call_text, calls_in, parse_tools, read_calls

TOOL = {"name": "find", "parameters": {"type": "object"}}
CALL = {"name": "find", "arguments": {"n": 7, "where": "南京"}}
TEXT = '{"name": "find", "arguments": {"n": 7, "where": "南京"}}'


@pytest.mark.parametrize("written", [TOOL, [TOOL], [{"type": "function", "function": TOOL}], json.dumps([TOOL]), [{**TOOL, "strict": True, "description": ""}]])
def test_tools_are_read_as_files_and_clients_write_them(written):
    assert parse_tools(written) == [TOOL]


@pytest.mark.parametrize("nothing", [None, "", "[]", [], float("nan")])
def test_no_tools_are_none(nothing):
    assert parse_tools(nothing) == []


@pytest.mark.parametrize("written", [
    CALL, [CALL], [{"id": "1", "type": "function", "function": {"name": "find", "arguments": json.dumps(CALL["arguments"])}}], {"name": "find", "parameters": CALL["arguments"]},
])  # fmt: skip
def test_calls_are_read_as_files_and_models_write_them(written):
    assert read_calls(written) == [CALL]


@pytest.mark.parametrize("calls", [[CALL], [CALL, CALL]])
@pytest.mark.parametrize("said", ["", "I look.\nOne moment."])
def test_a_turn_says_its_calls_behind_its_words(said, calls):
    assert calls_in(call_text(calls, said)) == (said, calls)


@pytest.mark.parametrize("text", ["hello", '{"name": "Ann"}', '{"name": "f", "parameters": {}}', "[1, 2]", "{", '{"name": "f", "arguments": "x"}', f"{TEXT}\nthat was it", ""])
def test_other_json_is_a_text(text):
    assert calls_in(text) == (text, [])


@pytest.mark.parametrize("turn", [
    {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "find", "arguments": json.dumps(CALL["arguments"])}}]},
    {"role": "assistant", "content": "", "function_call": {"name": "find", "arguments": json.dumps(CALL["arguments"])}}, {"role": "tool_call", "content": json.dumps(CALL)},
    {"from": "function_call", "value": json.dumps(CALL)},
])  # fmt: skip
def test_turns_that_call_are_one_plain_turn_of_the_assistant(turn):
    assert parse_messages([turn]) == [{"role": "assistant", "content": TEXT}]


def test_what_is_said_beside_a_call_is_kept():
    assert parse_messages([{"role": "assistant", "content": "I look.", "tool_calls": [CALL]}])[0]["content"] == f"I look.\n{TEXT}"


def test_calls_listed_with_what_they_brought_become_turns():
    given = [{"role": "user", "content": "wine?", "tool_calls": [{**CALL, "response": "none"}, {**CALL, "response": {"left": 0}}]}]
    assert [(turn["role"], turn["content"]) for turn in parse_messages(given)] == [("user", "wine?"), ("assistant", f"[{TEXT}, {TEXT}]"), ("tool", "none"), ("tool", '{"left": 0}')]


def test_tools_stand_with_what_the_system_is_told():
    given = {"messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "hi"}], "tools": [TOOL]}
    assert parse_messages(json.dumps(given))[0] == {"role": "system", "content": "Be kind.", "tools": [TOOL]}
    assert parse_messages(parse_messages(given)) == parse_messages(given)


def test_a_json_object_that_is_no_conversation_is_what_the_user_says():
    assert parse_messages('{"a": 1}') == [{"role": "user", "content": '{"a": 1}'}]


def test_a_person_reads_which_tools_there_were():
    row = json.dumps(parse_messages({"messages": [{"role": "user", "content": "hi"}], "tools": [TOOL]}))
    assert readable(infer_task(read([{"messages": [{"role": "assistant", "content": "x"}]}])), "messages", row) == "system:  [tools: find]\nuser: hi"


@pytest.mark.parametrize(("name", "with_tools", "calling"), [("toolcall_en", 37, 0), ("toolcall_zh", 35, 0), ("taskmaster4_orders", 0, 7)])
def test_real_sets(shared_data, name, with_tools, calling):
    examples = read(shared_data / name, split="test")
    rows, _ = encode(infer_task(examples), examples)
    talks = [json.loads(row[0]) for row in rows.inputs]
    assert sum("tools" in talk[0] for talk in talks) == with_tools
    called = [turn for talk in talks for turn in talk if turn["role"] == "assistant" and calls_in(turn["content"])[1]]
    assert len(called) >= 37 if name != "taskmaster4_orders" else len(called) > 300
    assert sum(bool(calls_in(target[0])[1]) for target in rows.targets) == calling
