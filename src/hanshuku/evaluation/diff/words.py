"""What a comparison of functions says, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from hanshuku.errors import UnknownName

EN: dict[str, str] = {
    "title": "{after} against {before}", "title_many": "{count} functions against {before}",
    "counts": "{changed} of {n} rows have another answer: {fixed} fixed, {broken} broken, {otherwise} otherwise wrong. McNemar's exact test: p {p}.",
    "counts_graded": "{changed} of {n} rows have another answer: {fixed} better, {broken} worse, {otherwise} neither. Wholly right before alone {only_before}, after alone {only_after}: exact McNemar p {p}.",
    "unchanged": "Every row has the same answer.",
    "same": "They answer the same in {same} [{low}, {high}] of the rows.", "kappa": " Kappa {kappa} [{low}, {high}].", "spearman": " Spearman's correlation of their answers: {spearman} [{low}, {high}].",
    "beside": "Beside {primary}, {metrics} changed by more than chance (Holm, {tests} tests).", "beside_none": "None of the {tests} other metrics changed by more than chance (Holm).",
    "labels_real": "Of {tests} labels, {count} changed by more than chance (Holm): {labels}.", "labels_none": "Of {tests} labels none changed by more than chance (Holm).",
    "label_move": "{label} ({before} to {after})",
    "faster": "{after} answers {times} times as many rows a second as {before} ({a} against {b}).", "slower": "{after} answers {share} of the rows a second that {before} does ({a} against {b}).",
    "as_fast": "They are about as fast: {after} answers {a} rows a second, {before} {b}.",
    "size": "On disk {after} takes {a} MB, {before} {b} MB.",
    "quality": "Quality", "metric": "metric", "before": "before", "after": "after", "difference": "difference", "interval": "95% interval", "p": "p (Holm)", "verdict": "verdict",
    "better": "better", "worse": "worse", "open": "not told apart", "function": "function", "method": "method", "model": "model", "speed": "rows/s", "memory": "peak MB", "disk": "MB on disk", "parameters": "parameters",
    "cost": "Speed and size", "labels": "Recall by label, those that changed surest first", "label": "label", "n": "rows",
    "rows": "Rows with another answer", "fixed": "fixed", "broken": "broken", "otherwise": "otherwise wrong", "fixed_graded": "better", "broken_graded": "worse", "otherwise_graded": "neither better nor worse",
    "where": "where", "text": "text", "due": "is", "unknown": "(a label that neither knows)", "or": " or ", "more_rows": "{count} more are in the JSON.", "notes": "Notes", "comma": ", ", "none": "(none)", "refused": "(refused)",
    "made": "{n} rows, data SHA-256 {data}, {date}, {machine}.",
    "picture": "picture", "by_label": "Label by label", "other_labels": "The other {count} labels", "other_rows": "{count} more",
    "picture_change": "Difference of each metric, after minus before, with its 95% interval",
}  # fmt: skip

ZH: dict[str, str] = {
    "title": "{after} 与 {before} 的比较", "title_many": "{count} 个函数与 {before} 的比较",
    "counts": "{n} 行中有 {changed} 行答案不同：改对 {fixed} 行，改错 {broken} 行，另一种错 {otherwise} 行。McNemar 精确检验：p {p}。",
    "counts_graded": "{n} 行中有 {changed} 行答案不同：变好 {fixed} 行，变差 {broken} 行，不好不坏 {otherwise} 行。只有之前全对的 {only_before} 行，只有之后全对的 {only_after} 行：McNemar 精确检验 p {p}。",
    "unchanged": "每一行的答案都相同。",
    "same": "两者在 {same} [{low}, {high}] 的行上答案相同。", "kappa": "Kappa 系数 {kappa} [{low}, {high}]。", "spearman": "两者答案的 Spearman 相关：{spearman} [{low}, {high}]。",
    "beside": "除 {primary} 之外，{metrics} 的变化超出偶然（Holm 校正，{tests} 次检验）。", "beside_none": "其余 {tests} 项指标都没有超出偶然的变化（Holm 校正）。",
    "labels_real": "{tests} 个标签中有 {count} 个的变化超出偶然（Holm 校正）：{labels}。", "labels_none": "{tests} 个标签都没有超出偶然的变化（Holm 校正）。",
    "label_move": "{label}（{before} 变为 {after}）",
    "faster": "{after} 每秒答的行数是 {before} 的 {times} 倍（{a} 比 {b}）。", "slower": "{after} 每秒答的行数只有 {before} 的 {share}（{a} 比 {b}）。",
    "as_fast": "两者快慢相近：{after} 每秒 {a} 行，{before} 每秒 {b} 行。",
    "size": "在磁盘上 {after} 占 {a} MB，{before} 占 {b} MB。",
    "quality": "质量", "metric": "指标", "before": "之前", "after": "之后", "difference": "差", "interval": "95% 区间", "p": "p（Holm）", "verdict": "结论",
    "better": "较好", "worse": "较差", "open": "分不出高下", "function": "函数", "method": "方法", "model": "模型", "speed": "行/秒", "memory": "峰值 MB", "disk": "磁盘 MB", "parameters": "参数",
    "cost": "速度与大小", "labels": "各标签的召回率，变化最确定的在前", "label": "标签", "n": "行数",
    "rows": "答案不同的行", "fixed": "改对", "broken": "改错", "otherwise": "另一种错", "fixed_graded": "变好", "broken_graded": "变差", "otherwise_graded": "不好不坏",
    "where": "位置", "text": "文本", "due": "本是", "unknown": "（两者都不知道的标签）", "or": " 或 ", "more_rows": "另有 {count} 行见 JSON。", "notes": "附注", "comma": "、", "refused": "（拒答）", "none": "（无）",
    "made": "{n} 行，数据 SHA-256 {data}，{date}，{machine}。",
    "picture": "图示", "by_label": "各标签", "other_labels": "其余 {count} 个标签", "other_rows": "其余 {count} 行",
    "picture_change": "各指标之差（之后减之前）及其 95% 区间",
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
