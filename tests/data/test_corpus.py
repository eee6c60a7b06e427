"""A corpus gives its documents whatever file they are in, and holds out some that stand on one side only."""

import gzip
import json
import tracemalloc

import pytest

from hanshuku.data.corpus import LONGEST, is_held, open_corpus, share_of
from hanshuku.errors import ConfigError, DataError

TEXTS = ["first document", "第二篇文档", "third\nof two lines"]


def test_a_line_is_a_document_where_no_line_is_blank(tmp_path):
    (tmp_path / "a.txt").write_text("one\ntwo\n三\n", encoding="utf-8")
    assert list(open_corpus(tmp_path / "a.txt")) == ["one", "two", "三"]


def test_blank_lines_part_documents_where_there_are_any(tmp_path):
    (tmp_path / "a.txt").write_text("one\ntwo\n\n\n三\n", encoding="utf-8")
    assert list(open_corpus(tmp_path / "a.txt")) == ["one\ntwo", "三"]
    assert list(open_corpus(tmp_path / "a.txt", documents="line")) == ["one", "two", "三"]


def test_windows_line_ends_are_no_part_of_a_document(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"one\r\ntwo\r\n")
    assert list(open_corpus(tmp_path / "a.txt")) == ["one", "two"]


def test_jsonl_and_gzip_and_globs_are_read_in_order(tmp_path):
    rows = "\n".join(json.dumps({"text": text}) for text in TEXTS)
    (tmp_path / "a.jsonl").write_text(rows, encoding="utf-8")
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(rows.encode()))
    assert list(open_corpus(str(tmp_path / "*.jsonl*"))) == TEXTS * 2
    assert list(open_corpus([tmp_path / "b.jsonl.gz", tmp_path / "a.jsonl"])) == TEXTS * 2


def test_a_column_by_another_name_is_named(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps({"body": "words"}), encoding="utf-8")
    assert list(open_corpus(tmp_path / "a.jsonl", columns={"text": "body"})) == ["words"]
    with pytest.raises(DataError, match=r"'body'.*--columns text="):
        list(open_corpus(tmp_path / "a.jsonl"))


def test_texts_in_memory_are_a_corpus():
    assert list(open_corpus([*TEXTS, " "])) == TEXTS


def test_chinese_in_gb18030_is_read(tmp_path):
    (tmp_path / "a.txt").write_bytes(("今天天气很好，我们去公园散步\n" * 3).encode("gb18030"))
    assert set(open_corpus(tmp_path / "a.txt")) == {"今天天气很好，我们去公园散步"}


def test_a_scan_counts_documents_and_utf8_bytes():
    scan = open_corpus(TEXTS).scan()
    assert (scan.documents, scan.bytes) == (3, sum(len(text.encode()) for text in TEXTS))
    assert scan.sha256 != open_corpus(TEXTS[::-1]).scan().sha256


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_a_corpus_without_text_is_refused(tmp_path, text):
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(DataError, match="empty"):
        open_corpus(tmp_path / "a.txt").scan()


def test_a_file_that_is_not_there_and_a_word_that_is_not_legal_are_refused(tmp_path):
    (tmp_path / "corpus.txt").write_text("words")
    with pytest.raises(DataError, match=r"Did you mean .*corpus\.txt"):
        open_corpus(tmp_path / "corpsu.txt")
    with pytest.raises(ConfigError, match="line, paragraph"):
        open_corpus(["words"], documents="page")


def test_equal_documents_stand_on_the_same_side_and_about_the_share_is_held():
    texts = [f"document {i}" for i in range(4000)]
    held = [is_held(text, 0.1, seed=1) for text in texts]
    assert held == [is_held(text, 0.1, seed=1) for text in texts]
    assert 330 < sum(held) < 470
    assert held != [is_held(text, 0.1, seed=2) for text in texts]


def test_of_more_text_a_smaller_share_is_held_out():
    scan = open_corpus(TEXTS).scan()
    assert share_of(scan) == 0.1
    assert share_of(type(scan)(1, 10_000_000_000, "")) == pytest.approx(5e-5)


def test_a_file_of_one_endless_line_is_read_in_pieces_with_flat_memory(tmp_path):
    with (tmp_path / "a.txt").open("w") as stream:
        for _ in range(24):
            stream.write("words without an end " * (LONGEST // 21))
    tracemalloc.start()
    sizes = [len(text) for text in open_corpus(tmp_path / "a.txt", documents="line")]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert max(sizes) <= LONGEST
    assert sum(sizes) == 24 * 21 * (LONGEST // 21)
    assert peak < sum(sizes) / 2


@pytest.mark.parametrize("text", ["this is **so** good?", "why [not]", "what? **", "/ * ?", "a**/b"])
def test_a_text_with_signs_that_patterns_have_is_a_text(text):
    assert list(open_corpus([text, "and another one"])) == [text, "and another one"]
