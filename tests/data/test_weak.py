"""Rough rules vote; a generative model finds without any true label which of them to trust."""

import json

import numpy as np
import pytest

from hanshuku.data.weak import Votes, apply, combine, keyword_rule, read_rules, regex_rule
from hanshuku.errors import ConfigError, DataError, UnknownName
from tests.cli.test_cli import run

TEXTS = ["My PARCEL is late", "refund my money", "parcelled out", "the parcel, and the money", "hello", "包裹没到", "我要退款"]
RULES = [keyword_rule("delivery", ["parcel", "包裹"]), keyword_rule("refund", ["money", "退款"]), regex_rule("delivery", r"\blate\b", "late")]


def simulated(accuracies, coverage=0.6, rows=2000, labels=3, seed=0):
    """Votes of independent rules with these accuracies, and the true labels."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, labels, rows)
    table = np.full((rows, len(accuracies)), -1)
    for j, accuracy in enumerate(accuracies):
        wrong = (true + rng.integers(1, labels, rows)) % labels
        vote = np.where(rng.random(rows) < accuracy, true, wrong)
        table[:, j] = np.where(rng.random(rows) < coverage, vote, -1)
    return Votes(tuple(map(str, range(rows))), tuple("abc"[:labels]), tuple(f"rule {j}" for j in range(len(accuracies))), table), true


def test_a_keyword_is_a_whole_word_and_case_does_not_count():
    votes = apply(RULES[:1], TEXTS, ["delivery", "refund"])
    assert votes.table[:, 0].tolist() == [0, -1, -1, 0, -1, 0, -1]


def test_a_plain_function_is_a_rule():
    def shouts(text):
        return "refund" if "!" in text else None

    votes = apply([shouts], ["a!", "b"], ["delivery", "refund"])
    assert (votes.rules, votes.table.tolist()) == (("shouts",), [[1], [-1]])


def test_majority_counts_every_vote_alike():
    weak = combine(apply(RULES, TEXTS), "majority")
    assert weak.chances[0].tolist() == [1.0, 0.0]
    assert weak.chances[3].tolist() == [0.5, 0.5]


def test_the_model_finds_how_right_each_rule_is_without_a_true_label():
    accuracies = [0.9, 0.8, 0.6, 0.5]
    votes, _ = simulated(accuracies)
    assert combine(votes).accuracies == pytest.approx(accuracies, abs=0.06)


def test_rules_that_always_clash_leave_no_text_and_it_is_said_that_they_are_tied():
    clash = combine(apply([keyword_rule("a", ["film"], "one"), keyword_rule("b", ["film"], "two")], ["a film", "no film"]), "majority")
    with pytest.raises(DataError, match="of 2 of these the votes are tied"):
        clash.examples()


def test_the_model_is_right_more_often_than_the_majority_where_rules_differ():
    votes, true = simulated([0.95, 0.5, 0.5, 0.5, 0.5], coverage=0.9)
    right = {how: float((combine(votes, how).chances.argmax(axis=1) == true)[votes.covered].mean()) for how in ("model", "majority")}
    assert right["model"] > right["majority"] + 0.05


def test_its_confidence_can_be_taken_at_its_word():
    votes, true = simulated([0.9, 0.8, 0.7])
    chances = combine(votes).chances
    sure = chances.max(axis=1)
    right = chances.argmax(axis=1) == true
    assert sure[votes.covered].mean() == pytest.approx(right[votes.covered].mean(), abs=0.03)


def test_how_common_labels_are_can_be_said():
    votes = apply(RULES, TEXTS)
    even, uneven = (combine(votes, balance=balance).chances[3] for balance in ([1, 1], [9, 1]))
    assert uneven[0] > even[0]


def test_rules_of_one_label_each_do_not_run_off_to_the_commoner_one():
    rng = np.random.default_rng(0)
    true = rng.integers(0, 2, 1000)
    table = np.stack([np.where(np.where(true == 0, rng.random(1000) < 0.8, rng.random(1000) < 0.15), 0, -1), np.where(np.where(true == 1, rng.random(1000) < 0.3, rng.random(1000) < 0.05), 1, -1)], axis=1)
    weak = combine(Votes(tuple(map(str, range(1000))), ("a", "b"), ("first", "second"), table))
    assert weak.accuracies.min() > 0.65
    assert ((weak.chances.argmax(axis=1) == true)[weak.votes.covered]).mean() > 0.8


def test_examples_leave_out_ties_and_what_no_rule_covers():
    weak = combine(apply(RULES, TEXTS), "majority")
    examples = weak.examples()
    assert [(row["text"], row["label"]) for row in examples] == [(TEXTS[0], "delivery"), (TEXTS[1], "refund"), (TEXTS[5], "delivery"), (TEXTS[6], "refund")]
    assert all(row["confidence"] == 1.0 for row in examples)
    with pytest.raises(DataError, match="confidence 1"):
        combine(apply(RULES, TEXTS)).examples(at_least=1.0)


def test_the_table_says_what_each_rule_covers_and_where_it_is_contradicted():
    weak = combine(apply(RULES, TEXTS))
    first = weak.table(["delivery", "refund", None, "refund", None, "delivery", "refund"])[0]
    assert (first["coverage"], first["overlap"], first["conflict"]) == pytest.approx((3 / 7, 2 / 7, 1 / 7))
    assert (first["measured"], first["n"]) == (pytest.approx(2 / 3), 3)


@pytest.mark.parametrize(("rules", "error"), [([], ConfigError), ([RULES[0], RULES[0]], ConfigError), ([lambda text: "stranger"], UnknownName), ([lambda text: text.nothing], DataError)])
def test_rules_that_cannot_vote_are_told(rules, error):
    with pytest.raises(error):
        apply(rules, TEXTS, ["delivery", "refund"])


def test_votes_for_one_label_alone_cannot_be_combined():
    with pytest.raises(DataError, match="two labels"):
        combine(apply(RULES[:1], TEXTS))


def test_rules_are_read_from_a_file_and_a_wrong_one_is_named(tmp_path):
    (tmp_path / "rules.csv").write_text("label,keywords,regex\ndelivery,parcel|包裹,\nrefund,,mone?y|退款\n", encoding="utf-8")
    assert apply(read_rules(tmp_path / "rules.csv"), TEXTS).table[1].tolist() == [-1, 1]
    (tmp_path / "bad.csv").write_text("label,regex\ndelivery,(\n")
    with pytest.raises(DataError, match=r"bad\.csv:2"):
        read_rules(tmp_path / "bad.csv")


def test_the_command_measures_the_rules_and_writes_rows_to_learn_from(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.csv").write_text("name,label,keywords\nparcels,delivery,parcel|包裹\nmoney,refund,money|退款\n", encoding="utf-8")
    (tmp_path / "texts.jsonl").write_text("\n".join(json.dumps({"text": text, "label": "delivery" if "包裹" in text or "PARCEL" in text else "refund"}) for text in TEXTS))
    code, out, _ = run(capsys, "weak", "texts.jsonl", "--rules", "rules.csv", "--out", "weak.jsonl")
    assert code == 0 and "parcels" in out and "5 of 7 texts have a vote" in out
    assert {"text", "label", "confidence"} == set(json.loads((tmp_path / "weak.jsonl").read_text(encoding="utf-8").splitlines()[0]))
    found = json.loads(run(capsys, "weak", "texts.jsonl", "--rules", "rules.csv", "--json")[1])
    assert found["rules"][0]["measured"] == pytest.approx(2 / 3)
    assert run(capsys, "weak", "texts.jsonl", "--rules", "rules.csv", "--balance", "delivery=3,refund=1")[0] == 0
    assert "number for each" in run(capsys, "weak", "texts.jsonl", "--rules", "rules.csv", "--balance", "delivery=3")[2]


def test_rules_and_a_file_that_name_their_labels_differently_are_told(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.csv").write_text("label,keywords\n1,parcel\n0,money\n")
    (tmp_path / "texts.csv").write_text("text,label\na parcel,delivery\nmy money,refund\n")
    code, _, err = run(capsys, "weak", "texts.csv", "--rules", "rules.csv")
    assert code == 2 and "Name the labels alike" in err
