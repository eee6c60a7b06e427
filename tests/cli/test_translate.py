"""What learning a translation says of the languages."""

import json

import pytest

pytest.importorskip("torch")

from tests.cli.test_cli import run

EN, DE, FR = ("The dog runs over the grass.", "It is late."), ("Der Hund rennt über die Wiese.", "Es ist spät."), ("Le chien court dans le pré.", "Il est tard.")


def rows(**columns):
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


@pytest.fixture
def learn(capsys, tmp_path, tiny_causal):
    def given(examples, *more):
        file = tmp_path / "rows.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in examples))
        code, out, err = run(capsys, "learn", str(file), "--method", "prompt", "--model", tiny_causal, "--set", "max_new_tokens=4", "--out", str(tmp_path / "t.fn"), *more)
        return code, out, " ".join(err.split())

    return given


def test_the_language_that_was_found_is_printed_and_told_to_the_model(capsys, learn, tmp_path):
    code, _, err = learn(rows(english=EN, german=DE))
    assert code == 0 and "column 'english' is translated into German (de), by the name of the column 'german'" in err
    assert "Translate the text into German." in run(capsys, "call", str(tmp_path / "t.fn"), EN[0], "--show-prompt")[1]


def test_where_nothing_tells_it_is_said(learn):
    assert "nothing tells which language column 'target' is in" in learn(rows(source=EN, target=("1234", "5678")))[2]


def test_unclear_roles_are_one_line_and_code_2(learn):
    code, _, err = learn(rows(en=EN, de=DE, fr=FR))
    assert code == 2 and "columns={'source': 'en', 'target': 'fr'}" in err


def test_columns_said_by_hand_settle_it(learn):
    code, _, err = learn(rows(en=EN, de=DE, fr=FR), "--columns", "source=en,target=de")
    assert code == 0 and "into German (de), by the texts" in err
