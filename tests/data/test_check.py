"""check: what a look through a file finds, with file and line."""

from __future__ import annotations

import json
import zlib

import pytest
from rich.console import Console

from hanshuku.data.check import check
from hanshuku.data.read import read
from hanshuku.errors import ConfigError, DataError
from hanshuku.tasks import Task

CLEAN = [{"text": f"clean text about {thing} number {i}", "label": thing} for thing in ("refunds", "parcels") for i in range(6)]


def look(*rows, **more):
    return check([*CLEAN, *rows], **more)


def lines(report, kind):
    return [place.line for place in report.find(kind).places]


def test_clean_rows_have_no_findings():
    report = check(CLEAN)
    assert report.ok and not report.findings and report.rows == 12
    assert report.labels == {"refunds": 6, "parcels": 6} and report.languages == {"en": 12}
    assert report.columns == {"text": "text", "label": "label"}
    assert report.lengths["characters"]["min"] == len(CLEAN[0]["text"])


def test_unreadable_rows_are_errors_with_their_lines(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("text,label\n" + "".join(f"{row['text']},{row['label']}\n" for row in CLEAN) + 'a,b,c\n\nfine,refunds\n"open,parcels\n')
    report = check(path)
    assert lines(report, "bad_rows") == [14, 17] and report.find("bad_rows").severity == "error"
    assert "3 cells where the header has 2" in report.find("bad_rows").message
    assert lines(report, "blank_lines") == [15]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("  ", "empty_rows"),
        (None, "empty_rows"),
        (" a text with space at its end ", "white_space"),
        ("a text with a zero\u200bwidth space", "control_characters"),
        ("bell \x07 rings", "control_characters"),
        ("It's good â€™ really", "mojibake"),
        ("CafÃ© au lait", "mojibake"),
        ("质量锟斤拷很好", "mojibake"),
        ("broken \ufffd character", "mojibake"),
        ("line one<br />line two", "html"),
        ("fish &amp; chips", "html"),
        (["a", "list"], "no_text"),
    ],
)
def test_unclean_texts_are_found_by_their_line(text, kind):
    report = look({"text": text, "label": "refunds"})
    assert lines(report, kind) == [13]


@pytest.mark.parametrize("text", ["Café au lait très bon", "a < b and b > c & d", "👩‍👩‍👧 family", "ｆｕｌｌ　ｗｉｄｔｈ", "Müller & Söhne", "tab\tand\nline"])
def test_clean_texts_of_unusual_looks_are_not_found(text):
    kinds = {finding.kind for finding in look({"text": text, "label": "refunds"}).findings}
    assert not kinds & {"mojibake", "html", "control_characters"}


def test_repeated_and_contradicting_rows_name_the_row_they_repeat():
    first = CLEAN[0]["text"]
    report = look({"text": first.upper() + "  ", "label": "refunds"}, {"text": first, "label": "parcels"})
    assert lines(report, "repeated_rows") == [13] and report.find("repeated_rows").places[0].note == "as rows:1"
    assert lines(report, "contradicting_rows") == [14]


def test_labels_that_differ_by_case_space_or_width_are_found():
    rows = [{"text": f"text {i} of its own", "label": label} for i, label in enumerate(("Refunds", "ｐａｒｃｅｌｓ", " parcels"))]
    messages = [finding.message for finding in look(*rows).findings if finding.kind == "label_variants"]
    assert any("'refunds' (6) and 'Refunds' (1)" in message for message in messages)
    assert any("ｐａｒｃｅｌｓ" in message for message in messages)


def test_a_label_that_may_be_a_typo_is_found_with_its_line():
    report = look({"text": "one more about money", "label": "refnuds"}, {"text": "负面", "label": "parcel"})
    found = [finding for finding in report.findings if finding.kind == "similar_labels"]
    assert [(finding.message[:15], finding.places[0].line) for finding in found] == [("label 'refnuds'", 13), ("label 'parcel' ", 14)]


@pytest.mark.parametrize("pair", [("level 1", "level 2"), ("toxic", "not toxic"), ("legal", "illegal"), ("好评", "差评"), ("helpful", "unhelpful")])
def test_labels_that_are_alike_on_purpose_are_not_called_typos(pair):
    rows = [{"text": f"text number {i}", "label": pair[i % 30 == 0]} for i in range(300)]
    assert check(rows).find("similar_labels") is None


def test_labels_seen_once_are_found():
    assert look({"text": "something else", "label": "lonely"}).find("labels_seen_once").places[0].line == 13


def test_uneven_classes_are_said():
    rows = [{"text": f"text number {i}", "label": "ab"[i % 40 == 0]} for i in range(200)]
    assert "'a' has 195 rows, 'b' 5" in check(rows).find("uneven_classes").message


def test_missing_labels_and_one_label_alone_are_errors():
    report = check([{"text": "a text", "label": "x"}, {"text": "another", "label": None}])
    assert lines(report, "missing_labels") == [2] and report.find("one_label").severity == "error"


