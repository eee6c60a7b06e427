"""Mistakes: the hardest rows as suits the task: words that led astray, spans in their text, whole texts, the order of candidates, fields of an object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hanshuku.evaluation.page.base import Say, Section
from hanshuku.evaluation.page.html import esc, more, paragraph, percent, shortened, table
from hanshuku.evaluation.page.marks import fits, marked_html, marked_line
from hanshuku.explain.base import Contribution
from hanshuku.explain.html import marked_text
from hanshuku.explain.wording import words_in
from hanshuku.tasks import TEXT_KINDS

if TYPE_CHECKING:
    from rich.table import Table

OPEN, TOLD = 5, 3  # mistakes that are seen at once on the page, and in the terminal
LONG = 400  # characters beyond which a text is cut where its words are not marked
AROUND, WIDTH, CANDIDATE = 120, 140, 150  # characters beside a span in a long text; of a line in the terminal; of a candidate
WRITTEN = TEXT_KINDS - {"complete_code"}  # there are more right answers than the reference
NONE = ("", "-")  # how the data say that there is no entity, no answer
One = Mapping[str, Any]


def says(data: One, say: Say) -> str:
    """How many are wrong; a text may be good and not its reference."""
    key = ("counted" if data["mistakes"] else "counted_alone") + ("_texts" if data.get("kind", "") in WRITTEN else "")
    return say[key].format(wrong=f"{data['wrong']:,}", n=f"{data['n']:,}", shown=len(data["mistakes"]))


def html(data: One, say: Say) -> str:
    """The rows one after the other."""
    found = data["mistakes"]
    if not found:
        return ""
    cards = [_card(one, data.get("kind", ""), say) for one in found]
    rest = more(say["others"].format(count=len(cards) - OPEN), f'<ol start="{OPEN + 1}">{"".join(cards[OPEN:])}</ol>') if cards[OPEN:] else ""
    notes = [say[key] for key, name in (("marks_number" if data.get("kind") == "rate" else "marks", "words"), ("signs", "spans")) if any(one.get(name) for one in found)]
    return "".join(paragraph(note, "note") for note in notes) + f"<ol>{''.join(cards[:OPEN])}</ol>" + rest


def _card(one: One, kind: str, say: Say) -> str:
    at = f' <span class="weak">{esc(say["line"].format(line=one["line"]))}</span>' if one["line"] else ""
    sure = esc(_sure(one, kind, say))
    texts = "".join(_input(one, part, name, text, kind, say) for part, (name, text) in enumerate(one["inputs"].items()) if not _is_ranked(one, part))
    said, due = f'<span class="bad">{esc(say["said"])}', f'<span class="good">{esc(say["due"])}'
    if kind in TEXT_KINDS:
        given, right = (_block(one[side], kind) if one[side] else "–" for side in ("given", "due"))
        due = f'<span class="good">{esc(_due(kind, say))}'
        return f"<li><p>{esc(say['asked'])}{at}</p>{texts}<p>{said}</span>{sure}</p>{given}<p>{due}</span></p>{right}</li>"
    if "ranking" in one:
        return f"<li><p>{esc(_placed(one, say))}{at}</p>{texts}{_ranking(one, say)}</li>"
    given, right = (esc(say["none"]) if one[side] in NONE and "spans" in one else shortened(one[side], LONG) for side in ("given", "due"))
    verdict = f"<p>{said}{say['colon']}<b>{given or '–'}</b></span>{sure}{say['semicolon']}{due}{say['colon']}<b>{right or esc(say['unknown'])}</b></span>{at}</p>"
    if "fields" in one:
        rows = [[esc(field["field"]), *(shortened(field[side], LONG) or "–" for side in ("given", "due"))] for field in one["fields"]]
        return f"<li><p>{esc(say['asked'])}{at}</p>{texts}{table(say['unlike'].format(count=len(rows)) + _sure(one, kind, say), (say['field'], say['said'], say['due']), rows, numbers_from=3)}</li>"
    return f"<li>{verdict}{texts}</li>"


def _sure(one: One, kind: str, say: Say) -> str:
    """How sure the answer was, and of a text how like its reference it is."""
    parts = [] if one["confidence"] is None else [f"{say['sure']} {percent(one['confidence'])}"]
    parts += [f"{say['alike']} {percent(one['score'])}"] if kind in WRITTEN else []
    return say["aside"].format(say["pause"].join(parts)) if parts else ""


def _due(kind: str, say: Say) -> str:
    return say["reference" if kind in WRITTEN else "due"]


def _is_ranked(one: One, part: int) -> bool:
    """Whether an input holds the candidates, which stand in the ranking."""
    return "ranking" in one and part == len(one["inputs"]) - 1


def _input(one: One, part: int, name: str, text: str, kind: str, say: Say) -> str:
    """A text that was read, with its words or spans marked where that is known."""
    words = [Contribution(**word) for word in one["words"] if word["part"] == part]
    spans = [span for span in one.get("spans", ()) if span["part"] == part]
    lead = f"<b>{esc(name)}</b> " if len(one["inputs"]) > 1 else ""
    if words:
        greatest = max(abs(word["weight"]) for word in one["words"])
        return _row(lead, marked_text(text, words, greatest, one["unit"], words_in(say["language"])))
    if spans and fits(text, spans):
        return _row(lead, marked_html(text, spans, say, whole=LONG, around=AROUND))
    return _block(text, kind, lead, is_end=kind == "chat")


def _row(lead: str, shown: str) -> str:
    return f'<p class="row">{lead}<bdi>{shown}</bdi></p>'


def _block(text: str, kind: str = "", lead: str = "", *, is_end: bool = False) -> str:
    """A text with its lines as they are, programs in even letters; of a long one the beginning, or the end."""
    if len(text) > LONG:
        text = "… " + text[-LONG:].lstrip() if is_end else text[:LONG].rstrip() + " …"
    return _row(lead, f"<code>{esc(text)}</code>" if kind == "complete_code" else esc(text.strip()))


def _placed(one: One, say: Say) -> str:
    """Where the first candidate stands that is due."""
    place = next((each["place"] for each in one["ranking"] if each["due"]), None)
    return say["nowhere"] if place is None else say["placed"].format(place=place, of=one["candidates"])


def _ranking(one: One, say: Say) -> str:
    mark = f' <small class="sign good">✓ {esc(say["relevant"])}</small>'
    return "".join(f'<p class="row"><b>{each["place"]}.</b> <bdi>{shortened(each["text"], CANDIDATE)}</bdi>{mark if each["due"] else ""}</p>' for each in one["ranking"])


def lines(data: One, say: Say) -> Iterator[str | Table]:
    """The first few."""
    for one in data["mistakes"][:TOLD]:
        yield from _told(one, data.get("kind", ""), say)
    if any(one.get("spans") for one in data["mistakes"][:TOLD]):
        yield f"  {say['signs']}"


def _told(one: One, kind: str, say: Say) -> Iterator[str]:
    sure, to = _sure(one, kind, say), say["colon"]
    at = f" {say['line'].format(line=one['line'])}" if one["line"] else ""
    first, *rest = one["inputs"].values()
    if kind in TEXT_KINDS:
        asked = "…" + " ".join(first.split())[1 - WIDTH :] if kind == "chat" and len(first) > WIDTH else _cut(" | ".join(one["inputs"].values()), WIDTH)
        yield from (f"  {say['asked']}{at}{to}{asked}", f"    {say['said']}{sure}{to}{_cut(one['given'], WIDTH)}", f"    {_due(kind, say)}{to}{_cut(one['due'], WIDTH)}")
    elif "ranking" in one:
        yield f"  {_placed(one, say)}{at}{to}{_cut(first, WIDTH)}"
        for each in one["ranking"]:
            if each["due"] or each["place"] == 1:  # what is first and what should be
                yield f"    {each['place']}. {_cut(each['text'])}{' ✓' if each['due'] else ''}"
    elif "fields" in one:
        yield f"  {say['unlike'].format(count=len(one['fields']))}{sure}{at}{to}{_cut(first, WIDTH)}"
        for each in one["fields"]:
            yield f"    {each['field']}{to}{say['said']}{to}{_cut(each['given']) or '–'}{say['semicolon']}{say['due']}{to}{_cut(each['due']) or '–'}"
    else:
        given, due = (say["none"] if one[side] in NONE and "spans" in one else _cut(one[side]) for side in ("given", "due"))
        yield f"  {say['said']}{to}{given}{sure}{say['semicolon']}{say['due']}{to}{due or say['unknown']}{at}"
        spans, text = one.get("spans", ()), (rest or [first])[-1]
        if spans and fits(text, spans):
            yield f"    {_cut(first, WIDTH)}\n    {_marked(text, spans)}" if rest else f"    {_marked(text, spans)}"
        else:
            yield f"    {_cut(' | '.join(one['inputs'].values()), WIDTH)}"


def _marked(text: str, spans: Any) -> str:
    return marked_line(text, spans, whole=2 * WIDTH, around=AROUND // 3)


def _cut(text: str, width: int = 60) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= width else flat[: width - 1] + "…"


WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Hardest mistakes", "counted": "{wrong} of {n} answers are not wholly right; the {shown} that are most wrong stand below, of those as wrong the surest first.",
        "counted_alone": "{wrong} of {n} answers are not wholly right.",
        "counted_texts": "{wrong} of {n} answers are not word for word their reference, which may be no fault; the {shown} that are least like it stand below.",
        "counted_alone_texts": "{wrong} of {n} answers are not word for word their reference, which may be no fault.",
        "marks": "Blue words speak for the answer that was given, orange ones (dashed) against it, the stronger the fuller: found by leaving out one word at a time.",
        "marks_number": "Blue words raise the number that was given, orange ones (dashed) lower it, the stronger the fuller: found by leaving out one word at a time.",
        "signs": "✓ answered and right; ✗ answered, but wrong; ○ right, but not answered.",
        "right": "answered and right", "wrong": "answered, but wrong", "missed": "right, but not answered",
        "line": "(line {line})", "said": "answered", "due": "right is", "sure": "confidence", "others": "{count} more", "none": "nothing", "asked": "input", "reference": "reference", "alike": "likeness to the reference",
        "placed": "The first relevant candidate stands at place {place} of {of}.", "nowhere": "No candidate is relevant.", "relevant": "relevant",
        "unlike": "Fields that differ: {count}.", "field": "field",
    },
    "zh": {
        "title": "最难的错误", "counted": "{n} 个回答中有 {wrong} 个不完全正确；错得最厉害的 {shown} 个列在下面，程度相同的以最确信的在前。",
        "counted_alone": "{n} 个回答中有 {wrong} 个不完全正确。",
        "counted_texts": "{n} 个回答中有 {wrong} 个与参考答案不完全一致（未必是错）；与之最不相似的 {shown} 个列在下面。",
        "counted_alone_texts": "{n} 个回答中有 {wrong} 个与参考答案不完全一致（未必是错）。",
        "marks": "蓝色的词支持所给的回答，橙色（虚线）的词反对，颜色越深作用越大：逐个去掉一个词后测得。",
        "marks_number": "蓝色的词提高所给的数，橙色（虚线）的词降低它，颜色越深作用越大：逐个去掉一个词后测得。",
        "signs": "✓ 答出且正确；✗ 答出但错误；○ 应答而未答出。",
        "right": "答出且正确", "wrong": "答出但错误", "missed": "应答而未答出",
        "line": "（第 {line} 行）", "said": "答为", "due": "应为", "sure": "置信度", "others": "另有 {count} 个", "none": "无", "asked": "输入", "reference": "参考答案", "alike": "与参考答案的相似度",
        "placed": "第一个相关的候选排在第 {place} 位，共 {of} 个。", "nowhere": "没有相关的候选。", "relevant": "相关",
        "unlike": "不一致的字段：{count} 个。", "field": "字段",
    },
}  # fmt: skip

SECTION = Section(WORDS, html, says, lines)
