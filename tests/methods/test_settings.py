"""Settings as they are typed on the command line."""

from __future__ import annotations

import pytest

from hanshuku.errors import ConfigError
from hanshuku.methods.settings import parse_settings


def test_numbers_booleans_none_and_text_are_told_apart():
    assert parse_settings(["a=3", "b=0.5", "c=true", "d=none", "e=lora"]) == {"a": 3, "b": 0.5, "c": True, "d": None, "e": "lora"}


def test_an_at_sign_stands_for_the_text_in_a_file(tmp_path):
    file = tmp_path / "template.txt"
    file.write_text("请判断：\n{text}\n", encoding="utf-8")
    assert parse_settings([f"template=@{file}"]) == {"template": "请判断：\n{text}"}


def test_two_at_signs_stand_for_one():
    assert parse_settings(["lead=@@user:"]) == {"lead": "@user:"}


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(ConfigError, match=r"@nowhere\.txt .* No such file"):
        parse_settings(["template=@nowhere.txt"])


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "x").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        parse_settings([f"template=@{tmp_path / 'x'}"])


@pytest.mark.parametrize("name", ["seed", "model", "budget", "validation"])
def test_what_is_an_option_of_its_own_is_no_setting(name):
    with pytest.raises(ConfigError, match=f"'{name}' is no setting of a method"):
        parse_settings([f"{name}=5"])
