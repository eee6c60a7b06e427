"""What a report says, in English and Chinese. One dict a language; a test holds that both have the same keys and fields."""

from __future__ import annotations

from collections.abc import Mapping

from hanshuku.errors import UnknownName

EN: dict[str, str] = {
    "right": "Right on {value} of {n} rows; 95% interval {low} to {high}. Guessing gets {chance}, always answering {commonest!r} gets {share}.",
    "sets": "Micro F1 {value} on {n} rows; 95% interval {low} to {high}. Giving each label as often as it occurs gets {chance}. The whole set is right on {whole}.",
    "rated": "Spearman {value} on {n} rows; 95% interval {low} to {high}.",
    "erred": "It errs by {rmse} (root mean square, range {range}); always answering the mean errs by {mean}.",
    "no_better": "This is not clearly better than knowing nothing: the interval reaches down to {bar}.",
    "undefined": "All answers, or all targets, of the {n} rows are the same, so there is no correlation to measure.",
    "metric": "metric", "value": "value", "interval": "95% interval", "chance": "chance", "n": "rows",
    "accuracy": "accuracy", "macro_f1": "macro_f1", "mcc": "mcc", "log_loss": "log_loss (less is better)", "micro_f1": "micro_f1",
    "spearman": "spearman", "pearson": "pearson", "rmse": "rmse (less is better)", "accuracy_sets": "accuracy (the whole set)",
    "worst": "Labels with the lowest F1", "label": "label", "f1": "F1", "precision": "precision", "recall": "recall", "support": "rows",
    "confusions": "Commonest confusions", "true": "is", "answered": "was answered", "times": "times", "part": "of its rows", "unknown": "(unknown label)",
    "calibration": "Calibration error (ECE, 15 bins): {ece}, so confidence {verdict}.",
    "ece_good": "can be taken at its word", "ece_fair": "is roughly right", "ece_bad": "must not be taken at its word",
    "cost": "Cost: {seconds} s, {speed} rows a second, peak memory {memory} MB, {parameters} parameters.",
}  # fmt: skip

ZH: dict[str, str] = {
    "right": "{n} 行中答对 {value}；95% 区间 {low} 至 {high}。随机猜测为 {chance}，总是回答“{commonest}”为 {share}。",
    "sets": "{n} 行的 micro F1 为 {value}；95% 区间 {low} 至 {high}。按各标签出现的频率随机给出为 {chance}。整组标签全对的占 {whole}。",
    "rated": "{n} 行的 Spearman 相关为 {value}；95% 区间 {low} 至 {high}。",
    "erred": "均方根误差 {rmse}（取值范围 {range}）；总是回答平均值的误差为 {mean}。",
    "no_better": "这并不明显好于一无所知：区间的下端已到 {bar}。",
    "undefined": "{n} 行的回答（或标准答案）全都相同，因此无法计算相关。",
    "metric": "指标", "value": "数值", "interval": "95% 区间", "chance": "随机水平", "n": "行数",
    "accuracy": "accuracy 准确率", "macro_f1": "macro_f1 宏平均 F1", "mcc": "mcc 马修斯相关系数", "log_loss": "log_loss 对数损失（越小越好）", "micro_f1": "micro_f1 微平均 F1",
    "spearman": "spearman 等级相关", "pearson": "pearson 线性相关", "rmse": "rmse 均方根误差（越小越好）", "accuracy_sets": "accuracy 整组全对",
    "worst": "F1 最低的标签", "label": "标签", "f1": "F1", "precision": "精确率", "recall": "召回率", "support": "行数",
    "confusions": "最常见的混淆", "true": "本是", "answered": "答成", "times": "次数", "part": "占该标签", "unknown": "（未知标签）",
    "calibration": "校准误差（ECE，15 组）：{ece}，因此置信度{verdict}。",
    "ece_good": "可以照字面理解", "ece_fair": "大致可信", "ece_bad": "不可照字面理解",
    "cost": "成本：{seconds} 秒，每秒 {speed} 行，内存峰值 {memory} MB，{parameters} 个参数。",
}  # fmt: skip

WORDS = {"en": EN, "zh": ZH}


def words(language: str) -> Mapping[str, str]:
    """The words of a language.

    Raises:
        UnknownName: it is neither "en" nor "zh".
    """
    if language not in WORDS:
        raise UnknownName("language", language, WORDS)
    return WORDS[language]
