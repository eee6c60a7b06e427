"""What is noted of answers that a server gave."""

from __future__ import annotations

from hanshuku.evaluation.notes.forms import Forms

REMOTE = Forms(
    (
        ("{n} answers reached the limit of {n2} tokens and may be cut short.", "{n} 个回答达到 {n2} 个词元的上限，可能没有写完"),
        ("{model} answered {n} requests ({n2} tokens in, {n3} out); {n4} answers were at hand.", "{model} 回答了 {n} 次请求（输入 {n2} 个词元，输出 {n3} 个）；另有 {n4} 个答案已保存"),
        ("{model} answered {n} requests ({n2} tokens in, {n3} out, price {price}); {n4} answers were at hand.", "{model} 回答了 {n} 次请求（输入 {n2} 个词元，输出 {n3} 个，费用 {price}）；另有 {n4} 个答案已保存"),
        ("The server did not count the tokens of {n} answers.", "服务器没有计算 {n} 个回答的词元数"),
        ("{n} answers named nothing legal, such as {column}; those rows got no information.", "{n} 个回答不在可选之列，如{column}；这些行没有得到信息"),
        ("The server gave no probabilities for {n} answers: their confidence says nothing.", "服务器没有给出 {n} 个回答的概率：其置信度没有意义"),
        ("The server refuses {names} as asked; it was asked without.", "服务器不接受 {names}；已不带这些设置询问"),
        ("Answers could not be kept: {path} cannot be written: {error}. What was there is untouched.", "回答未能保存：{path} 无法写入"),
    ),
    {"price": (r"[\d.e+-]+", str)},
)  # fmt: skip
