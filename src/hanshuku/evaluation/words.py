"""What a report says, in English and Chinese. One dict a language; a test holds that both have the same keys and fields."""

from __future__ import annotations

from collections.abc import Mapping

from hanshuku.errors import UnknownName

EN: dict[str, str] = {
    "right": "Right on {value} of {n} rows; 95% interval {low} to {high}. Guessing gets {chance}, always answering {commonest!r} gets {share}.",
    "sets": "Micro F1 {value} on {n} rows; 95% interval {low} to {high}. Giving each label as often as it occurs gets {chance}. The whole set is right on {whole}.",
    "rated": "Spearman {value} on {n} rows; 95% interval {low} to {high}.",
    "erred": "It errs by {rmse} (root mean square, range {range}); always answering the mean errs by {mean}.",
    "measured": "{name} {value} on {n} rows; 95% interval {low} to {high}.", "unread": " Answering with another row's answer gets {chance}.",
    "unread_answer": " Answering nothing gets {chance}.", "unread_rank": " Any order gets {chance}.", "unread_tag": "", "unread_pass_at_1": "", "unread_extract": " Giving another row's object gets {chance}.",
    "no_better": "This is not clearly better than knowing nothing: the interval reaches down to {bar}.",
    "undefined": "All answers, or all targets, of the {n} rows are the same, so there is no correlation to measure.",
    "metric": "metric", "value": "value", "interval": "95% interval", "chance": "chance", "n": "rows",
    "accuracy": "accuracy", "macro_f1": "macro_f1", "mcc": "mcc", "log_loss": "log_loss (less is better)", "micro_f1": "micro_f1",
    "spearman": "spearman", "pearson": "pearson", "rmse": "rmse (less is better)", "accuracy_sets": "accuracy (the whole set)",
    "chrf": "chrf (0..100)", "bleu": "bleu (0..100)", "rouge_1": "rouge_1", "rouge_2": "rouge_2", "rouge_l": "rouge_l", "exact_match": "exact_match", "pass_at_1": "pass_at_1",
    "bits_per_byte": "bits_per_byte (less is better)", "loss": "loss (nats a token, less is better)", "perplexity": "perplexity (less is better)",
    "preference_accuracy": "preference_accuracy", "preference_margin": "preference_margin (nats)",
    "metric_f1": "f1", "metric_precision": "precision", "metric_recall": "recall", "entity_f1": "entity_f1", "valid": "valid (fits the schema)", "field_f1": "field_f1", "ndcg_at_10": "ndcg_at_10", "mrr": "mrr",
    "refusing": "It refused to answer some, which counts as not right: of the {n} rows that it answered ({coverage}) {value} are right, {low} to {high}.",
    "refused_all": "It refused to answer every row.",
    "coverage": "coverage (share answered)", "risk": "risk (wrong among those answered, less is better)",
    "worst": "Labels with the lowest F1", "label": "label", "f1": "F1", "precision": "precision", "recall": "recall", "support": "rows",
    "confusions": "Commonest confusions", "true": "is", "answered": "was answered", "times": "times", "part": "of its rows", "unknown": "(unknown label)",
    "calibration": "Calibration error (ECE, 15 bins): {ece}, so confidence {verdict}.",
    "ece_good": "can be taken at its word", "ece_fair": "is roughly right", "ece_bad": "must not be taken at its word",
    "cost": "Cost: {seconds} s, {speed} rows a second, peak memory {memory} MB, {parameters} parameters.",
    "spent": "asked a server: {requests:,} requests ({kept_answers:,} answers were at hand), {tokens_in:,} tokens in, {tokens_out:,} out{price}",
    "price": ", price {price:.6g}",
    "compared": "Measured on the same {n} test rows, seeds: {seeds}{few}.",
    "few": ", {few} rows a class drawn for each seed", "floor": " Guessing gets {chance}, always answering {commonest!r} gets {share}.",
    "method": "method", "against_best": "vs best", "fit": "fit", "speed": "rows/s", "memory": "peak MB", "moved": "moved",
    "best": "best", "worse": "worse", "undecided": "open", "points": " points", "noted": "note: {note}", "comma": ", ", "pause": ", ", "colon": ": ", "semicolon": "; ", "aside": " ({})",
    "failed": "Failed: {name}: {message}", "not_run": "Not run: {name}: {message}", "seed_missing": "Not every seed of {name} has a result: {message}",
    "none_done": "No method has a result.",
    "best_alone": "{best} is best by {metric}; its lead over every other is real.",
    "best_shared": "{best} has the highest {metric}, but these cannot be told apart from it: {rivals}.",
    "real": "{first} is better than {second}: {difference}{unit} [{low}, {high}], p {p} (Holm).",
    "open": "{first} and {second} are not told apart: {difference}{unit} [{low}, {high}], p {p} (Holm).",
    "settle": " About {rows} more test rows would settle it, were the difference as large as it looks.",
    "same": " No difference was seen, so no number of rows can be named.",
    "seeds_first": " The seeds alone blur it: give more seeds before more rows.",
    "never": " No test set of a size that one can have would settle it.",
    "more_pairs": "{count} more pairs are in the JSON.",
    "one_seed": "With one seed this compares the functions as they were learned this time; learned anew they may differ: three seeds or more show by how much.",
    "two_seeds": "Two seeds say little of how much seeds matter, so the intervals are very wide: three or more make them narrower.",
    "not_above": "Not clearly better than knowing nothing: {names}.",
    "plot_cost": "time of a fit (logarithmic)", "plot_quality": "{metric}, 95% interval", "plot_title": "Quality against cost: {n} test rows, seeds: {seeds}; green: not told apart from the best",
    "plot_chance": "guessing", "plot_majority": "always {label}",
    "sequence_title": "One function, {count} tasks one after the other, one head for all their labels. Each row: {metric} on the test rows of every task after a session.",
    "sequence_after": "after", "sequence_together": "all at once",
    "sequence_average": "Average after the last session {value}; each task right after its own session {learned}.",
    "sequence_forgetting": "Forgetting {value} (how far a task has fallen from its best); backward transfer {backward}.",
    "sequence_forward": "Forward transfer {value}: what a task has before its session over guessing, where its labels were known.",
    "sequence_bound": "All at once {value}, which is {gap} from the average.",
    "sequence_plot": "{metric} after each session: average {average}, forgetting {forgetting}",
    "curve_rows": "labelled rows (logarithmic)", "curve_quality": "{metric}, 95% interval", "curve_measured": "measured, out of fold", "curve_foretold": "foretold",
    "curve_title": "Learning curve of {method}, {rows} rows",
}  # fmt: skip

