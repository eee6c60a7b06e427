"""What explanations say, in English and Chinese."""

from __future__ import annotations

import math
from collections.abc import Mapping

from hanshuku.errors import UnknownName
from hanshuku.explain.base import LOG_ODDS, SCORE, Share

SUMS = frozenset({"shap", "integrated_gradients"})  # methods whose weights add up to score - base

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "pause": ", ", "stop": "; ", "colon": ": ", "list": ", ", "aside": " ({})", "answer": "answer", "explained": "explained", "method": "method", "word": "word", "weight": "weight", "for": "for", "against": "against",
        "score": "score", "base": "without its words", "gap": "not explained", "nothing": "There is no word to explain.", "key": "+ speaks for it, - speaks against it", "raises": "raises", "lowers": "lowers", "key_score": "+ raises it, - lowers it",
        "title": "Why this answer", "neighbours": "Labelled rows behind it", "near": "near", "row": "row", "line": "line", "input": "input", "label": "label", "text": "text", "target": "right answer",
        "similarity": "similarity", "influence": "influence", "log-odds": "log-odds", "nats": "nats of its log-probability", "unit_score": "points",
        "occlusion": "occlusion", "shap": "SHAP", "lime": "LIME", "integrated_gradients": "integrated gradients",
        "drivers": "Words that drive each label", "mean": "mean weight", "interval": "95% interval", "rows": "rows", "p": "p (Holm)",
        "comprehensiveness": "Without the words with most weight {what} falls by {value} (without random ones by {random})",
        "sufficiency": "With these words alone {what} falls by {value} (with random ones by {random})", "rises": "; below 0 it rises",
        "what_probability": "the probability of the answer", "what_score": "the score", "what_nats": "the log-probability of the answer", "over": "{method}, {rows} rows",
        "difference": "difference", "better": "better than random words", "no_better": "not shown to be better than random words",
        "none": "No word stands out", "seen": "{method}, {rows} rows, {tested} words of labels tested",
    },
    "zh": {
        "pause": "，", "stop": "；", "colon": "：", "list": "、", "aside": "（{}）", "answer": "回答", "explained": "所解释的", "method": "方法", "word": "词", "weight": "权重", "for": "支持", "against": "反对",
        "score": "得分", "base": "去掉所有词后", "gap": "未解释的部分", "nothing": "没有可解释的词。", "key": "＋表示支持，－表示反对", "raises": "提高", "lowers": "降低", "key_score": "＋表示提高，－表示降低",
        "title": "为什么这样回答", "neighbours": "相关的已标注样例", "near": "相近", "row": "序号", "line": "行", "input": "输入", "label": "标签", "text": "文本", "target": "正确答案",
        "similarity": "相似度", "influence": "影响", "log-odds": "对数几率", "nats": "对数概率（奈特）", "unit_score": "分",
        "occlusion": "遮挡法", "shap": "SHAP", "lime": "LIME", "integrated_gradients": "积分梯度",
        "drivers": "各标签由哪些词决定", "mean": "平均权重", "interval": "95% 区间", "rows": "行数", "p": "p（Holm 校正）",
        "comprehensiveness": "去掉权重最大的词后，{what}下降 {value}（随机去掉：{random}）",
        "sufficiency": "只保留这些词，{what}下降 {value}（随机保留：{random}）", "rises": "；负值表示上升",
        "what_probability": "回答的概率", "what_score": "得分", "what_nats": "回答的对数概率", "over": "{method}，{rows} 行",
        "difference": "相差", "better": "优于随机选词", "no_better": "没有证据表明优于随机选词",
        "none": "没有突出的词", "seen": "{method}，{rows} 行，共检验 {tested} 个词与标签的组合",
    },
}  # fmt: skip


def words_in(language: str) -> Mapping[str, str]:
    """The words of a language.

    Raises:
        UnknownName: there are none in it.
    """
    if language not in WORDS:
        raise UnknownName("language", language, WORDS)
    return WORDS[language]


def unit_name(unit: str, words: Mapping[str, str]) -> str:
    """A unit of `explain.base` in words."""
    return words["unit_score" if unit == "score" else unit]


def signed(number: float, digits: int = 3) -> str:
    """With its sign; none that rounds to 0 is negative."""
    return f"{round(number, digits) + 0.0:+.{digits}f}"


def stance(weight: float, unit: str, words: Mapping[str, str]) -> str:
    """What a word does: speak for what is explained or against it; of a number: raise or lower it."""
    return words[("raises" if weight >= 0 else "lowers") if unit == SCORE else ("for" if weight >= 0 else "against")]


def score_text(score: float, unit: str) -> str:
    """A score; log-odds with the probability that they are, a number as it is."""
    if unit == LOG_ODDS:
        return f"{signed(score)} = {1 / (1 + math.exp(-score)):.1%}"
    return f"{score:.3f}" if unit == SCORE else signed(score)


def score_line(share: Share, method: str, unit: str, words: Mapping[str, str]) -> str:
    """The scores that weights lie between, and what the signs mean; what stays unexplained where the method promises a sum."""
    gap = f"{words['pause']}{words['gap']} {signed(share.gap)}" if method in SUMS else ""
    scores = f"{words['score']} {score_text(share.score, unit)}{words['pause']}{words['base']} {score_text(share.base, unit)}"
    return f"{scores}{gap}{words['stop']}{words['key_score' if unit == SCORE else 'key']}"