def test_numbers_that_are_none_are_errors_with_their_line():
    report = check([{"text": "a text", "score": 1.5}, {"text": "another", "score": "nan"}, {"text": "more", "score": "high"}, {"text": "d", "score": 4}])
    assert lines(report, "not_a_number") == [2, 3] and report.columns["score"] == "score"


def test_numbers_outside_the_range_of_the_task_are_errors():
    report = check([{"text": "a", "score": 1}, {"text": "b", "score": 9}], task=Task("rate", low=0, high=5))
    assert lines(report, "out_of_range") == [2]


def test_labels_that_the_task_does_not_have_are_errors():
    assert lines(look({"text": "a", "label": "odd"}, task=Task("classify", labels=("refunds", "parcels"))), "unknown_labels") == [13]


def test_mixed_languages_are_said():
    report = look(*[{"text": f"这个包裹还没有到 {i}", "label": "parcels"} for i in range(4)])
    assert report.languages == {"en": 12, "zh-Hans": 4} and report.find("mixed_languages").count == 4


def test_several_labels_are_counted_one_by_one():
    report = check([{"text": f"text {i}", "labels": ["a", "b"] if i % 2 else ["a"]} for i in range(10)])
    assert report.labels == {"a": 10, "b": 5}


def test_a_text_a_row_is_no_label():
    report = check([{"text": f"text {i}", "label": f"answer {i}"} for i in range(300)])
    assert [finding.kind for finding in report.findings] == ["too_many_labels"]


def test_tokens_are_counted_as_the_model_counts_them(tiny_encoder):
    report = look({"text": "word " * 3000, "label": "parcels"}, model=tiny_encoder)
    assert lines(report, "long_texts") == [13] and report.lengths["tokens"]["max"] > 2000


def test_texts_without_labels_may_be_looked_at():
    report = check(["one text", "another text"])
    assert report.find("no_label_column").severity == "info" and report.rows == 2


LONG = "the quick brown fox jumps over the lazy dog while the cat sleeps on the warm mat by the old stove and dreams of mice".split()


def near(n):
    """The long text with its last n words replaced."""
    return " ".join(LONG[: len(LONG) - n] + ["word"] * n)


def test_rows_of_the_other_file_that_stand_here_are_found():
    report = look(against=[{"text": CLEAN[3]["text"].title(), "label": "refunds"}, {"text": "new text", "label": "parcels"}])
    assert lines(report, "leaked_rows") == [1] and report.find("leaked_rows").places[0].note == "as rows:4"
    assert report.against_rows == 2


def test_rows_of_the_other_file_that_nearly_stand_here_are_found():
    report = look({"text": near(0), "label": "parcels"}, against=[{"text": near(9), "label": "parcels"}, {"text": near(1), "label": "parcels"}])
    assert lines(report, "near_duplicates") == [2]
    assert "like rows:13" in report.find("near_duplicates").places[0].note


def test_chinese_near_duplicates_are_compared_by_characters():
    text = "这家酒店的位置非常好，离地铁站只有五分钟，房间干净整洁，前台服务热情周到，早餐品种丰富，下次来还会选择这里入住"
    report = check([{"text": text, "label": "好"}], against=[{"text": text[:-2] + "居住", "label": "好"}, {"text": text[::-1], "label": "好"}])
    assert lines(report, "near_duplicates") == [1]


def test_labels_of_the_other_file_that_this_one_never_has_are_said():
    report = look(against=[{"text": "new text", "label": "complaints"}, {"text": "newer", "label": "parcels"}])
    assert lines(report, "unlearned_labels") == [1] and "'refunds'" in report.find("unmeasured_labels").message


def test_a_large_index_is_thinned_and_that_is_said(monkeypatch):
    monkeypatch.setattr("hanshuku.data.duplicates.MAX_INDEXED", 8)
    rows = [{"text": near(1) + f" {zlib.crc32(bytes([i]))}", "label": "x"} for i in range(20)]
    report = check([{"text": near(0), "label": "x"}, {"text": near(1), "label": "y"}], against=rows, near=0.5)
    assert "5 of its 20 rows were compared" in report.find("near_duplicates").message


def test_a_report_is_plain_json_and_prints(capsys):
    report = look({"text": "<b>bold</b> [red]", "label": "Refunds"})
    data = json.loads(json.dumps(report.to_json()))
    assert data["rows"] == 13 and {"severity", "kind", "count", "message", "places"} == set(data["findings"][0]) and data["ok"] is False
    report.render(Console(width=120))
    printed = capsys.readouterr().out
    assert "13 rows" in printed and "rows:13" in printed and "0 errors" in printed


def test_a_stream_gives_the_same_report_as_the_rows_in_memory(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in CLEAN * 800))
    from_stream, from_memory = check(path), check(read(path))
    assert from_stream == from_memory and from_stream.find("repeated_rows").count == 12 * 799


def test_what_cannot_be_looked_at_is_refused():
    with pytest.raises(DataError, match="There is no text column"):
        check([{"id": 1}, {"id": 2}])
    with pytest.raises(DataError, match="there is no such file"):
        check("nowhere.csv")
    with pytest.raises(ConfigError, match="between 0 and 1"):
        check(CLEAN, near=1.5)