ZH: dict[str, str] = {
    "right": "{n} 行中答对 {value}；95% 区间 {low} 至 {high}。随机猜测为 {chance}，总是回答“{commonest}”为 {share}。",
    "sets": "{n} 行的 micro F1 为 {value}；95% 区间 {low} 至 {high}。按各标签出现的频率随机给出为 {chance}。整组标签全对的占 {whole}。",
    "rated": "{n} 行的 Spearman 相关为 {value}；95% 区间 {low} 至 {high}。",
    "erred": "均方根误差 {rmse}（取值范围 {range}）；总是回答平均值的误差为 {mean}。",
    "measured": "{n} 行的 {name}为 {value}；95% 区间 {low} 至 {high}。", "unread": "以另一行的答案作答为 {chance}。",
    "unread_answer": "一律不作答为 {chance}。", "unread_rank": "随意排序为 {chance}。", "unread_tag": "", "unread_pass_at_1": "", "unread_extract": "以另一行的对象作答为 {chance}。",
    "no_better": "这并不明显好于一无所知：区间的下端已到 {bar}。",
    "undefined": "{n} 行的回答（或标准答案）全都相同，因此无法计算相关。",
    "metric": "指标", "value": "数值", "interval": "95% 区间", "chance": "随机水平", "n": "行数",
    "accuracy": "accuracy 准确率", "macro_f1": "macro_f1 宏平均 F1", "mcc": "mcc 马修斯相关系数", "log_loss": "log_loss 对数损失（越小越好）", "micro_f1": "micro_f1 微平均 F1",
    "spearman": "spearman 等级相关", "pearson": "pearson 线性相关", "rmse": "rmse 均方根误差（越小越好）", "accuracy_sets": "accuracy 整组全对",
    "chrf": "chrf 字符 n 元组 F 值（0 至 100）", "bleu": "bleu（0 至 100）", "rouge_1": "rouge_1 单词重合", "rouge_2": "rouge_2 词对重合", "rouge_l": "rouge_l 最长公共子序列", "exact_match": "exact_match 完全一致", "pass_at_1": "pass_at_1 通过测试",
    "bits_per_byte": "bits_per_byte 每字节比特数（越小越好）", "loss": "loss 每词元损失（越小越好）", "perplexity": "perplexity 困惑度（越小越好）",
    "preference_accuracy": "preference_accuracy 偏好准确率", "preference_margin": "preference_margin 偏好差（nat）",
    "metric_f1": "f1 词句重合", "metric_precision": "precision 精确率", "metric_recall": "recall 召回率", "entity_f1": "entity_f1 实体 F1", "valid": "valid 符合模式", "field_f1": "field_f1 字段 F1", "ndcg_at_10": "ndcg_at_10 前十折损累计增益", "mrr": "mrr 平均倒数排名",
    "refusing": "其中部分行被拒答，按未答对计：已作答的 {n} 行（{coverage}）中答对 {value}，95% 区间 {low} 至 {high}。",
    "refused_all": "所有的行都被拒答。",
    "coverage": "coverage 覆盖率（作答的比例）", "risk": "risk 风险（作答中答错的比例，越小越好）",
    "worst": "F1 最低的标签", "label": "标签", "f1": "F1", "precision": "精确率", "recall": "召回率", "support": "行数",
    "confusions": "最常见的混淆", "true": "本是", "answered": "答成", "times": "次数", "part": "占该标签", "unknown": "（未知标签）",
    "calibration": "校准误差（ECE，15 组）：{ece}，因此置信度{verdict}。",
    "ece_good": "可以照字面理解", "ece_fair": "大致可信", "ece_bad": "不可照字面理解",
    "cost": "成本：{seconds} 秒，每秒 {speed} 行，内存峰值 {memory} MB，{parameters} 个参数。",
    "spent": "向服务器发出 {requests:,} 次请求（另有 {kept_answers:,} 个答案已保存），输入 {tokens_in:,} 个词元，输出 {tokens_out:,} 个{price}",
    "price": "，费用 {price:.6g}",
    "compared": "在同样的 {n} 行测试数据上测得，随机种子数：{seeds}{few}。",
    "few": "，每个种子每类抽 {few} 行", "floor": "随机猜测为 {chance}，总是回答“{commonest}”为 {share}。",
    "method": "方法", "against_best": "与最好者相比", "fit": "训练用时", "speed": "行/秒", "memory": "峰值 MB", "moved": "改动参数",
    "best": "最好", "worse": "较差", "undecided": "未定", "points": " 个百分点", "noted": "附注：{note}", "comma": "、", "pause": "，", "colon": "：", "semicolon": "；", "aside": "（{}）",
    "failed": "失败：{name}：{message}", "not_run": "未运行：{name}：{message}", "seed_missing": "{name} 并非每个种子都有结果：{message}",
    "none_done": "没有任何方法得出结果。",
    "best_alone": "按 {metric}，{best} 最好，且领先其他各法都属实。",
    "best_shared": "{best} 的 {metric} 最高，但与以下方法分不出高下：{rivals}。",
    "real": "{first} 好于 {second}：{difference}{unit} [{low}, {high}]，p {p}（Holm 校正）。",
    "open": "{first} 与 {second} 尚分不出高下：{difference}{unit} [{low}, {high}]，p {p}（Holm 校正）。",
    "settle": "若差别真如所见，大约再加 {rows} 行测试数据即可判明。",
    "same": "没有看到差别，因此说不出还需多少行。",
    "seeds_first": "仅种子之间的波动就已掩盖差别：应先增加种子，再增加数据。",
    "never": "任何现实规模的测试集都无法判明。",
    "more_pairs": "另有 {count} 对见 JSON。",
    "one_seed": "只有一个种子时，比较的是这一次学得的函数；重新学习可能不同：用三个或更多种子可见其差别。",
    "two_seeds": "两个种子难以说明种子的影响，因此区间很宽：三个或更多种子会使其变窄。",
    "not_above": "并不明显好于一无所知：{names}。",
    "plot_cost": "训练一次的时间（对数）", "plot_quality": "{metric}，95% 区间", "plot_title": "质量与成本：{n} 行测试数据，种子数 {seeds}；绿色：与最好者分不出高下",
    "plot_chance": "随机猜测", "plot_majority": "总答 {label}",
    "sequence_title": "一个函数依次学习 {count} 个任务，所有标签共用一个输出头。每行是学完一个任务之后在各任务测试行上的 {metric}。",
    "sequence_after": "学完", "sequence_together": "一次学完",
    "sequence_average": "最后的平均值 {value}；各任务刚学完时的平均值 {learned}。",
    "sequence_forgetting": "遗忘 {value}（各任务比其最好时下降多少）；后向迁移 {backward}。",
    "sequence_forward": "前向迁移 {value}：标签已知的任务在学习之前比随机猜测高出多少。",
    "sequence_bound": "一次学完全部为 {value}，与平均值相差 {gap}。",
    "sequence_plot": "每次学完之后的 {metric}：平均 {average}，遗忘 {forgetting}",
    "curve_rows": "标注行数（对数）", "curve_quality": "{metric}，95% 区间", "curve_measured": "折外实测", "curve_foretold": "预测",
    "curve_title": "{method} 的学习曲线，{rows} 行",
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
