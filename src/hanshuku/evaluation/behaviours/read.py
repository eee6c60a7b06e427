"""read_behaviours: the tests that a JSON Lines file states; every fault is named by file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from hanshuku.data.encodings import text_file
from hanshuku.data.formats.jsons import jsonl_source
from hanshuku.data.stream import Bad
from hanshuku.errors import DataError
from hanshuku.evaluation.behaviours.base import NOT_DOWN, NOT_UP, TYPES, WITHIN, Behaviour, Given, Group
from hanshuku.evaluation.behaviours.templates import Template, slots
from hanshuku.tasks.classify import label_text

FOLDER = Path(__file__).parent
READY = {"sentiment": "sentiment of English texts", "sentiment-zh": "sentiment of Chinese texts"}  # files that come with the package
FIELDS = ("test", "type", "capability", "texts", "templates", "changed", "vary", "label", "not", "expect", "within", "lists", "note")
# What CheckList's released suites say, in its own words, as (expect, label whose score is looked at).
SAID = {
    "label does not change": ("", ()),
    "confidence in the label does not drop": (NOT_DOWN, ()),
    "confidence in the label does not rise": (NOT_UP, ()),
    "sentiment does not get more negative": (NOT_UP, ("negative",)),
    "sentiment does not get more positive": (NOT_UP, ("positive",)),
}
EXAMPLE = '{"test": "negated praise", "type": "MFT", "templates": ["The {thing} is not good."], "lists": {"thing": ["food", "room"]}, "label": "negative"}'


def read_behaviours(path: str | Path) -> tuple[Behaviour, ...]:
    """The tests of a file, one JSON object a line; lines of one test and type are one test. docs/en/robustness.md shows the fields.

    Args:
        path: a JSON Lines file, plain or gzip; or a name in READY.

    Raises:
        DataError: there is no such file, or a line states no test; the message gives file, line and what is due.
    """
    file = FOLDER / f"{path}.jsonl" if str(path) in READY else Path(path)
    if not file.is_file():
        near = get_close_matches(str(path), READY, n=1)
        raise DataError(f"there is no such file of behaviours. Give a JSON Lines file, or one of the ready ones: {', '.join(READY)}.{f' Did you mean {near[0]!r}?' if near else ''}", str(path))
    shared: dict[str, tuple[str, ...]] = {}
    found: dict[tuple[str, str], tuple[str, list[Group]]] = {}
    for number, row in _rows(file):
        line = _Line(str(path), number, row)
        line.check_names()
        lists = shared | line.lists()
        if "test" not in row:
            shared = lists
            continue
        name, kind = line.text("test"), line.type()
        found.setdefault((name, kind), (line.text("capability", due=False), []))[1].append(line.group(kind, lists))
    if not found:
        raise DataError(f"the file states no test. One JSON object a line is due, such as {EXAMPLE}", str(path))
    return tuple(Behaviour(name, kind, capability, str(path), tuple(groups)) for (name, kind), (capability, groups) in found.items())


def _rows(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, row in jsonl_source(text_file(file, None)).rows():
        if not isinstance(row, Bad):
            yield number, {str(key): value for key, value in row.items() if value is not None}
        elif row.reason:
            raise DataError(f"{row.reason.split('; one object')[0]}. One test a line is due, such as {EXAMPLE}", str(file), number)


class _Line:
    """One line of a file, and what it says."""

    def __init__(self, path: str, number: int, row: dict[str, Any]) -> None:
        self.path, self.number, self.row = path, number, row

    def fail(self, message: str) -> DataError:
        return DataError(message, self.path, self.number)

    def check_names(self) -> None:
        for name in self.row:
            if name not in FIELDS:
                near = get_close_matches(name, FIELDS, n=1)
                raise self.fail(f"no field is named {name!r}.{f' Did you mean {near[0]!r}?' if near else ''} Legal: {', '.join(FIELDS)}.")
        if "test" not in self.row and set(self.row) - {"lists", "note"}:
            raise self.fail(f"a test has a name: \"test\" is due. Received the fields {', '.join(self.row)}.")

    def text(self, name: str, *, due: bool = True) -> str:
        value = self.row.get(name, "")
        if not isinstance(value, str) or (due and not value.strip()):
            raise self.fail(f"{name!r} is a text. Received: {value!r}.")
        return value

    def type(self) -> str:
        kind = self.text("type").upper()
        if kind not in TYPES:
            raise self.fail(f"\"type\" is one of {', '.join(TYPES)} ({'; '.join(TYPES.values())}). Received: {self.row['type']!r}.")
        return kind

    def lists(self) -> dict[str, tuple[str, ...]]:
        given = self.row.get("lists", {})
        if not isinstance(given, Mapping) or not all(isinstance(words, list) and words and all(isinstance(word, str) for word in words) for words in given.values()):
            raise self.fail('"lists" is an object of lists of texts, none empty, such as {"thing": ["food", "room"]}.')
        return {str(name): tuple(words) for name, words in given.items()}

    def group(self, kind: str, lists: Mapping[str, tuple[str, ...]]) -> Group:
        texts, templates = self._texts(), self._templates(lists)
        if not texts and not templates:
            raise self.fail('"texts" or "templates" is due: a list of texts, or of texts with {slots}.')
        if kind != "MFT" and len(texts) == 1 and not templates:
            raise self.fail('"texts" holds a text and at least one other form of it here. Received one text.')
        if kind != "MFT" and any(not template.changed and not template.vary for template in templates):
            raise self.fail('"changed" (other forms of the template) or "vary" (the slots whose fillings may not matter) is due.')
        labels, numbers = self._labels("label")
        wrong, _ = self._labels("not")
        expect, said = self._expect(kind)
        if expect.startswith("not ") and kind == "MFT":
            wrong = wrong or (expect.removeprefix("not ").strip(),)
        if kind == "MFT" and not labels and not wrong and numbers is None:
            raise self.fail('"label" (the answer that is due, or a list of answers any of which will do) or "not" (the answer that is wrong) is due.')
        return Group(self.number, texts, templates, labels or said, wrong, numbers, expect if expect in {NOT_DOWN, NOT_UP} else NOT_DOWN, self._within())

    def _texts(self) -> tuple[Given, ...]:
        return tuple(self._given(text) for text in self._listed("texts"))

    def _templates(self, lists: Mapping[str, tuple[str, ...]]) -> tuple[Template, ...]:
        changed = tuple(self._given(text) for text in self._listed("changed"))
        vary = tuple(map(str, self._listed("vary")))
        found = []
        for text in map(self._given, self._listed("templates")):
            names = {slot: None for part in (text, *changed) for said in ([part] if isinstance(part, str) else [each for _, each in part]) for slot in slots(said)}
            for name in [*names, *vary]:
                if name not in lists:
                    near = get_close_matches(name, lists, n=1)
                    raise self.fail(f"no list is named {name!r}.{f' Did you mean {near[0]!r}?' if near else ''} Known: {', '.join(lists) or 'none'}. Write {{{{ for a brace.")
            found.append(Template(text, tuple((name, lists[name]) for name in names), changed, tuple(name for name in vary if name in names)))
        if changed and len(found) > 1:
            raise self.fail('"changed" goes with one template; write a line for each.')
        return tuple(found)

    def _listed(self, name: str) -> list[Any]:
        value = self.row.get(name, [])
        return value if isinstance(value, list) else [value]

    def _given(self, value: Any) -> Given:
        """A text, or an object with one text an input."""
        if isinstance(value, str):
            return value
        if isinstance(value, Mapping) and value and all(isinstance(text, str) for text in value.values()):
            return tuple((str(name), text) for name, text in value.items())
        raise self.fail(f"a text, or an object with one text for each input of the function, is due. Received: {value!r}.")

    def _labels(self, name: str) -> tuple[tuple[str, ...], tuple[float, float] | None]:
        """Labels as text, and the range where they are a number or two."""
        values = self._listed(name)
        if not all(isinstance(value, (str, int, float, bool)) for value in values):
            raise self.fail(f"{name!r} is a label, a number, a list of labels any of which will do, or a list of the least and the greatest number. Received: {self.row[name]!r}.")
        numbers = [float(value) for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
        is_range = len(numbers) == len(values) and len(numbers) in {1, 2}
        return tuple(map(label_text, values)), (min(numbers), max(numbers)) if is_range else None

    def _expect(self, kind: str) -> tuple[str, tuple[str, ...]]:
        said = self.text("expect", due=kind == "DIR" and "expect" in self.row)
        expect, labels = SAID.get(said, (said, ()))
        if kind == "DIR" and expect not in {NOT_DOWN, NOT_UP}:
            raise self.fail(f"\"expect\" says which way the score of the label must not go: {NOT_DOWN} or {NOT_UP}. Received: {said!r}.")
        return expect, labels

    def _within(self) -> float:
        value = self.row.get("within", WITHIN)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise self.fail(f"\"within\" is how far a score may move all the same, 0..1. Received: {value!r}.")
        return float(value)
