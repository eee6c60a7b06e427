"""What is noted while functions are compared, and while new rows are held against those learned from."""

from __future__ import annotations

from hanshuku.evaluation.notes.forms import Forms, word_by_word

COMPARING = Forms(
    (
        ("function {n} does not know the label{s} {labels} and cannot be right there", "函数 {n} 不认识标签{labels}，在那里不可能答对"),
        ("the functions answer in different ranges: {names}; they are measured in {range}", "各函数的取值范围不同：{names}；按 {range} 测量"),
        ("{name} refuses {n} of {n2} rows: no right answers; log_loss alone takes the probabilities that it holds back", "{name} 在 {n2} 行中拒答 {n} 行：都不算答对；只有 log_loss 取用它未给出的概率"),
        ("compared with the summary that was kept when it learned; with the rows themselves (train) more is seen: words, the most foreign rows, smaller changes", "与学习时保留的摘要比较；若给出学过的数据本身（train），还能看到词语、最陌生的行和更小的变化"),
        ("{n} of {n2} rows learned from were drawn to be compared with", "从学过的 {n2} 行中抽取 {n} 行作比较"),
        ("{n} of {n2} new rows were taken, evenly", "从 {n2} 行新数据中均匀取用 {n} 行"),
        ("{n} of {n2} rows of the log are of {name}", "日志的 {n2} 行中有 {n} 行属于 {name}"),
        ("personal data is masked in the new rows{masked}", "新数据中的个人数据已遮盖，{masked}"),
        ("the function writes its answers or asks a server, so it was not asked again; confidences are those of the log", "函数的回答是写出的文本，或须询问服务器，因此没有再次询问；置信度取自日志"),
    ),
    {"masked": word_by_word({", so it was masked in the others too": "因此其他数据中的也已遮盖", "; in those learned from it may not have been": "学过的数据中的可能没有遮盖"})},
)  # fmt: skip
