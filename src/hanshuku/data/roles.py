"""Which column is what: the names that are recognised, in English and Chinese."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence

from hanshuku.tasks import KINDS, Task

# One text. A name of an earlier group wins over a later one; two names of one group are ambiguous.
TEXT_COLUMNS: tuple[tuple[str, ...], ...] = (
    ("text", "文本"),
    (
        "sentence", "content", "review", "comment", "message", "utterance", "query", "question", "document", "body", "tweet",
        "input", "post", "内容", "评论", "句子", "正文", "问题", "消息", "留言", "评价", "原文", "语句", "描述",
    ),
    ("title", "headline", "标题"),
)  # fmt: skip

# Two texts.
PAIR_COLUMNS: tuple[tuple[str, str], ...] = (
    ("text_a", "text_b"), ("premise", "hypothesis"), ("sentence1", "sentence2"), ("sentence_a", "sentence_b"),
    ("question1", "question2"), ("text1", "text2"), ("query1", "query2"), ("s1", "s2"), ("q1", "q2"), ("question", "context"),
    ("question", "passage"), ("question", "sentence"), ("query", "passage"), ("query", "document"), ("文本a", "文本b"),
    ("文本1", "文本2"), ("句子1", "句子2"), ("句子a", "句子b"), ("问题1", "问题2"), ("前提", "假设"),
)  # fmt: skip

# A worse answer than that of the answer's column: rows with one are preferences.
REJECTED_COLUMNS = ("rejected", "被拒", "较差回答")

# The answer. As above: an earlier group wins.
_FIRST = {"classify": ("label", "labels", "标签"), "rate": ("score", "rating", "stars", "similarity", "分数", "评分", "得分", "相似度")}
_EXTRA = {"classify": ("class_label", "label_text", "tags", "类型", "主题", "情绪"), "rate": ("grade", "星级", "打分", "数值")}


def target_columns(kind: str) -> tuple[tuple[str, ...], ...]:
    """Groups of recognised names of the answer's column for a kind of task; an earlier group wins."""
    if kind not in _FIRST:
        return tuple((name,) for name in KINDS[kind].TARGET_COLUMNS)
    first = _FIRST[kind]
    return first, tuple(name for name in (*KINDS[kind].TARGET_COLUMNS, *_EXTRA[kind]) if name not in first)


def normal(name: str) -> str:
    """A column name as it is compared: "Text A" and "text-a" are "text_a", fullwidth letters are halfwidth."""
    plain = unicodedata.normalize("NFKC", name).strip().casefold()
    return "_".join(plain.replace("-", " ").replace("_", " ").split())


def find_first(groups: Sequence[Collection[str]], names: Sequence[str]) -> list[str]:
    """The columns among `names` that the first group with any recognises: [] none, one, or several (ambiguous)."""
    for group in groups:
        found = [name for name in names if normal(name) in group]
        if found:
            return found
    return []


def find_pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    """The recognised pairs among the columns, in the order of the pair's own convention."""
    by_normal = {normal(name): name for name in names}
    return [(by_normal[a], by_normal[b]) for a, b in PAIR_COLUMNS if a in by_normal and b in by_normal]


def holds_pairs(names: Sequence[str]) -> bool:
    """Whether the columns are those of pairs of texts: a recognised pair, and none that is plainly the text."""
    return bool(find_pairs(names)) and not any(normal(name) in TEXT_COLUMNS[0] for name in names)


def find_target(names: Sequence[str]) -> list[str]:
    """The columns that may hold a label or a number; the best group only.

    A column named label (labels, 标签) is taken before all others.
    """
    every = tuple(name for kind in _FIRST for group in target_columns(kind) for name in group)
    tagged = "tokens" in names  # tags are then those of the tokens, not of the text
    return find_first((_FIRST["classify"], every), [name for name in names if not (tagged and name == "tags")])


def is_labelled(names: Sequence[str]) -> bool:
    """Whether a column is named as only labels and numbers are: label, score and the like."""
    known = {name for group in _FIRST.values() for name in group}
    return any(normal(name) in known for name in names)


def find_inputs(task: Task, names: Sequence[str]) -> tuple[str, ...]:
    """The columns of the inputs of a task that has INPUT_COLUMNS, in order; () where one is missing.

    An input is looked for under its own name first, then under the names that its place is known by.
    """
    by_normal = {normal(name): name for name in reversed(names)}
    found: list[str] = []
    for place, name in enumerate(task.inputs):
        known = KINDS[task.kind].INPUT_COLUMNS
        words = [normal(name), *(known[place] if place < len(known) else ())]
        column = name if name in names else next((by_normal[word] for word in words if word in by_normal and by_normal[word] not in found), None)
        if column is None:
            return ()
        found.append(column)
    return tuple(found)


def rename_hint(role: str, names: Sequence[str]) -> str:
    """How to say which column has a role, with a column of the file as the example."""
    example = names[0] if names else "COLUMN"
    return f"say which one it is: columns={{{role!r}: {example!r}}} (on the command line --columns {role}={example})"
