"""What a look at drift says, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from hanshuku.errors import UnknownName

EN: dict[str, str] = {
    "title": "Drift of {name}", "made": "{n} new rows against {before} {source}, {date}.", "source_train": "rows learned from", "source_summary": "rows of which a summary was kept",
    "none": "No drift is seen: of {count} checks none differs by more than chance (Holm, level {level}).",
    "some": "The new rows differ from those learned from, by more than chance (Holm, level {level}): {what}.",
    "too_few": "There are too few rows to compare the texts; only single numbers were compared.",
    "texts": "texts", "length": "length", "language": "language", "unknown_words": "unknown words", "confidence": "confidence", "answers": "answers",
    "said_texts": "texts (told apart with AUC {auc})", "said_texts_summary": "texts", "said_length": "length (median {before} to {now} characters)", "said_language": "language ({moved} moved)",
    "said_unknown_words": "unknown words ({before} to {now} of a row)", "said_confidence": "confidence (mean {before} to {now})", "said_answers": "answers ({moved} moved)", "said_answers_rate": "answers (mean {before} to {now})",
    "advice_nothing": "Nothing needs to be done. Look again when as many rows have come.",
    "advice_watch": "Watch it: the rows changed, but nothing says that the answers are worse. To be sure, label {rows} of the new rows and evaluate.",
    "advice_shares": "Only the shares of the answers moved. If texts of a label are as they were, the function need not learn anew: expect the shares below.",
    "advice_measure": "Label {rows} of the new rows and evaluate on them: they are so unlike those learned from that no forecast without labels can be trusted. If it is worse, learn on with these rows.",
    "advice_relearn": "Learn on: accuracy is foretold, by two ways, to have fallen from {known} (one says to {foretold}). Label {rows} of the new rows first, to measure it and to learn from.",
    "foretold": "Foretold accuracy on the new rows: {value} [{low}, {high}]{known}, if {assumes}.", "ways": " Other assumptions give {low} to {high}.", "against": ", measured before {value} [{low}, {high}]",
    "way_sure_enough": "errors are still the least sure answers (ATC)", "way_as_sure_less": "accuracy falls as far as confidence does", "way_shares_alone": "only the shares of the labels changed", "way_as_sure": "confidences are honest on these rows too",
    "not_held": "The answers before are to rows that were learned from, of which a function is too sure: what is said of confidence, answers and accuracy is not for the verdict. Give labelled rows that it did not learn from (test).",
    "shift": "Shares of the labels, if texts of a label are as they were: {moved}.", "shift_doubt": " The texts changed too, so this may not hold.", "shift_none": "No label's share is clearly another, if texts of a label are as they were.", "share_move": "{label} {before} to {value} [{low}, {high}]",
    "windows_real": "{count} of {all} windows differ by more than chance (Holm); the first is that from {first}.", "windows_none": "None of {all} windows differs by more than chance (Holm).",
    "checks": "What was compared", "check": "check", "before": "before", "now": "now", "difference": "difference", "interval": "95% interval", "p": "p (Holm)", "verdict": "verdict", "changed": "changed", "same": "not told apart", "aside": "not counted", "size": "size",
    "forecast": "Accuracy foretold without labels", "way": "if", "accuracy": "accuracy",
    "shares": "Shares of the labels now", "label": "label", "learned": "learned from", "estimate": "now", "by_em": "by EM", "picture": "picture", "by_report": "The confusions are those of the saved report.", "by_train": "The confusions are those on rows learned from, which are too good.",
    "foreign": "The most foreign new rows", "where": "where", "text": "text", "answer": "answer", "words": "Words that are commoner now", "words_before": "Words that were commoner before", "word": "word",
    "windows": "Window by window", "window": "window", "rows": "rows", "auc": "AUC", "median": "median length", "unknown": "unknown words", "of_windows": "Told apart from the rows learned from (AUC), by window; 0.5 is not at all", "place": "window", "notes": "Notes", "comma": ", ", "to": " to ",
    "how": "Told apart: a ridge classifier on {features}, out of fold, with a permutation test; AUC {auc} [{low}, {high}].", "features_words": "words and character n-grams", "features_function": "the function's own vectors, which no label moved", "points": "points", "more_labels": "The other {count} labels", "more_windows": "Table of the windows",
    "moved": "{share} of the rows",
}  # fmt: skip

ZH: dict[str, str] = {
    "title": "{name} 的漂移", "made": "{n} 行新数据与 {before} 行{source}比较，{date}。", "source_train": "学过的数据", "source_summary": "只留有概要的数据",
    "none": "没有看到漂移：{count} 项检查都没有超出偶然的差别（Holm 校正，水平 {level}）。",
    "some": "新数据与学过的数据有超出偶然的差别（Holm 校正，水平 {level}）：{what}。",
    "too_few": "行数太少，无法比较文本，只比较了单项数字。",
    "texts": "文本", "length": "长度", "language": "语言", "unknown_words": "未见过的词", "confidence": "置信度", "answers": "答案",
    "said_texts": "文本（可区分，AUC {auc}）", "said_texts_summary": "文本", "said_length": "长度（中位数由 {before} 变为 {now} 个字符）", "said_language": "语言（变动 {moved}）",
    "said_unknown_words": "未见过的词（每行由 {before} 变为 {now}）", "said_confidence": "置信度（平均由 {before} 变为 {now}）", "said_answers": "答案（变动 {moved}）", "said_answers_rate": "答案（平均由 {before} 变为 {now}）",
    "advice_nothing": "不必做什么。等再来同样多的行时再看。",
    "advice_watch": "继续观察：数据变了，但没有迹象表明答案变差。若要确知，请标注 {rows} 行新数据并评估。",
    "advice_shares": "只有答案的比例变了。如果各标签的文本仍如从前，函数不必重新学习，比例应如下文。",
    "advice_measure": "请标注 {rows} 行新数据并据此评估：它们与学过的数据相差太远，没有标签的预测都不可信。如果变差，就用这些行继续学习。",
    "advice_relearn": "应继续学习：两种办法都预计准确率已由 {known} 下降（其一为 {foretold}）。请先标注 {rows} 行新数据，用来测量，也用来学习。",
    "foretold": "预计新数据上的准确率：{value} [{low}, {high}]{known}，前提是{assumes}。", "ways": "各种前提给出 {low} 至 {high}。", "against": "，此前测得 {value} [{low}, {high}]",
    "way_sure_enough": "错误仍是最不确定的答案（ATC）", "way_as_sure_less": "准确率与置信度下降一样多", "way_shares_alone": "只有各标签的比例变了", "way_as_sure": "置信度在这些数据上仍然如实",
    "not_held": "此前的答案来自学过的行，函数对它们过于自信：关于置信度、答案和准确率的说法不计入结论。请给出没有学过的带标签的行（test）。",
    "shift": "各标签的比例（如果各标签的文本仍如从前）：{moved}。", "shift_doubt": "不过文本也变了，这一点未必成立。", "shift_none": "如果各标签的文本仍如从前，没有哪个标签的比例明显变化。", "share_move": "{label} 由 {before} 变为 {value} [{low}, {high}]",
    "windows_real": "{all} 个窗口中有 {count} 个有超出偶然的差别（Holm 校正），最早的始于 {first}。", "windows_none": "{all} 个窗口都没有超出偶然的差别（Holm 校正）。",
    "checks": "比较了什么", "check": "检查", "before": "之前", "now": "现在", "difference": "差", "interval": "95% 区间", "p": "p（Holm）", "verdict": "结论", "changed": "变了", "same": "分不出", "aside": "不计入", "size": "大小",
    "forecast": "不用标签预计的准确率", "way": "前提", "accuracy": "准确率",
    "shares": "各标签现在的比例", "label": "标签", "learned": "学习时", "estimate": "现在", "by_em": "EM 估计", "picture": "图示", "by_report": "混淆情况取自保存的报告。", "by_train": "混淆情况取自学过的行，偏于乐观。",
    "foreign": "最陌生的新数据", "where": "位置", "text": "文本", "answer": "答案", "words": "现在更常见的词", "words_before": "从前更常见的词", "word": "词",
    "windows": "逐个窗口", "window": "窗口", "rows": "行数", "auc": "AUC", "median": "长度中位数", "unknown": "未见过的词", "of_windows": "各窗口与学过的数据的可区分度（AUC），0.5 为完全分不出", "place": "窗口", "notes": "附注", "comma": "、", "to": " 至 ",
    "how": "可区分度：用{features}的岭回归分类器，折外评分，置换检验；AUC {auc} [{low}, {high}]。", "features_words": "词和字符 n 元组", "features_function": "函数自己的、未被标签改动的向量", "points": "个百分点", "more_labels": "其余 {count} 个标签", "more_windows": "各窗口的表",
    "moved": "{share} 的行",
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
