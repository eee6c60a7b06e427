"""Words of a model card, in English and Chinese."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "no_instruction": "(no instruction was given)", "use": "Intended use", "measured": "Measured", "made": "How it came to be", "keeps": "What it keeps",
        "summary": "A summary of {rows} rows it learned from, so that drift can be seen without them: counts of lengths, languages and labels, and means of hashed words; no text.",
        "guard": "Guard", "guard_mask": "Personal data is masked: {kinds}", "guard_block": "Inputs and answers with personal data are refused: {kinds}",
        "guard_toxic": "Texts that a function finds to be {labels} are refused, from a probability of {at}", "guard_attack": "Attacks on the instruction are refused, from a score of {at}",
        "guard_rules": "Rules of its own: {rules}",
        "limits": "Limits", "licence": "Licence", "kind": "Kind of task", "inputs": "Inputs", "output": "Output", "labels": "Labels", "number": "a number from {low} to {high}",
        "of_labels": "{count} labels", "several": ", several at once",
        "not_for": "Not meant for rows of another kind than those it was measured on, nor to decide over people without anyone looking",
        "not_measured": "Not measured yet. Run `hanshuku evaluate`.", "metric": "metric", "value": "value", "interval": "95% interval", "chance": "chance",
        "worst": "Lowest F1: {labels}.", "rows_measured": "Rows measured", "when": "Measured on", "seed": "seed", "model": "model", "licence_model": "licence of the model",
        "unknown": "unknown", "learned_from": "{rows} rows, {seconds} s", "settings": "settings", "data": "data", "none": "none", "versions": "versions",
        "only_such_rows": "It was measured on data like its test rows and on what is named above, on nothing else; texts of another kind may fare worse.",
        "not_looked_at": "Nobody has looked at: {parts}.", "no_robustness": "robustness against typos and other forms of a text", "no_out_of_domain": "rows of another domain",
        "no_fairness": "equal treatment of groups of people", "comma": ", ", "few_rows": "Only {n} rows were measured, so every interval is wide.",
        "unknown_labels": "{n} of the rows measured have a label that it does not know.",
        "licence_known": "The licence of the model, {licences}, applies to what was made from it; the terms of the data apply too.",
        "licence_unknown": "The licence of the model above applies to what was made from it; the terms of the data apply too.",
    },
    "zh": {
        "no_instruction": "（未给出说明）", "use": "用途", "measured": "测量结果", "made": "由来", "keeps": "保存的内容",
        "summary": "{rows} 行学过的数据的概要，以便没有原数据也能发现漂移：长度、语言和标签的计数，以及词的散列均值；不含任何文本。",
        "guard": "护栏", "guard_mask": "遮盖个人信息：{kinds}", "guard_block": "拒绝含有个人信息的输入和答案：{kinds}",
        "guard_toxic": "拒绝被函数判为 {labels} 的文本，概率从 {at} 起", "guard_attack": "拒绝对指令的攻击，分数从 {at} 起", "guard_rules": "自定规则：{rules}",
        "limits": "局限", "licence": "许可证", "kind": "任务种类", "inputs": "输入", "output": "输出", "labels": "标签", "number": "{low} 至 {high} 的数",
        "of_labels": "{count} 个标签", "several": "，可同时给出多个",
        "not_for": "不适用于与测量数据不同类的文本，也不应在无人审阅时据此对人作决定",
        "not_measured": "尚未测量。请运行 `hanshuku evaluate`。", "metric": "指标", "value": "数值", "interval": "95% 区间", "chance": "随机水平",
        "worst": "F1 最低：{labels}。", "rows_measured": "测量所用行数", "when": "测量于", "seed": "随机种子", "model": "模型", "licence_model": "模型许可证",
        "unknown": "未知", "learned_from": "{rows} 行，{seconds} 秒", "settings": "设置", "data": "数据", "none": "无", "versions": "版本",
        "only_such_rows": "只在与其测试行同类的数据及上文所列的数据上测量过；其他文本上的表现可能较差。",
        "not_looked_at": "尚未考察：{parts}。", "no_robustness": "对错别字等不同写法的稳健性", "no_out_of_domain": "其他领域的数据",
        "no_fairness": "对不同人群是否一视同仁", "comma": "、", "few_rows": "只测量了 {n} 行，因此各区间都很宽。",
        "unknown_labels": "测量的行中有 {n} 行的标签为其所不知。",
        "licence_known": "模型的许可证（{licences}）适用于由其制成之物；数据的条款同样适用。",
        "licence_unknown": "上述模型的许可证适用于由其制成之物；数据的条款同样适用。",
    },
}  # fmt: skip
