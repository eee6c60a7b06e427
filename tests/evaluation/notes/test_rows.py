"""Every note on rows is made as users make it, by reading what is not in order, and is told in Chinese with its numbers, files, lines and labels."""

import json
import re
from pathlib import Path

import pytest

import hanshuku as hk
from hanshuku.data import augment
from hanshuku.data.encode import encode
from hanshuku.data.read import read
from hanshuku.evaluation.notes import note_text
from hanshuku.evaluation.notes.rows import ROWS, TROUBLES
from hanshuku.functions.evaluate import Looks
from hanshuku.functions.evaluate import evaluate as evaluate_function
from hanshuku.tasks import Task
from tests.evaluation.nearest import Nearest
from tests.evaluation.notes.read_as import english_in, unused

DATA = Path(augment.__file__).parents[1]
MOOD = Task("classify", labels=("好", "差"), name="mood")
MESSY = "text,label\n很好,好\n\n很好,好\n很好,差\n,好\n\n,差\n太差了,不错\n一般般,不行\n" + "长" * 20_001 + ",好\n"
SPLIT = [{"text": "很好", "label": "好"}, {"text": "很差", "label": "差"}]
ONE = {"text": "很好", "label": "好"}


def noted(source, task=MOOD, *, unknown_labels="keep", **options):
    """What `read` and `encode` note of a source."""
    own = {name: options.pop(name) for name in ("drop_empty", "drop_repeated") if name in options}
    return encode(task, read(source, **options), unknown_labels=unknown_labels, **own)[1]


