"""What is noted of rows while they are read and fitted to a task."""

from __future__ import annotations

import re

from hanshuku.evaluation.notes.forms import Forms, optional, sentence, word_by_word
from hanshuku.tasks.languages import LANGUAGES, LANGUAGES_ZH

OBJECT = '{{"text": ..., "label": ...}}'
KINDS = {"a list": "列表", "a string": "字符串", "a number": "数", "true or false": "真假值", "null": "空值"}
MARKS = {"commas": "逗号", "semicolons": "分号", "tabs": "制表符", "bars": "竖线"}
FAULTS = {"empty": "空白", "repeated": "重复", "talk": "谈论自己", "length": "长度不当", "language": "语言不符", "disagreed": "标签不符"}

TROUBLES = Forms(
    (
        ("{n} cell{s} where the header has {n2} ({names})", "有 {n} 格，而表头有 {n2} 列（{names}）"),
        ("{n} cell{s} where the header has {n2} ({names}); a cell that holds {column} must stand in double quotes", "有 {n} 格，而表头有 {n2} 列（{names}）；含有{column}的格须用双引号括起"),
        ('the quotes do not close ({error} within {n} lines); a quote inside a quoted cell is written twice: ""', '引号在 {n} 行之内没有闭合；引号括起的格中，引号须写两次：""'),
        ('the quotes do not close ({error}); a quote inside a quoted cell is written twice: ""', '引号没有闭合；引号括起的格中，引号须写两次：""'),
        ('the line opens a JSON list, and one object a line is due; for a file that is one list, give format="json"', '该行是 JSON 列表的开头，而每行应是一个对象；若整个文件是一个列表，请给出 format="json"'),
        (f"the line is not JSON ({{error}}: line 1 column {{n}} (char {{n2}})); one object a line is due, such as {OBJECT}", f"该行不是 JSON，第 {{n}} 个字符处有误；每行应是一个对象，如 {OBJECT}"),
        (f"the line is not JSON ({{error}}); one object a line is due, such as {OBJECT}", f"该行不是 JSON；每行应是一个对象，如 {OBJECT}"),
        ("the JSON is nested too deeply", "JSON 嵌套过深"),
        (f"the row is {{kind}}; an object is due, such as {OBJECT}", f"该行是{{kind}}，而应是一个对象，如 {OBJECT}"),
        ("the row is of type {type}; a dict is due, such as {{'text': ..., 'label': ...}}", "该行的类型是 {type}，而应是字典，如 {{'text': ..., 'label': ...}}"),
    ),
    {"kind": word_by_word(KINDS)},
)  # fmt: skip

UNMADE = Forms(
    (
        ("; {n} text{s} refused: {faults}", "；弃用 {n} 个文本：{faults}"),
        ("; none was made from {n} row{s} ({where})", "；有 {n} 行没有生成新数据（{where}）"),
        ("; nothing could be changed in {n} row{s} ({where})", "；有 {n} 行无可改动（{where}）"),
    ),
    {"faults": (".+?", lambda text: re.sub("[a-z]+", lambda word: FAULTS.get(word[0], word[0]), text).replace(", ", "、"))},
)

ROWS = Forms(
    (
        ("{n} line{s}{source} {is} blank ({where})", "{source}有 {n} 个空行（{where}）"),
        ("{n} row{s}{source} {is} unreadable and left out ({where}; the first: {trouble})", "{source}有 {n} 行无法读取，已略去（{where}；第一处：{trouble}）"),
        ("{n} row{s}{source} {has} no text{out} ({where})", "{source}有 {n} 行没有文字{out}（{where}）"),
        ("{n} row{s}{source} {has} more than {n2} characters and will be cut to what the model reads ({where})", "{source}有 {n} 行超过 {n2} 个字符，将截短到模型所能读的长度（{where}）"),
        ("{n} row{s}{source} {has} the same text and answer as an earlier row{out} ({where})", "{source}有 {n} 行的文字和答案都与前面某行相同{out}（{where}）"),
        ("{n} row{s}{source} {has} the text of an earlier row with another answer ({where})", "{source}有 {n} 行与前面某行文字相同而答案不同（{where}）"),
        ("{n} row{s}{source} {has} {some} that the task does not have, {labels}: the function can never give {them}, such a row counts as wrong ({where})", "{source}有 {n} 行的标签不在任务之中：{labels}；函数给不出这样的标签，这些行算答错（{where}）"),
        ("{n} row{s}{source} {has} {some} that the task does not have, {labels}: the function can never give {them}, it counts as missed ({where})", "{source}有 {n} 行含有任务之外的标签：{labels}；函数给不出这样的标签，算漏答（{where}）"),
        ("column {column} is taken as the text: no other is left that could be", "把{column}列当作文字：再没有别的列可作文字"),
        ("column {column} is taken as the answer: no other is left that could be", "把{column}列当作答案：再没有别的列可作答案"),
        ("the answers in column {column} are in {language} ({code}), and the function translates into {language2} ({code2})", "{column}列的答案是{language}（{code}），而函数译成{language2}（{code2}）"),
        ("{path} is read as {code}", "{path} 按 {code} 编码读取"),
        ("{path} is separated by {mark}", "{path} 以{mark}分隔"),
        ("{path} has {n} sheets; the first, {column}, is read", "{path} 有 {n} 个工作表，读取的是第一个{column}"),
        ("each line of {path} holds a tab: if those are columns, give format='tsv' and columns=['text', 'label']", "{path} 的每一行都有制表符：若用于分列，请给出 format='tsv' 和 columns=['text', 'label']"),
        ("the list under 'train' of {path} is read; other parts of the file are not", "读取的是 {path} 中“train”之下的列表，文件的其他部分未读取"),
        ("the split train of {path} is read; there are also {names}", "读取的是 {path} 的 train 部分；另有 {names}"),
        ("{n} row{s} left out: the function does not know {labels}", "略去 {n} 行，函数不认识其标签：{labels}"),
        ("not counted, as the function does not know it: {labels}", "函数不认识以下标签，未计入：{labels}"),
        ("{n} new row{s} made from {n2} row{s2}: none{refused}{left}", "由 {n2} 行生成 {n} 行新数据{refused}{left}"),
        ("{n} new row{s} made from {n2} row{s2}: {names}{refused}{left}", "由 {n2} 行生成 {n} 行新数据：{names}{refused}{left}"),
    ),
    {
        "trouble": sentence(TROUBLES), "language": word_by_word({english: LANGUAGES_ZH[code] for code, english in LANGUAGES.items()}), "mark": word_by_word(MARKS),
        "refused": optional(r"; [\d,]+ texts? refused: [^;]+?", UNMADE), "left": optional("; n[^;]+?", UNMADE),
        "some": word_by_word({"a label": "", "labels": ""}), "them": word_by_word({"it": "", "them": ""}),
    },
)  # fmt: skip
