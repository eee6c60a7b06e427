"""Remarks: what a reader of an explanation should know, kept as a name with facts, so that each reader has it in his language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

REMARKS: dict[str, dict[str, str]] = {
    "en": {
        "refused_unsure": "The answer is refused, as the function is unsure; what is explained is the likeliest label.",
        "refused_out_of_scope": "The answer is refused, as the row is out of scope; what is explained is the likeliest label.",
        "none_given": "No label was given; what is explained is the likeliest one.",
        "no_entity": "No entity was found: there is nothing to explain.",
        "no_entity_of": "No entity of the kind {kinds} was found: there is nothing to explain.",
        "few_samples": "samples={samples} is few for {words} words: take at least as many, or the weights are mostly chance.",
        "by_words": "Rows are near by their words: this function makes no vector of a row by which its influence could be told.",
        "some_labels": "{shown} of {labels} labels are shown: the likeliest ones on these rows.",
        "rare_words": "No word stands in {fewest} rows or more. Give more rows.",
    },
    "zh": {
        "refused_unsure": "函数没有把握，因而拒答；这里解释的是可能性最大的标签。",
        "refused_out_of_scope": "该行超出范围，因而拒答；这里解释的是可能性最大的标签。",
        "none_given": "没有给出任何标签；这里解释的是可能性最大的标签。",
        "no_entity": "没有找到实体，无可解释。",
        "no_entity_of": "没有找到类型为 {kinds} 的实体，无可解释。",
        "few_samples": "samples={samples} 对 {words} 个词来说太少：至少取与词数相同的数目，否则权重大多出于偶然。",
        "by_words": "相近程度按用词计算：该函数不产生整行的向量，无法得知一行的影响。",
        "some_labels": "共 {labels} 个标签，只列出其中 {shown} 个：在这些行上可能性最大的。",
        "rare_words": "没有一个词在 {fewest} 行以上出现。请给出更多的行。",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Remark:
    """A thing to know. `str` of it is English.

    Attributes:
        name: one of REMARKS.
        facts: what stands in it.
    """

    name: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def text(self, language: str = "en") -> str:
        """It in a language.

        Raises:
            UnknownName: the language is neither "en" nor "zh".
        """
        from hanshuku.errors import UnknownName

        if language not in REMARKS:
            raise UnknownName("language", language, REMARKS)
        return REMARKS[language][self.name].format(**self.facts)

    def __str__(self) -> str:
        return self.text()
