"""Quality: every metric with its interval, its level of chance, and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hanshuku.evaluation.page.base import Say, Section
from hanshuku.evaluation.page.html import esc, facts, interval, more, number, table
from hanshuku.evaluation.page.svg import whisker
from hanshuku.evaluation.render import metric_name
from hanshuku.metrics.base import CORRELATIONS, LOWER_IS_BETTER, PERCENTAGES

if TYPE_CHECKING:
    from hanshuku.evaluation.report import Report

UNBOUNDED = LOWER_IS_BETTER | {"preference_margin"}  # nothing to draw a bar on


def scale_of(name: str) -> tuple[float, float] | None:
    """The range of a metric; None where it has no end."""
    return None if name in UNBOUNDED else (-1.0, 1.0) if name in CORRELATIONS else (0.0, 100.0) if name in PERCENTAGES else (0.0, 1.0)


def html(report: Report, say: Say) -> str:
    """The table of metrics and what they mean."""
    rows = []
    for name, metric in report.metrics.items():
        shown = say["accuracy_sets"] if name == "accuracy" and report.task.several else metric_name(name, say)
        scale = scale_of(name)
        drawn = "" if scale is None else whisker(metric.value, metric.low, metric.high, scale=scale, mark=metric.chance)
        rows.append([esc(shown), number(metric.value), drawn, interval(metric.to_json()), number(metric.chance), f"{metric.n:,}"])
    head = [say["metric"], say["value"], say["drawn"], say["interval"], say["chance"], say["n"]]
    meaning = facts([(name, esc(say[f"about_{name}"])) for name in report.metrics if f"about_{name}" in say])
    return table(say["metrics_of"].format(n=f"{report.n:,}"), head, rows) + more(say["meaning"], meaning)


WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Quality", "drawn": "picture", "metrics_of": "Measured on {n} rows; the line across a bar is the level of guessing",
        "meaning": "What these numbers mean",
        "about_accuracy": "Share of rows that are answered exactly right.",
        "about_coverage": "Share of rows that are answered; the others are refused, and not right.", "about_risk": "Share of the answers given that are wrong.",
        "about_macro_f1": "F1 of each label, averaged, so that a rare label counts as much as a common one.",
        "about_micro_f1": "F1 over all labels of all rows together: right ones against missed and superfluous ones.",
        "about_mcc": "Correlation of answers and truth: 0 is guessing, 1 is perfect, whatever the shares of the labels.",
        "about_log_loss": "How surprised the function was by the truth: it punishes answers that are wrong and sure.",
        "about_spearman": "How well the order of the answers agrees with the order of the truth: 1 is the same order, 0 is none.",
        "about_pearson": "How well the answers follow the truth along a straight line.",
        "about_rmse": "Typical size of an error, large ones counting more.",
        "about_exact_match": "Share of rows whose answer is the reference, letter for letter once case and punctuation are evened out.",
        "about_f1": "Overlap of words of the answer and the reference.",
        "about_entity_f1": "Entities found exactly (kind, first and last character) against missed and invented ones.",
        "about_precision": "Of what it found, the share that is right.", "about_recall": "Of what is there, the share that it found.",
        "about_chrf": "Overlap of short runs of characters with the reference.", "about_bleu": "Overlap of runs of up to four words with the reference.",
        "about_rouge_1": "Overlap of words with the reference.", "about_rouge_2": "Overlap of pairs of words with the reference.",
        "about_rouge_l": "Longest common run of words, gaps allowed, with the reference.",
        "about_pass_at_1": "Share of programs that pass their tests at the first try.",
        "about_field_f1": "Fields of the objects that are right, against missed and superfluous ones.", "about_valid": "Share of answers that fit the schema.",
        "about_ndcg_at_10": "How high the fitting candidates stand among the first ten.", "about_mrr": "One over the place of the first fitting candidate, averaged.",
        "about_bits_per_byte": "Bits that the references cost the model, a byte of text.", "about_loss": "The same in nats a token.",
        "about_perplexity": "How many tokens it wavers between, on average.",
        "about_preference_accuracy": "Share of rows where the better answer is the likelier one.",
        "about_preference_margin": "By how much the better answer is likelier, in nats.",
    },
    "zh": {
        "title": "质量", "drawn": "图示", "metrics_of": "在 {n} 行上测得；横条上的竖线是随机水平",
        "meaning": "这些数字的含义",
        "about_accuracy": "完全答对的行所占的比例。",
        "about_coverage": "作答的行所占的比例；其余被拒答，不算答对。", "about_risk": "已作的回答中答错的比例。",
        "about_macro_f1": "各标签 F1 的平均值：少见的标签与常见的同等重要。",
        "about_micro_f1": "把所有行的所有标签放在一起算的 F1：答对的与漏掉的、多给的相比。",
        "about_mcc": "回答与真值的相关：0 等于猜测，1 为完美，不受标签比例影响。",
        "about_log_loss": "真值让函数有多意外：错而确信的回答受罚最重。",
        "about_spearman": "回答的次序与真值的次序有多一致：1 为完全相同，0 为毫无关系。",
        "about_pearson": "回答与真值有多接近一条直线。",
        "about_rmse": "误差的典型大小，大的误差权重更大。",
        "about_exact_match": "忽略大小写与标点后与参考答案逐字相同的比例。",
        "about_f1": "回答与参考答案的词语重合程度。",
        "about_entity_f1": "准确找到的实体（种类、首尾字符都对）与漏掉的、多出的相比。",
        "about_precision": "找到的之中正确的比例。", "about_recall": "应找到的之中找到的比例。",
        "about_chrf": "与参考答案的短字符片段重合程度。", "about_bleu": "与参考答案的一至四词片段重合程度。",
        "about_rouge_1": "与参考答案的单词重合程度。", "about_rouge_2": "与参考答案的词对重合程度。",
        "about_rouge_l": "与参考答案的最长公共子序列（允许间隔）。",
        "about_pass_at_1": "一次写成即通过测试的程序所占的比例。",
        "about_field_f1": "对象中正确的字段与漏掉的、多出的相比。", "about_valid": "符合模式的回答所占的比例。",
        "about_ndcg_at_10": "合适的候选在前十名中排得有多靠前。", "about_mrr": "第一个合适候选名次的倒数的平均值。",
        "about_bits_per_byte": "模型写出参考答案每字节所需的比特数。", "about_loss": "同上，以每词元的 nat 计。",
        "about_perplexity": "平均在多少个词元之间犹豫。",
        "about_preference_accuracy": "较好的回答更可能的行所占的比例。",
        "about_preference_margin": "较好的回答更可能的程度，单位 nat。",
    },
}  # fmt: skip

SECTION = Section(WORDS, html, whole=True)
