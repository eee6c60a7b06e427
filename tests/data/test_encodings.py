"""read: encodings, and what is not text."""

from __future__ import annotations

import codecs
import gzip
import os

import pytest

from hanshuku.data.read import read
from hanshuku.errors import DataError

CHINESE = "文本,标签\n房间很干净，服务也好,好评\n等了两个小时，很失望,差评\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-32"])
def test_the_encoding_is_found(tmp_path, encoding):
    path = tmp_path / "rows.csv"
    path.write_bytes(CHINESE.encode(encoding))
    examples = read(path)
    assert examples.names == ("文本", "标签") and examples.column("标签") == ["好评", "差评"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_told_by_its_zero_bytes(tmp_path, encoding):
    path = tmp_path / "rows.csv"
    path.write_bytes("text,label\nhello there,a\n".encode(encoding))
    assert read(path).column("label") == ["a"]


def test_an_encoding_other_than_utf_8_is_said(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(CHINESE.encode("gb18030"))
    (note,) = read(path).notes
    assert note.kind == "encoding" and "GB18030" in note.message


def test_gb18030_is_found_although_only_the_end_of_a_large_file_shows_it(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"text,label\n" + b"plain ascii text,a\n" * 100_000 + "房间很干净,好\n".encode("gb18030"))
    assert read(path).column("text")[-1] == "房间很干净"


def test_the_first_wrong_byte_is_named_by_its_line(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"text,label\n" + "好,a\n".encode() * 3 + b"caf\xe9 au lait,b\n")
    with pytest.raises(DataError, match=r"rows\.csv:5: the bytes cannot be read as text: it is neither UTF-8 nor GB18030"):
        read(path)


def test_western_text_is_not_taken_for_chinese(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes("text,label\nL'été dernier était très agréable,bon\nÀ éviter: décevant,mauvais\n".encode("cp1252"))
    with pytest.raises(DataError, match="encoding="):
        read(path)
    assert "très" in read(path, encoding="cp1252").column("text")[0]


def test_an_encoding_that_is_given_wrongly_is_refused(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(CHINESE.encode("gb18030"))
    with pytest.raises(DataError, match=r":1: the bytes are not utf-8, as encoding= says"):
        read(path, encoding="utf-8")
    with pytest.raises(DataError, match="there is no encoding named 'utf-88'"):
        read(path, encoding="utf-88")


def test_a_mark_at_the_start_is_no_part_of_the_first_name(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(codecs.BOM_UTF8 + CHINESE.encode())
    assert read(path, encoding="utf-8").names == ("文本", "标签")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"PK\x03\x04rest", "a zip or Office file"),
        (b"%PDF-1.7", "a PDF"),
        (b"PAR1", "a parquet file"),
        (bytes(range(256)) * 4, "zero bytes"),
        (b"\xd0\xcf\x11\xe0 sheet", "an old Office file"),
    ],
)
def test_what_is_not_text_is_called_by_its_name(tmp_path, content, what):
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=what):
        read(path)


def test_random_bytes_are_refused(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(os.urandom(5000))
    with pytest.raises(DataError):
        read(path)


def test_a_gzip_file_that_was_cut_short_is_refused(tmp_path):
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(CHINESE.encode() * 500)[:-20])
    with pytest.raises(DataError, match="the gzip file is damaged or cut short"):
        read(path)