def file(folder, name, text, encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def sheets(folder):
    book = pytest.importorskip("openpyxl").Workbook()
    for row in (["text", "label"], ["很好", "好"], [None, None], ["很差", "差"]):
        book.active.append(row)
    book.create_sheet("更多")
    book.save(folder / "a.xlsx")
    return noted(folder / "a.xlsx")


def folder_of(folder):
    for split in ("train", "dev", "test"):
        file(folder, f"{split}.csv", "text,label\n很好,好\n")
    return noted(folder)


def translation(folder):
    task = Task("translate", language="de", name="translate")
    rows = [{"text": f"This is the sentence of number {i}.", "translation": f"Ceci est la phrase numéro {i}, et elle est en français."} for i in range(20)]
    return noted(rows, task)


def entities(folder):
    rows = [{"text": "王芳住在北京", "entities": [[0, 2, "PER"], [4, 6, "LOC"]]}]
    return noted(rows, Task("tag", labels=("PER",), name="tag"))


def other_domain(folder):
    rows = [{"text": "很好", "label": "好"}, {"text": "闲聊", "label": "闲聊"}]
    several = Task("classify", labels=("红", "绿"), several=True, name="colours")
    both = [{"text": "一", "label": "红|绿"}, {"text": "二", "label": "红|蓝"}]
    found = []
    for task, own, other in ((MOOD, SPLIT, rows), (several, both[:1] * 2, both)):
        predictor = Nearest().fit(task, encode(task, read(own))[0], model="none")
        found += evaluate_function(task, predictor, own, asked=Looks(checks=(), ood={"聊天": other})).notes
    return [note for note in found if note.startswith("聊天")]


def augmented(folder):
    english = hk.read([{"text": "The food was lovely and cheap", "label": "a"}, {"text": "7", "label": "b"}])
    chinese = hk.read([{"text": "这家酒店的房间很干净", "label": "好"}, {"text": "房间又小又旧，再也不来了", "label": "差"}])
    written = chinese.augment("paraphrase", by=[lambda texts: texts, lambda texts: ["酒店的客房打扫得很干净", "那间客房又窄又旧"]], times=2, agree=lambda texts: ["好"] * len(texts))
    return [*english.augment("typos+casing,swap", times=2).notes, *english.augment("contractions").notes, *written.notes]


MADE = {
    "a messy table": lambda folder: noted(file(folder, "评论.csv", MESSY)),
    "one of each": lambda folder: noted([{"text": "很好", "label": "棒"}, {"text": " ", "label": "好"}, {"text": " ", "label": "好"}, {"text": "坏", "label": "好"}, {"text": "坏", "label": "差"}]),
    "learned from": lambda folder: noted(file(folder, "评论.csv", MESSY), drop_empty=True, drop_repeated=True),
    "a frame": lambda folder: noted(pytest.importorskip("pandas").DataFrame([ONE, ONE])),
    "several labels": lambda folder: noted([{"text": "一", "label": "红|蓝"}, {"text": "二", "label": "红"}], Task("classify", labels=("红", "绿"), several=True)),
    "entities": entities,
    "bad rows": lambda folder: noted(file(folder, "b.csv", "text,label\n很好,好\n差,差,多\n少\n"), bad_rows="skip"),
    "another column of text": lambda folder: noted([{"说了什么": f"第 {i} 句", "label": "好"} for i in range(3)]),
    "another column of answers": lambda folder: noted([{"text": f"第 {i} 句", "结论": "好"} for i in range(3)]),
    "another language": translation,
    "encoding": lambda folder: noted(file(folder, "c.csv", "text,label\n" + "这家酒店的房间很干净，服务也好,好\n" * 20, "gb18030")),
    "semicolons": lambda folder: noted(file(folder, "d.csv", "text;label\n很好;好\n")),
    "tabs between": lambda folder: noted(file(folder, "e.csv", "text\tlabel\n很好\t好\n")),
    "bars": lambda folder: noted(file(folder, "f.csv", "text|label\n很好|好\n")),
    "sheets": sheets,
    "tabs in texts": lambda folder: read(file(folder, "g.txt", "很好\t好\n很差\t差\n")).notes,
    "parts of an object": lambda folder: noted(file(folder, "h.json", json.dumps({"train": SPLIT, "test": SPLIT}))),
    "parts of a folder": folder_of,
    "other domains": other_domain,
    "augmented": augmented,
}
BAD = {
    "too many cells": ("a.csv", "text,label\n很好,好\n差,差,多\n"), "too few cells": ("a.csv", "text,label\n很好,好\n差\n"),
    "an open quote": ("a.csv", 'text,label\n很好,好\n"差,差\n'), "an open quote over lines": ("a.csv", 'text,label\n很好,好\n"差,差\n又,差\n'),
    "a list in a line": ("a.jsonl", json.dumps(ONE) + '\n["a",\n'), "a broken line": ("a.jsonl", json.dumps(ONE) + "\n{'text': 1}\n"),
    "too long a number": ("a.jsonl", json.dumps(ONE) + '\n{"text": ' + "9" * 5000 + "}\n"), "too deep": ("a.jsonl", json.dumps(ONE) + '\n{"a":' + "[" * 100_000 + "\n"),
    **{f"{value} for a row": ("a.jsonl", f"{json.dumps(ONE)}\n{value}\n") for value in ("[1]", '"a"', "7", "1.5", "true", "null")},
}  # fmt: skip


def texts(notes):
    return [str(getattr(note, "message", note)) for note in notes]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Name -> notes really made."""
    return {name: make(tmp_path_factory.mktemp("rows")) for name, make in MADE.items()}


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    """Name -> notes on rows that cannot be read."""
    found = {name: read(file(tmp_path_factory.mktemp("bad"), *written), bad_rows="skip").notes for name, written in BAD.items()}
    return found | {"no row": read([ONE, 7], bad_rows="skip").notes}


@pytest.mark.parametrize("name", MADE)
def test_each_note_is_told_in_chinese(made, name):
    notes = texts(made[name])
    told = [note_text(note, "zh") for note in notes]
    assert notes and all(map(str.__ne__, notes, told)) and not "".join(map(english_in, told)), told


@pytest.mark.parametrize("name", [*BAD, "no row"])
def test_why_a_row_cannot_be_read_is_told_in_chinese(bad, name):
    (note,) = texts(bad[name])
    assert "无法读取" in note_text(note, "zh") and not english_in(note_text(note, "zh"))


@pytest.mark.parametrize("name", [*MADE])
def test_numbers_lines_and_labels_stay(made, name):
    for note in texts(made[name]):
        told = note_text(note, "zh")
        assert sorted(re.findall(r"\d+", note)) == sorted(re.findall(r"\d+", told))
        assert not re.search(r"[\u4e00-\u9fff]", note) or set(re.findall(r"'([\u4e00-\u9fff]+)'", note)) <= set(re.findall("“([^”]+)”", told))


def test_every_kind_of_note_that_the_code_makes_is_among_these(made, bad):
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted(DATA.rglob("*.py")))
    kinds = set(re.findall(r'\bNote\(\s*"(\w+)"', code)) | set(re.findall(r'_note\(examples, "(\w+)"', code)) | {"blank_lines", "bad_rows"}
    assert len(kinds) > 14 and kinds == {note.kind for notes in made.values() for note in notes if not isinstance(note, str)} | {"unmapped_labels"}


def test_no_form_stands_in_the_table_for_nothing(made, bad):
    notes = texts(note for notes in (*made.values(), *bad.values()) for note in notes)
    assert unused(ROWS, notes) == []
    assert unused(TROUBLES, [found[1] for note in notes if (found := re.search(r"; the first: (.+)\)$", note))]) == []


def test_what_is_not_known_stands_as_it_is():
    assert note_text("a rule of mine: look at 3 rows", "zh") == "a rule of mine: look at 3 rows"


def test_in_english_a_note_stays_and_another_language_is_refused():
    assert note_text("2 rows have no text (rows 1, 2)", "en") == "2 rows have no text (rows 1, 2)"
    with pytest.raises(hk.HanshukuError, match="No language is named"):
        note_text("a", "fr")
