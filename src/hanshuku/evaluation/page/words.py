"""Words of the page's frame, in English and Chinese."""

from __future__ import annotations

from hanshuku.tasks import KINDS

WORDS: dict[str, dict[str, str]] = {
    "en": {
        **{f"kind_{kind}": kind for kind in KINDS},
        "report_on": "Report on {name}", "unnamed": "a function ({kind})", "contents": "Contents", "skip": "Skip to the report", "in_short": "In short",
        "when": "Measured on {day} on {n} labelled rows.",
        "made_by": "Made by Hanshuku. Every interval holds the true value 95 times in 100 for rows like these; the same numbers are in the report's JSON.",
    },
    "zh": {
        "kind_classify": "分类", "kind_rate": "打分", "kind_tag": "标注", "kind_answer": "问答", "kind_rank": "排序", "kind_extract": "抽取", "kind_generate": "生成",
        "kind_translate": "翻译", "kind_summarize": "摘要", "kind_chat": "对话", "kind_complete_code": "代码补全",
        "report_on": "评估报告：{name}", "unnamed": "未命名的{kind}函数", "contents": "目录", "skip": "跳到报告正文", "in_short": "要点",
        "when": "于 {day} 在 {n} 行带标签的数据上测得。",
        "made_by": "由 Hanshuku 生成。对于同类数据，每个区间在 100 次中有 95 次包含真值；同样的数字也在报告的 JSON 中。",
    },
}  # fmt: skip
