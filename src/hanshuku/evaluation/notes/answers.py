"""What is noted of answers: texts cut, rows refused, programs run, what was not measured."""

from __future__ import annotations

import re

from hanshuku.evaluation.notes.forms import Forms, Gap, optional, sentence, word_by_word

WALLS = {
    "network namespace": "网络命名空间", "process namespace": "进程命名空间", "read-only mounts": "只读挂载", "user nobody": "nobody 用户", "limits": "资源限额",
    "landlock": "landlock", "no capabilities": "无特权", "seccomp": "seccomp", "nothing": "无",
}  # fmt: skip

CAUSES = Forms(
    (
        ("unsure", "没有把握"), ("out of scope", "超出范围"),
        ("{side}: toxicity ({why})", "{side}有害（{why}）"), ("{side}: injection ({why})", "{side}有提示注入（{why}）"),
        ("{side}: personal data ({names})", "{side}含个人数据（{names}）"), ("{side}: rule {why}", "{side}触犯规则 {why}"),
    ),
    {"side": word_by_word({"input": "输入", "output": "输出"})},
)  # fmt: skip

FAILURES = Forms(
    (
        ("it ended itself, or was ended by a limit, before its tests were through", "测试做完之前自行结束或因超限被终止"),
        ("ended: more than {n} s", "超过 {n} 秒"), ("ended: more than {n} kB written", "写出超过 {n} kB"), ("ended: too much said", "输出过多"),
    )
)  # fmt: skip

LIMITS = Forms(
    (
        ("{n} tokens", "{n} 个词元"), ("{n} characters", "{n} 个字符"), ("{n} tokens beside the answer", "答案之外 {n} 个词元"),
        ("{n} tokens of a question", "问题 {n} 个词元"), ("{n} tokens with the prompt", "连同提示词 {n} 个词元"),
    )
)  # fmt: skip

DOUBTS = Forms(
    (
        ("the network has no trunk and output layer that are known ({error})", "网络的主干和输出层不是已知的"),
        ("log-probabilities differ by {number}, where {number2} is rounding", "对数概率相差 {number}，而舍入误差只有 {number2}"),
        ("{error}: {message}", "{error}"),
    )
)


def _causes(text: str) -> str:
    counted = re.split(r", (?=[\d,]+ (?:unsure|out of scope|input: |output: ))", text[2:-1])
    told = [f"{CAUSES.told(cause) or cause} {count} 行" for count, _, cause in (each.partition(" ") for each in counted)]
    return f"（{'、'.join(told)}）" if text else ""


def _failures(text: str) -> str:
    told = [f"{FAILURES.told(failure) or failure} {count} 个" for failure, _, count in (each.rpartition(" ") for each in re.split(r"(?<=\d), ", text))]
    return "、".join(told)


def _walls(text: str) -> str:
    return "、".join(WALLS.get(wall, wall) for wall in text.split(", "))


PARTLY = Forms((("{n} of {n2} programs did not pass: {failures}. ", "{n2} 个程序中有 {n} 个未通过：{failures}。"),), {"failures": (".+?", _failures)})
COUNT: Gap = (r"[\d.,e+-]+", str)

ANSWERS = Forms(
    (
        ("{n} row{s} {has} a label that the function does not know: wrong in every metric, probability {number} in log_loss", "{n} 行的标签为函数所不认识：在各项指标中都算答错，log_loss 中概率取 {number}"),
        ("{n} of {n2} rows {was} refused{causes}: not right in any metric; risk is the share wrong among those answered", "{n2} 行中有 {n} 行被拒答{causes}：在任何指标中都不算答对；风险是作答中答错的比例"),
        ("pass_at_1 is not measured: no sandbox: generated programs are run on Linux alone, not on {system}", "未测量 pass_at_1，因为没有沙箱：生成的程序只在 Linux 上运行，不在 {system} 上运行"),
        ("pass_at_1 is not measured: no sandbox: this machine gives only {walls}", "未测量 pass_at_1，因为没有沙箱：这台机器只提供{walls}"),
        ("pass_at_1 is not measured: {failure}", "未测量 pass_at_1：{failure}"),
        ("{failed}Programs were run behind these walls: {walls}", "{failed}运行程序时的隔离手段：{walls}"),
        ("not measured, as it would take about {number} min at {number2} rows a second: {names}. Name them (checks=[...], --checks {checks}) to have them, or lower rows= (--rows)", "未测量，因为以每秒 {number2} 行计约需 {number} 分钟：{names}。点名（checks=[...]，--checks {checks}）即可测量，也可调低 rows=（--rows）"),
        ("{n} text{s} {was} longer than the model reads ({limit}) and lost {lost}.", "{n} 个文本超过模型所能读的长度（{limit}），截去了{lost}"),
        ("{n} answer{s} reached max_new_tokens={n2} and may be cut short.", "{n} 个回答达到 max_new_tokens={n2}，可能没有写完"),
        ("{n} answer{s} reached max_new_tokens={n2} and were closed with what the schema asks for at least.", "{n} 个回答达到 max_new_tokens={n2}，已按模式的最低要求收尾"),
        ("All labels in one forward does not work with {network} ({doubt}); each label is run for itself, which is slower.", "{network} 不能在一次前向计算中算出所有标签（{doubt}）；逐个标签计算，较慢"),
    ),
    {
        "number": COUNT, "causes": (r"(?: \(.+\))?", _causes), "walls": (".+?", _walls), "failure": sentence(FAILURES), "failed": optional(r"[\d,]+ of [\d,]+ programs .+\. ", PARTLY),
        "limit": sentence(LIMITS), "lost": word_by_word({"its end": "结尾", "their end": "结尾", "a part": "一部分"}), "doubt": sentence(DOUBTS),
    },
)  # fmt: skip
