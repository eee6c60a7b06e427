"""Asking for a text: a row of a task as turns of a conversation, and those as token ids in the model's own form."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import Any

from hanshuku.errors import ConfigError
from hanshuku.inference.demonstrations import fitting
from hanshuku.inference.prompt_tokens import CHARACTERS_PER_TOKEN, front_tokens
from hanshuku.inference.prompts import Demonstration, check_template, check_told, special_tokens, without_marks
from hanshuku.inference.tools import CallForm, Turns, listed_calls, listed_tools, told_tools, without_tools
from hanshuku.tasks import Task
from hanshuku.tasks.languages import LANGUAGES, LANGUAGES_ZH
from hanshuku.tasks.schemas import outline
from hanshuku.tasks.tools import calls_in

PLAIN_INPUTS = frozenset({"text", "instruction", "input", "prompt", "source", "document", "question", "messages"})  # shown without their name
FENCE = re.compile(r"```[A-Za-z]*[ \t]*\n(.*?)(?:\n?```|\Z)", re.DOTALL)
FEW_TURNS = 16  # of a conversation; with fewer, all are looked at
MARK = "\ue000reply\ue001"  # private-use characters: no chat template touches them


@dataclass(frozen=True)
class Words:
    """What Hanshuku says to a language model in one language when it wants a text."""

    instructions: dict[str, str]  # by kind, where the user gave none
    leads: dict[str, str]  # by kind, how the answer begins for a model without a chat template
    pair: str  # one input of several
    roles: dict[str, str]  # of a conversation, for a model without a chat template


WORDS = {
    "en": Words(
        {
            "translate": "Translate the text into {language}.", "summarize": "Summarize the text in a sentence or two.",
            "complete_code": "Write Python code that does the following. Answer with the code alone.",
            "extract": "Read the data out of the text. Answer with one JSON object of this form:\n{schema}",
        },
        {"translate": "{language}:", "summarize": "Summary:", "complete_code": "Code:", "chat": "Assistant:", "extract": "JSON:"},
        "{name}: {text}", {"system": "{text}", "user": "User: {text}", "assistant": "Assistant: {text}", "tool": "Tool: {text}"},
    ),
    "zh": Words(
        {
            "translate": "请把下文翻译成{language}。", "summarize": "请用一两句话概括下文。", "complete_code": "请写出完成以下要求的 Python 代码，只回答代码。",
            "extract": "请从下文中提取数据，只回答一个如下形式的 JSON 对象：\n{schema}",
        },
        {"translate": "{language}：", "summarize": "摘要：", "complete_code": "代码：", "chat": "助手：", "extract": "JSON："},
        "{name}：{text}", {"system": "{text}", "user": "用户：{text}", "assistant": "助手：{text}", "tool": "工具：{text}"},
    ),
}  # fmt: skip
ANSWER = {"en": "Answer:", "zh": "回答："}


def instruction_for(task: Task, language: str) -> str:
    """The task's instruction, or the usual words of its kind."""
    if task.instruction.strip():
        said = task.instruction.strip()
        return f"{said}\n{outline(task.schema)}" if task.kind == "extract" else said
    words = WORDS[language].instructions.get(task.kind, "")
    return words.format(language=language_name(task, language), schema=outline(task.schema) if task.schema else "")


def language_name(task: Task, language: str) -> str:
    """The language of the answer in words of the wording's language."""
    unknown = {"en": "the other language", "zh": "另一种语言"}[language]
    return (LANGUAGES_ZH if language == "zh" else LANGUAGES).get(task.language, task.language or unknown)


