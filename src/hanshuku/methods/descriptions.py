"""What an encoder reads of a task: each label in several sentences, and texts that mark the ends of its scale."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hanshuku.models.info import ModelInfo
from hanshuku.tasks import Task

ENGLISH = ("{}", "This text is about {}.", "The topic is {}.", "This sentence is {}.", "The sentiment is {}.", "The category is {}.")
CHINESE = ("{}", "这是关于{}的文本。", "这句话是{}的。", "这条评论是{}的。", "主题：{}")
BOTH = ("{}", *CHINESE[1:], "The topic is {}.", "This text is about {}.")  # labels in English, texts perhaps in Chinese
DESCRIBED = ("{}", "This text is about {}.")  # a description of several words is a sentence by itself
LONG = 4  # words from which a label's text is taken for a description

UNRELATED = (
    "The train to the coast leaves at nine.", "She painted the kitchen door green.", "Interest rates fell for the third month.",
    "Add two eggs and stir until smooth.", "The goalkeeper saved the last penalty.", "Restart the router and try again.",
    "A comet was seen over the desert.", "My shoes arrived in the wrong size.",
)  # fmt: skip
UNRELATED_CHINESE = (
    "去海边的火车九点出发。", "她把厨房的门漆成了绿色。", "利率连续三个月下降。", "加入两个鸡蛋搅拌均匀。",
    "守门员扑出了最后一个点球。", "重启路由器再试一次。", "沙漠上空看到了一颗彗星。", "我收到的鞋子尺码不对。",
)  # fmt: skip

LOW = ("very bad, negative, low, not at all", "terrible, one star, the least", "很差，消极，低，完全没有")
HIGH = ("very good, positive, high, very much", "excellent, five stars, the most", "很好，积极，高，非常")

_YES = {"yes", "true", "1", "same", "duplicate", "duplicates", "paraphrase", "equivalent", "entailment", "entailed", "entails", "similar",
        "related", "match", "matches", "positive", "relevant", "是", "相同", "一样", "相似", "蕴含", "重复", "等价", "相关", "匹配"}  # fmt: skip
_NO = {"no", "false", "0", "different", "distinct", "contradiction", "contradicts", "unrelated", "dissimilar", "mismatch", "negative",
       "irrelevant", "否", "不是", "不同", "矛盾", "不相似", "不重复", "不等价", "不相关", "无关", "不匹配"}  # fmt: skip
_BETWEEN = {"neutral", "maybe", "unknown", "partial", "中立", "中性", "不确定", "部分"}
_NOT = ("not ", "non ", "un", "no ")


def label_texts(task: Task, info: ModelInfo, templates: Sequence[str] = ()) -> list[list[str]]:
    """T sentences for each label, as T lists of L texts.

    Args:
        task: labels with or without descriptions.
        info: what the encoder reads; one of many languages gets English and Chinese sentences.
        templates: sentences with {} where the label stands; (): built-in ones, for the language of the labels. They were
            chosen on training rows of seven data sets; a mean of several is steadier than the best of one set.
    """
    if not templates:
        templates = _templates(task, info)
    found = [[template.replace("{}", text) for text in task.label_texts] for template in templates]
    if task.descriptions:
        names = [label.replace("_", " ") for label in task.labels]
        found.append([f"{name}: {text}" for name, text in zip(names, task.label_texts, strict=True)])
    return found


def _templates(task: Task, info: ModelInfo) -> tuple[str, ...]:
    texts = task.label_texts
    if any(_is_chinese(text) for text in texts):
        return CHINESE if sum(map(len, texts)) / len(texts) < 3 * LONG else ("{}", CHINESE[1])
    if sum(len(text.split()) for text in texts) / len(texts) > LONG:
        return DESCRIBED
    return BOTH if "zh" in info.languages else ENGLISH


def unrelated_texts(info: ModelInfo) -> tuple[str, ...]:
    """Sentences that have nothing to do with one another, in the languages of the model that we write."""
    return (*UNRELATED, *UNRELATED_CHINESE) if "zh" in info.languages else UNRELATED


def scale_ends(task: Task, info: ModelInfo) -> tuple[list[str], list[str]]:
    """Texts that stand for the least and for the greatest answer of a rate task, of one length."""
    count = len(LOW) if "zh" in info.languages else len(LOW) - 1
    asked = f"{task.instruction} " if task.instruction else ""
    return [asked + text for text in LOW[:count]], [asked + text for text in HIGH[:count]]


def relation_of(task: Task) -> list[float] | None:
    """How much each label of a pair task says that the two texts agree: 1 the same, 0.5 in between, 0 different.

    None: at least one label names no relation of two texts (the labels are topics, say).
    """
    found = [_agreement(label) for label in task.labels]
    if any(value is None for value in found) or len(set(found)) < 2:
        return None
    return [value for value in found if value is not None]


def _agreement(label: str) -> float | None:
    plain = label.strip().lower().replace("_", " ").replace("-", " ")
    for word in (plain, *plain.split()):
        for words, value in ((_YES, 1.0), (_NO, 0.0), (_BETWEEN, 0.5)):
            if word in words:
                negated = value != 0.5 and plain != word and plain.startswith(_NOT[:2] + _NOT[3:])
                return 1 - value if negated else value
    if plain.startswith("un") and plain[2:] in _YES:
        return 0.0
    return None


def _is_chinese(text: str) -> bool:
    return bool(re.search(r"[\u3400-\u9fff]", text))
