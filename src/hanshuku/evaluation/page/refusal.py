"""Refusal: the risk-coverage curve, what was refused, sets of labels, and rows from out of scope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hanshuku.evaluation.notes import cause_text
from hanshuku.evaluation.page.base import Say, Section
from hanshuku.evaluation.page.html import Cell, esc, facts, figure, interval, more, number, paragraph, percent, table
from hanshuku.evaluation.page.svg import Line, plot

DRAWN_FROM = 0.05  # coverage below which the curve is a handful of rows


def says(data: Mapping[str, Any], say: Say) -> str:
    """What it refused; of a function that refuses nothing, what it could."""
    refused = data["refused"]
    if refused is None:
        best = data["at"][1]
        return say["could"].format(risk=percent(data["risk"]["value"]), level=percent(best["risk"]), coverage=percent(best["coverage"]), low=percent(best["low"]), high=percent(best["high"]))
    causes = [(f"{one['count']:,}", say.get(one["name"]) or cause_text(one["name"], say["language"])) for one in refused["reasons"]]
    reasons = say["and"].join(say["cause"].format(count=count, cause=cause) for count, cause in causes) or "0"
    text = say["did"].format(
        answered=f"{refused['answered']:,}", n=f"{refused['n']:,}", coverage=percent(refused["coverage"]["value"]), reasons=reasons, risk=percent(refused["risk"]["value"]),
        low=percent(refused["risk"]["low"]), high=percent(refused["risk"]["high"]), whole=percent(data["risk"]["value"]),
    )  # fmt: skip
    if refused["asked"] is None:
        return text
    kept = refused["risk"]["low"] is None or refused["risk"]["low"] <= refused["asked"]
    return text + say["kept" if kept else "broken"].format(asked=percent(refused["asked"]), sure=f"{refused['sure']:g}")


def html(data: Mapping[str, Any], say: Say) -> str:
    """The curve, the coverage at some risks, and the rest as facts."""
    points = [(one["coverage"], one["risk"]) for one in data["curve"] if one["coverage"] >= DRAWN_FROM]
    whole = data["risk"]["value"]
    lines = [Line([(0.0, whole), (1.0, whole)], "soft"), Line(points, "main")]
    refused = data["refused"]
    if refused is not None and refused["risk"]["value"] is not None and refused["answered"]:
        lines.append(Line([(refused["coverage"]["value"], refused["risk"]["value"])], "other", name=say["here"], bars=[(refused["risk"]["low"], refused["risk"]["high"])], dots=True))
    top = max([whole, *(point[1] for point in points), *((refused["risk"]["high"] or 0.0,) if refused else ())]) * 1.1 or 0.05
    drawn = plot(lines, say["coverage"], say["risk"], says(data, say), x=(0.0, 1.0), y=(0.0, min(top, 1.0)))
    head = [say["at_risk"], say["coverage"], say["interval"], say["least"]]
    rows: list[list[Cell]] = [[percent(one["risk"]), percent(one["coverage"]), f"{percent(one['low'])}–{percent(one['high'])}", number(one["least"])] for one in data["at"]]
    found = [(say["aurc"], f"{number(data['aurc']['value'], 4)} ({interval(data['aurc'], 4)}); {esc(say['excess'])} {number(data['excess'], 4)}"), *_more(data, say)]
    told = figure(drawn, say["caption"]) + table(say["reachable"], head, rows, numbers_from=0, foot=say["no_promise"]) + facts(found)
    return told + more(say["meaning"], paragraph(say["how"]))


def _more(data: Mapping[str, Any], say: Say) -> list[tuple[str, str]]:
    found, sets, strangers = [], data["sets"], data["strangers"]
    if sets is not None:
        held = {key: percent(sets["held"][key]) for key in ("value", "low", "high")}
        found.append((say["sets"], esc(say["sets_hold"].format(**held, asked=percent(sets["coverage"]), size=number(sets["size"], 2), empty=percent(sets["empty"]), n=f"{sets['n']:,}"))))
    if strangers is not None:
        numbers = {f"{key}": f"{number(strangers[key]['value'])} [{interval(strangers[key])}]" for key in ("auroc", "fpr95")}
        text = say["told"].format(**numbers, by=say[f"by_{strangers['by']}"], n=f"{strangers['n']:,}", known=f"{strangers['known']:,}")
        if strangers["refused"] is not None:
            text += say["told_refused"].format(share=percent(strangers["refused"]), known=percent(strangers["refused_known"]))
        found.append((say["strangers"], esc(text)))
    return found


def lines(data: Mapping[str, Any], say: Say) -> list[str]:
    """Coverage at some risks, and the facts."""
    from html import unescape

    at = say["semicolon"].join(f"{percent(one['risk'])}{say['colon']}{percent(one['coverage'])}" for one in data["at"])
    return [f"{say['reachable']}{say['colon']}{at}", *(f"{name}{say['colon']}{unescape(text)}" for name, text in _more(data, say))]


SECTION = Section(
    {
        "en": {
            "title": "Refusal", "coverage": "coverage (share answered)", "risk": "risk (wrong among those answered)", "and": " and ", "cause": "{count} {cause}", "unsure": "unsure", "out_of_scope": "out of scope", "here": "as it is",
            "could": "Answering all rows, {risk} are wrong. If only the surest were answered, {level} would be wrong at a coverage of {coverage} [{low}, {high}].",
            "did": "It answered {answered} of {n} rows ({coverage}; refused: {reasons}). Of its answers {risk} [{low}, {high}] are wrong; of all rows it would be {whole}.",
            "kept": " At most {asked} was asked for, with certainty {sure}: these rows do not speak against it.", "broken": " At most {asked} was asked for, with certainty {sure}: on these rows that is not kept; they differ from the held-out ones.",
            "caption": "The surest rows are answered first. Dotted: the risk where all are answered.", "at_risk": "at most this share wrong", "least": "least confidence",
            "reachable": "Coverage at a risk", "no_promise": "What these rows show, and no promise: for one, calibrate on other rows with risk=.",
            "aurc": "Area under the curve (AURC, less is better)", "excess": "above the best order of the same answers:", "meaning": "What these numbers mean",
            "how": "A function that refuses gives no answer where its confidence is too low or the row is unlike what it knows. Refused rows are not right in any metric of this report; "
            "the risk counts the others alone. Rows with a label that the function does not know are wrong where they are answered.",
            "sets": "Sets of labels", "sets_hold": "hold the right label on {value} [{low}, {high}] of {n} rows ({asked} was asked for), with {size} labels on average; {empty} are empty",
            "strangers": "Rows with a label that it does not know", "told": "told from the others by {by}: AUROC {auroc}, taken for known where 95% of those are kept {fpr95} ({n} against {known} rows)",
            "told_refused": "; {share} of them are refused, and {known} of the others", "by_confidence": "confidence", "by_energy": "energy", "by_mahalanobis": "Mahalanobis distance", "by_knn": "their nearest known rows",
        },
        "zh": {
            "title": "拒答", "coverage": "覆盖率（作答的比例）", "risk": "风险（作答中答错的比例）", "and": "、", "cause": "{count} 行{cause}", "unsure": "没有把握", "out_of_scope": "超出范围", "here": "当前",
            "could": "全部作答时答错 {risk}。若只回答最有把握的，答错 {level} 时覆盖率为 {coverage} [{low}, {high}]。",
            "did": "{n} 行中回答了 {answered} 行（{coverage}；拒答：{reasons}）。回答中答错 {risk} [{low}, {high}]；若全部作答则为 {whole}。",
            "kept": "要求至多 {asked}（把握 {sure}）：这些数据与此并不矛盾。", "broken": "要求至多 {asked}（把握 {sure}）：在这些数据上未能做到，它们与留出数据不同。",
            "caption": "最有把握的行先作答。虚线：全部作答时的风险。", "at_risk": "至多答错", "least": "最低置信度",
            "reachable": "给定风险下的覆盖率", "no_promise": "这是这些数据所显示的，并非保证；要有保证，请用 risk= 在其他数据上校准。",
            "aurc": "曲线下面积（AURC，越小越好）", "excess": "比同样回答的最佳次序高出", "meaning": "这些数字的含义",
            "how": "会拒答的函数在置信度过低、或数据与其所知不相像时不作回答。被拒答的行在本报告的任何指标中都不算答对；风险只计作答的行。标签为函数所不认识的行，一旦作答即算答错。",
            "sets": "标签集合", "sets_hold": "在 {n} 行中有 {value} [{low}, {high}] 含有正确标签（要求 {asked}），平均 {size} 个标签；{empty} 为空",
            "strangers": "标签不为函数所知的行", "told": "按{by}与其余区分：AUROC {auroc}，保留 95% 已知行时被误认为已知的比例 {fpr95}（{n} 行对 {known} 行）",
            "told_refused": "；其中 {share} 被拒答，其余的行有 {known} 被拒答", "by_confidence": "置信度", "by_energy": "能量", "by_mahalanobis": "马氏距离", "by_knn": "最近的已知行",
        },
    },
    html,
    says,
    lines,
)  # fmt: skip