class Teller:
    """Rows of a task whose answer is a text, as turns of a conversation.

    Args:
        task: of a kind whose answer is a text.
        language: of the wording, "en" or "zh".
        template: the user's turn, with {instruction} and the task's inputs, or {text} for all of them; of a conversation what the system is
            told, where {instruction} is the task's instruction, or the conversation's own system message if it has one; "": the usual one.
        demonstrations: (row, reply) pairs that are shown before every row; conversations behind what the system is told.

    Attributes:
        calls: how the model's own template writes calls of tools; None where tools are told as JSON.

    Raises:
        ConfigError: the template is illegal.
    """

    def __init__(self, task: Task, *, language: str = "en", template: str = "", demonstrations: Sequence[tuple[Sequence[str], str]] = ()) -> None:
        self.task, self.language, self.words = task, language, WORDS[language]
        check = check_told if task.kind == "chat" else partial(check_template, inputs=task.inputs)
        self.parts = check(template) if template else None
        self.calls: CallForm | None = None
        self.demonstrations = [(tuple(row), reply) for row, reply in demonstrations]

    def turns(self, row: Sequence[str]) -> Turns:
        """The conversation that a row is, demonstrations and all, without the answer."""
        if self.task.kind == "chat":
            turns = self._talk(row[0])
            own: dict[str, Any] = turns.pop(0) if turns[0]["role"] == "system" else {"content": ""}
            told = {"role": "system", "content": self._told(own["content"].strip())} | ({"tools": own["tools"]} if own.get("tools") else {})
            turns = [told, *turns] if len(told) > 2 or told["content"] else turns
            first = next((place for place, turn in enumerate(turns) if turn["role"] != "system"), len(turns))
            talks = [[*self._talk(example[0]), {"role": "assistant", "content": self._safe(reply)}] for example, reply in self.demonstrations]
            return [*turns[:first], *(turn for talk in talks for turn in talk), *turns[first:]]
        shown: Turns = []
        for example, reply in self.demonstrations:
            shown += [{"role": "user", "content": self._content(example)}, {"role": "assistant", "content": self._safe(reply)}]
        return [*shown, {"role": "user", "content": self._content(row)}]

    def _talk(self, text: str) -> Turns:
        """A conversation as it may be shown."""
        def safe(part: Any) -> Any:
            return self._safe(part) if isinstance(part, str) else json.loads(self._safe(json.dumps(part, ensure_ascii=False)))

        return [{name: safe(part) for name, part in turn.items()} for turn in json.loads(text)]

    def _told(self, own: str) -> str:
        """What the system is told in a conversation with this system message of its own, which is never lost."""
        said = own or self.task.instruction.strip()
        if self.parts is None:
            return said
        text = "".join(literal + ("" if name is None else said) for literal, name in self.parts).strip()
        return f"{text}\n\n{own}" if own and all(name is None for _, name in self.parts) else text

    def _content(self, row: Sequence[str]) -> str:
        """The user's turn."""
        texts = [self._safe(text.strip()) for text in row]
        instruction = instruction_for(self.task, self.language)
        if self.parts is None:
            return "\n\n".join(part for part in (instruction, self._joined(texts)) if part)
        named = dict(zip(self.task.inputs, texts, strict=True)) | {"instruction": instruction, "labels": ""}
        named = {"text": self._joined(texts)} | named
        return "".join(literal + ("" if name is None else named[name]) for literal, name in self.parts)

    def _joined(self, texts: Sequence[str]) -> str:
        pairs = [(name, text) for name, text in zip(self.task.inputs, texts, strict=True) if text]
        plain = all(name in PLAIN_INPUTS for name, _ in pairs) or len(self.task.inputs) == 1
        return "\n\n".join(text if plain else self.words.pair.format(name=name.replace("_", " "), text=text) for name, text in pairs)

    def _safe(self, text: str) -> str:
        """The text as it may be shown."""
        return text


