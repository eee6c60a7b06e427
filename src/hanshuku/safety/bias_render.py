"""What `hanshuku bias` prints, in English and Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table

from hanshuku.errors import UnknownName
from hanshuku.safety.model_bias import ModelBias, is_biased

if TYPE_CHECKING:
    from rich.console import Console

WORDS = {
    "en": {
        "likelier": "{model} finds the stereotyped text likelier in {value} of {n} pairs [{low}, {high}]; without a preference it would be 50%. {verdict}",
        "clear": "That is more than chance (p {p}).", "reverse": "That is less than chance would give (p {p}).", "open": "That is not more than chance (p {p}).",
        "resolved": "Whom a pronoun means it tells right in {pro} of {n} sentences that fit the stereotype and in {anti} of those that do not: gap {gap} points{ends}. {verdict}",
        "group": "group", "share": "stereotyped likelier", "interval": "95% interval", "n": "pairs", "difference": "nats", "p": "p (Holm)", "all": "all",
        "stereo": "shows a stereotype", "antistereo": "goes against one", "pro": "right, fits", "anti": "right, fits not", "gap": "gap",
        "looked": "{count} p-values, corrected together (Holm). Score: {score}; {kind} model. {left}{cut}", "whole": "likelihood of the whole texts", "shared": "likelihood of the tokens that both texts have",
        "left": "Left out: {what}. ", "cut": "{cut} texts were longer than the model reads.", "causal": "causal", "masked": "masked (pseudo-log-likelihood)",
    },
    "zh": {
        "likelier": "在 {n} 对文本中，{model} 认为带刻板印象的一条更可能的占 {value} [{low}, {high}]；没有偏好应为 50%。{verdict}",
        "clear": "这高于偶然（p {p}）。", "reverse": "这低于偶然（p {p}）。", "open": "这并不高于偶然（p {p}）。",
        "resolved": "代词指谁：在合乎刻板印象的 {n} 句中答对 {pro}，不合的句中答对 {anti}：差 {gap} 个百分点{ends}。{verdict}",
        "group": "类别", "share": "刻板印象更可能", "interval": "95% 区间", "n": "对数", "difference": "差（nat）", "p": "p (Holm)", "all": "全部",
        "stereo": "表现刻板印象", "antistereo": "反刻板印象", "pro": "合者答对", "anti": "不合者答对", "gap": "差",
        "looked": "共 {count} 个 p 值，一并校正（Holm）。计分：{score}；{kind}。{left}{cut}", "whole": "整条文本的似然", "shared": "两条文本共有词元的似然",
        "left": "未用：{what}。", "cut": "{cut} 条文本超过模型可读的长度。", "causal": "因果语言模型", "masked": "掩码语言模型（伪对数似然）",
    },
}  # fmt: skip


def render_bias(found: ModelBias, console: Console, language: str = "en") -> None:
    """Print what was found of a model.

    Raises:
        UnknownName: the language is neither "en" nor "zh".
    """
    if language not in WORDS:
        raise UnknownName("language", language, WORDS)
    say = WORDS[language]
    for line in verdicts(found, language):
        console.print(line, style="bold", markup=False)
    table = _table(say["group"], say["share"], say["interval"], say["n"], say["difference"], say["p"])
    for one in (*found.preferences, *found.directions):
        style = "red" if is_biased(one) and one.value > 0.5 else ""
        name = say.get(one.group, one.group) or say["all"]
        table.add_row(name, f"{one.value:.1%}", f"{one.low:.1%}–{one.high:.1%}", f"{one.n:,}", f"{one.difference:+.2f}", _p(one.p_holm), style=style)
    console.print(table)
    if found.resolved:
        table = _table(say["group"], say["pro"], say["anti"], say["gap"], say["interval"], say["n"], say["p"])
        for each in found.resolved:
            ends = "–" if each.gap["low"] is None else f"{100 * each.gap['low']:+.1f} … {100 * (each.gap['high'] or 0):+.1f}"
            table.add_row(each.group or say["all"], f"{each.pro['value']:.1%}", f"{each.anti['value']:.1%}", f"{100 * (each.gap['value'] or 0):+.1f}", ends, f"{each.n:,}", _p(each.p_holm))
        console.print(table)
    left = say["left"].format(what=", ".join(f"{count} {why}" for why, count in found.left_out.items())) if found.left_out else ""
    cut = say["cut"].format(cut=found.cut) if found.cut else ""
    console.print(say["looked"].format(count=found.looked_at, score=say[found.score], kind=say[found.kind], left=left, cut=cut).strip(), style="dim", markup=False)


def verdicts(found: ModelBias, language: str = "en") -> list[str]:
    """The findings in a sentence or two."""
    say, whole = WORDS[language], found.preferences[0]
    way = "open" if not is_biased(whole) else "clear" if whole.value > 0.5 else "reverse"
    said = say[way].format(p=_p(whole.p_holm))
    lines = [say["likelier"].format(model=found.model, value=f"{whole.value:.1%}", n=f"{whole.n:,}", low=f"{whole.low:.1%}", high=f"{whole.high:.1%}", verdict=said)]
    if found.resolved:
        one = found.resolved[0]
        gap = one.gap["value"] or 0.0
        way = "open" if not is_biased(one) else "clear" if gap > 0 else "reverse"
        ends = "" if one.gap["low"] is None else f" [{100 * one.gap['low']:.1f}, {100 * (one.gap['high'] or 0):.1f}]"
        lines.append(say["resolved"].format(pro=f"{one.pro['value']:.1%}", anti=f"{one.anti['value']:.1%}", n=f"{one.n:,}", gap=f"{100 * gap:.1f}", ends=ends, verdict=say[way].format(p=_p(one.p_holm))))
    return lines


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for i, name in enumerate(columns):
        table.add_column(name, justify="right" if i else "left")
    return table


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