class Asker(Teller):
    """Rows of a task whose answer is a text, as a language model reads them.

    A row becomes turns; turns become segments of text, each tokenised by itself, so that what is learned and what is asked
    are split into tokens alike. A row that is too long loses the end of its longest input, a conversation its oldest turns.

    Args:
        task: of a kind whose answer is a text.
        tokenizer: a fast transformers tokenizer, with a chat template or without.
        language: of the wording, "en" or "zh".
        template: the user's turn, with {instruction} and the task's inputs, or {text} for all of them; "": the usual one.
        lead: how the answer begins; None: the usual one.
        limit: most tokens of a prompt.
        demonstrations: (row, reply) pairs that are shown before every row.

    Attributes:
        stops: ids of tokens that end an answer.
        calls: how the chat template writes calls of tools; None where it knows none, and tools are told as JSON.
        empty: a row that says nothing.

    Raises:
        ConfigError: the template is illegal, or the prompt leaves no room for a text.
    """

    def __init__(
        self, task: Task, tokenizer: Any, *, language: str = "en", template: str = "", lead: str | None = None, limit: int = 2048,
        demonstrations: Sequence[Demonstration] = (),
    ) -> None:  # fmt: skip
        super().__init__(task, language=language, template=template, demonstrations=demonstrations)
        self.tokenizer, self.limit = tokenizer, limit
        self.chat = bool(getattr(tokenizer, "chat_template", None))
        usual = "" if self.chat else self.words.leads.get(task.kind, ANSWER[language]).format(language=language_name(task, language))
        self.lead = usual if lead is None else lead
        self.calls = CallForm.of(tokenizer) if task.kind == "chat" and self.chat else None
        self.special = special_tokens(tokenizer)
        self.front = [] if self.chat else front_tokens(tokenizer)
        self.closing = self._closing()
        self.stops = self._stops()
        self.empty = tuple('[{"role": "user", "content": ""}]' if task.kind == "chat" else "" for _ in task.inputs)
        bare = len(self._ids(self.segments(self.empty)))
        if bare >= limit:
            raise ConfigError(
                f"The prompt is {bare} tokens before any text is put in; {limit} are left beside the answer. Shorten the instruction "
                "or the demonstrations, ask for fewer max_new_tokens, or raise max_length as far as the model reads."
            )

    def prompts(self, rows: Sequence[Sequence[str]]) -> tuple[list[list[int]], list[bool]]:
        """N prompts as token ids, each at most `limit` long, and whether a row had to lose some of its text."""
        fitted = [self._fitted(tuple(row)) for row in rows]
        return [ids for ids, _ in fitted], [cut for _, cut in fitted]

    def showing(self, demonstrations: Sequence[Demonstration]) -> Asker:
        """The same with other demonstrations."""
        other = copy(self)
        other.demonstrations = [(tuple(row), reply) for row, reply in demonstrations]
        return other

    def fitted(self, demonstrations: Sequence[Demonstration], row: Sequence[str]) -> tuple[Demonstration, ...]:
        """The last demonstrations that leave room for the row, or for half of the limit where it is longer than that."""
        needed = min(sum(len(self._tokens(text)) for text in row), self.limit // 2)
        return fitting(demonstrations, lambda shown: len(self._ids(self.showing(shown).segments(self.empty))), self.limit - needed)

    def example(self, row: Sequence[str], reply: str, *, most: int) -> tuple[list[int], list[bool], bool]:
        """A row with its answer: token ids, which of them are supervised (every turn of the assistant), and whether it was cut.

        Args:
            row: one text an input.
            reply: the answer.
            most: tokens of both; the prompt loses text first, then the reply its end.
        """
        answer = self._tokens(self._reply(reply))
        cut = len(answer) > max(most - 16, most // 2)
        answer = answer[: max(most - 16, most // 2)]
        ids, was_cut = self._fitted(tuple(row), most - len(answer))
        marks = [False] * len(ids)
        if not was_cut and self.task.kind == "chat":
            marks = [mark for text, mark in self.segments(row) for _ in self._tokens(text)]
            marks = [False] * (len(ids) - len(marks)) + marks
        return ids + answer, marks + [True] * len(answer), cut or was_cut

    def reply_length(self, reply: str) -> int:
        """Tokens of an answer with what ends it."""
        return len(self._tokens(self._reply(reply)))

    def replies(self, row: Sequence[str], replies: Sequence[str], *, most: int) -> tuple[list[int], list[list[int]], bool]:
        """Several answers to one row behind the same prompt: the prompt, each answer, and whether anything was cut.

        Args:
            row: one text an input.
            replies: the answers.
            most: tokens of the prompt with the longest answer; as in `example`, the prompt loses text first.
        """
        longest = max(most - 16, most // 2)
        answers = [self._tokens(self._reply(reply)) for reply in replies]
        ids, cut = self._fitted(tuple(row), most - min(longest, max(map(len, answers))))
        return ids, [answer[:longest] for answer in answers], cut or any(len(answer) > longest for answer in answers)

    def segments(self, row: Sequence[str]) -> list[tuple[str, bool]]:
        """The prompt of a row in pieces of text, and whether each was said by the assistant."""
        turns = self.turns(row) if self.calls else told_tools(self.turns(row), self.language)
        if not self.chat:
            return self._plain_segments(turns)
        found, done = [], ""
        for place, turn in enumerate(turns):
            if turn["role"] != "assistant":
                continue
            before, after = self._render(turns[:place], ask=True), self._render(turns[: place + 1], ask=False)
            if not (before.startswith(done) and after.startswith(before)):  # a template that rewrites earlier turns
                return [(self._render(turns, ask=True) + self.lead, False)]
            found += [(before[len(done) :], False), (after[len(before) :], True)]
            done = after
        whole = self._render(turns, ask=True)
        if not whole.startswith(done):
            return [(whole + self.lead, False)]
        return [*found, (whole[len(done) :] + self.lead, False)]

    def _plain_segments(self, turns: Turns) -> list[tuple[str, bool]]:
        """Turns for a model without a chat template: paragraphs, the roles named only in a conversation."""
        is_talk = self.task.kind == "chat"
        found: list[tuple[str, bool]] = []
        for turn in turns:
            if turn["role"] == "assistant":
                found += [(f"{self.lead}", False), (self._reply(turn["content"]), True), ("\n\n", False)]
            else:
                found.append((f"{self.words.roles[turn['role']].format(text=turn['content']) if is_talk else turn['content']}\n", False))
        return [*found, (self.lead, False)]

    def _reply(self, reply: str) -> str:
        """An answer as it stands behind the prompt, with what closes it."""
        if self.calls and calls_in(reply)[1]:
            turns = [{"role": "user", "content": "x"}, {"role": "assistant", "content": self._safe(reply.strip())}]
            asked, answered = self._render(turns[:1], ask=True), self._render(turns, ask=False)
            text = answered[len(asked) :] if answered.startswith(asked) else self._safe(reply.strip())
            return text[: text.rindex(self.closing) + len(self.closing)] if self.closing in text else text + self.closing
        joint = " " if not self.chat and self.lead and self.lead[-1].isascii() and not self.lead[-1].isspace() else ""
        return joint + self._safe(reply.strip()) + self.closing

    def _closing(self) -> str:
        """What the model writes when it has answered: the end of its turn, or the end of the text."""
        if not self.chat:
            return str(self.tokenizer.eos_token or "\n")
        behind = self._render([{"role": "user", "content": "x"}, {"role": "assistant", "content": MARK}], ask=False).rpartition(MARK)[2]
        ends = [behind.find(token) + len(token) for token in self.special.values() if token in behind]
        return behind[: min(ends)] if ends else behind or str(self.tokenizer.eos_token or "")

    def _stops(self) -> frozenset[int]:
        ids = self._tokens(self.closing)
        return frozenset({*ids[-1:], *([] if self.tokenizer.eos_token_id is None else [self.tokenizer.eos_token_id])})

    def _render(self, turns: Turns, *, ask: bool) -> str:
        turns, tools = without_tools(turns)
        more = {"tools": listed_tools(tools)} if tools else {}
        return str(self.tokenizer.apply_chat_template(listed_calls(turns) if self.calls else turns, tokenize=False, add_generation_prompt=ask, **more))

    def _fitted(self, row: tuple[str, ...], limit: int | None = None) -> tuple[list[int], bool]:
        """The prompt of a row within the limit, and whether something had to go."""
        limit = limit or self.limit
        row, cut = self._at_most(row, limit)
        ids = self._ids(self.segments(row))
        while len(ids) > limit:
            shorter = self._shorter(row, len(ids), limit)
            if shorter == row:
                return ids[-limit:], True
            row, cut = shorter, True
            ids = self._ids(self.segments(row))
        return ids, cut

    def _at_most(self, row: tuple[str, ...], limit: int) -> tuple[tuple[str, ...], bool]:
        """The row without what cannot be within the limit, whatever the template, and whether that was anything: so a book, or a talk of a year, is not read whole."""
        room = limit * CHARACTERS_PER_TOKEN
        if self.task.kind != "chat":
            return tuple(text[:room] for text in row), any(len(text) > room for text in row)
        turns = json.loads(row[0])
        cut = any(len(turn["content"]) > room for turn in turns)
        for turn in turns if cut else ():
            turn["content"] = turn["content"][:room]
        if len(turns) < FEW_TURNS:
            return (json.dumps(turns, ensure_ascii=False) if cut else row[0],), cut
        taken = 0
        kept: Turns = []
        for turn, tokens in zip(reversed(turns), reversed(self._lengths(turns)), strict=True):
            taken += 0 if turn["role"] == "system" else tokens + 1  # at least one says who speaks
            if turn["role"] == "system" or taken <= limit or not kept:
                kept.append(turn)
        if len(kept) == len(turns):
            return (json.dumps(turns, ensure_ascii=False) if cut else row[0],), cut
        return (json.dumps(begun_by_user(kept[::-1]), ensure_ascii=False),), True

    def _lengths(self, turns: Turns) -> list[int]:
        """Tokens of what is said in each turn."""
        return [len(ids) for ids in self.tokenizer([turn["content"] for turn in turns], add_special_tokens=False, verbose=False)["input_ids"]]

    def _shorter(self, row: tuple[str, ...], length: int, limit: int) -> tuple[str, ...]:
        """The row with some tokens less, hardly ever more than must go: the oldest turns of a conversation, or the end of the longest text.

        Args:
            row: one text an input.
            length: tokens of the whole prompt.
            limit: tokens that it may have.
        """
        excess = length - limit
        if self.task.kind != "chat":
            longest = max(range(len(row)), key=lambda i: len(row[i]))
            return tuple(self._cut(text, excess) if i == longest else text for i, text in enumerate(row))
        turns = json.loads(row[0])
        rest = [place for place, turn in enumerate(turns) if turn["role"] != "system"]
        if len(rest) > 1:
            tokens = self._lengths(turns)
            round_each = (length - sum(tokens)) / len(turns)  # tokens round what is said; rather too many, as what is always there is counted too
            gone, freed = 1, tokens[rest[0]] + round_each
            while gone < len(rest) - 1 and freed + tokens[rest[gone]] + round_each <= excess:
                freed += tokens[rest[gone]] + round_each
                gone += 1
            left = set(rest[:gone])
            turns = begun_by_user([turn for place, turn in enumerate(turns) if place not in left])
        else:
            longest = max(range(len(turns)), key=lambda place: len(turns[place]["content"]))
            turns[longest]["content"] = self._cut(turns[longest]["content"], excess)
        return (json.dumps(turns, ensure_ascii=False),)

    def _cut(self, text: str, excess: int) -> str:
        offsets = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)["offset_mapping"]
        kept = max(0, len(offsets) - excess)
        return text[: offsets[kept][0]] if kept < len(offsets) else text[: max(0, len(text) - excess)]

    def _ids(self, segments: Sequence[tuple[str, bool]]) -> list[int]:
        return [*self.front, *(token for text, _ in segments for token in self._tokens(text))]

    def _tokens(self, text: str) -> list[int]:
        found: list[int] = self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"] if text else []
        return found

    def _safe(self, text: str) -> str:
        return without_marks(text, self.special)


def begun_by_user(turns: Turns) -> Turns:
    """The turns without those of the assistant before the first of the user, but for the last one of all."""
    first = next((place for place, turn in enumerate(turns) if turn["role"] not in {"system", "assistant"}), len(turns) - 1)
    return [turn for place, turn in enumerate(turns) if place >= first or turn["role"] != "assistant"]


def tidied(task: Task, text: str, stops: Sequence[str] = ()) -> str:
    """An answer as it was written without stop texts, and for programs without the fence around them."""
    for stop in stops:
        text = text.partition(stop)[0]
    if task.kind == "complete_code":
        fenced = FENCE.search(text)
        return (fenced.group(1) if fenced else text).strip("\n").rstrip()
    return text.strip()
