"""What to label next: rows the function is unsure of, unlike each other; before it has learned, rows that stand for many."""

import json

import pytest

pytest.importorskip("torch")

import hanshuku as hk
from hanshuku.errors import ConfigError, DataError
from hanshuku.functions.suggest import STRATEGIES, suggest
from tests.children import rows_of
from tests.cli.test_cli import run
from tests.functions.test_functions import ROWS

POOL = ["my parcel", "money", "the parcel and the money", "a glad happy day", "", "my parcel", "My  PARCEL", "a sunny day with good food", "服务很差", "parcel lost"]


@pytest.fixture(scope="module")
def team(tiny_encoder):
    return hk.classify(["delivery", "refund"], name="team").learn(ROWS, model=tiny_encoder, method="probe")


@pytest.mark.parametrize(("by", "how"), [(by, how) for by, all_ in STRATEGIES.items() for how in all_])
def test_every_way_to_choose_gives_different_rows_the_same_each_time(team, by, how):
    found = team.suggest(POOL, 4, by=by, how=how)
    assert len({each.text for each in found}) == 4
    assert [each.row for each in found] == [each.row for each in team.suggest(POOL, 4, by=by, how=how)]


def test_by_uncertainty_the_narrowest_margin_comes_first(team):
    scores = [sorted(team.predict(each.text).scores.values()) for each in team.suggest(POOL, 5, by="uncertainty")]
    gaps = [high - low for low, high in scores]
    assert gaps == sorted(gaps)


def test_a_suggestion_says_what_the_function_answers_and_why_it_is_there(team):
    best = team.suggest(POOL, 1, by="uncertainty")[0]
    prediction = team.predict(best.text)
    assert (best.guess, best.confidence) == (prediction.output, pytest.approx(prediction.confidence))
    assert best.reason.startswith("unsure: ")
    assert best.text == POOL[best.row]


def test_empty_repeated_and_labelled_rows_are_passed_over(team):
    found = team.suggest(POOL, 100, labelled=hk.read([{"text": "PARCEL lost", "label": "delivery"}]))
    assert sorted(each.row for each in found) == [0, 1, 2, 3, 7, 8]


def test_where_it_is_known_what_is_labelled_one_in_four_stands_for_a_group_without_a_label(team):
    reasons = [each.reason for each in team.suggest(POOL, 4, labelled=hk.read([{"text": "parcel lost", "label": "delivery"}]))]
    assert [reason.startswith("unsure") for reason in reasons] == [True, True, True, False]


def test_a_function_that_has_learned_nothing_goes_by_diversity(tiny_encoder):
    found = suggest(hk.extract({"type": "object", "properties": {"a": {"type": "string"}}}), POOL, n=3, model=tiny_encoder)
    assert all("rows that are alike" in each.reason or "no other" in each.reason for each in found)
    assert all(each.guess is None for each in suggest(None, POOL, n=3, model=tiny_encoder))


def test_uncertainty_of_what_has_not_learned_is_refused(tiny_encoder):
    with pytest.raises(ConfigError, match="has not"):
        suggest(None, POOL, by="uncertainty", model=tiny_encoder)


def test_several_labels_are_unsure_label_by_label(tiny_encoder):
    rows = [{"text": row["text"], "labels": [row["label"]]} for row in ROWS]
    function = hk.classify(["delivery", "refund"], several=True).learn(rows, model=tiny_encoder, method="probe")
    assert len(function.suggest(POOL, 3)) == len(function.suggest(POOL, 3, how="badge")) == 3


def test_numbers_say_nothing_of_how_sure_they_are(tiny_encoder):
    rate = hk.rate(1, 5).learn([{"text": row["text"], "score": 1 + 4 * (row["label"] == "refund")} for row in ROWS], model=tiny_encoder, method="probe")
    assert "alike" in rate.suggest(POOL, 1)[0].reason
    with pytest.raises(ConfigError, match="diversity"):
        rate.suggest(POOL, 1, by="uncertainty")


def test_entities_are_unsure_by_their_confidence(tiny_encoder):
    moods = hk.tag(["good", "bad"]).learn(rows_of("entities"), model=tiny_encoder, method="finetune", epochs=20.0, learning_rate=1e-2, dropout=0.0, batch_size=8)
    first = moods.suggest(["a glad day", "a sad night", "please, happy!"], 2, by="uncertainty")[0]
    assert first.reason == f"unsure: confidence {first.confidence:.2f}"


def test_pairs_are_chosen_too(tiny_encoder):
    pairs = [{"text_a": row["text"], "text_b": other["text"], "label": str(row["label"] == other["label"])} for row in ROWS for other in ROWS]
    same = hk.classify(["True", "False"], inputs=("text_a", "text_b")).learn(pairs, model=tiny_encoder, method="probe")
    assert len(same.suggest([("my parcel", "money"), ("money", "cash"), ("a", "b")], 2)) == 2


def test_pairs_are_chosen_before_there_is_a_function(tiny_encoder):
    pairs = [("my parcel", "money"), ("money", "cash"), ("a", "b"), ("服务很差", "服务不好")]
    found = suggest(None, pairs, n=2, model=tiny_encoder)
    file = hk.read([{"premise": one, "hypothesis": other} for one, other in pairs])
    assert {each.inputs for each in found} < set(pairs)
    assert suggest(None, file, n=2, model=tiny_encoder) == found


def test_texts_and_pairs_are_not_mixed(tiny_encoder):
    with pytest.raises(DataError, match="texts, or pairs of texts"):
        suggest(None, ["my parcel", ("money", "cash")], model=tiny_encoder)


def test_where_nothing_is_left_it_says_so(team):
    with pytest.raises(DataError, match="no row to choose from"):
        team.suggest(["", " "])


@pytest.mark.parametrize(("wrong", "why"), [({"by": "luck"}, "by is one of"), ({"by": "uncertainty", "how": "badge"}, "how is one of"), ({"n": 0}, "n is a")])
def test_what_is_no_way_to_choose_is_refused(team, wrong, why):
    with pytest.raises(ConfigError, match=why):
        team.suggest(POOL, **wrong)


def test_the_command_prints_rows_with_their_reasons_and_writes_them(capsys, tmp_path, monkeypatch, team, tiny_encoder):
    monkeypatch.chdir(tmp_path)
    team.save("team.fn")
    (tmp_path / "pool.csv").write_text("id,text\n" + "\n".join(f"{i},{text}" for i, text in enumerate(POOL) if text), encoding="utf-8")
    code, out, _ = run(capsys, "suggest", "team.fn", "pool.csv", "--n", "2", "--out", "next.jsonl", "-q")
    assert code == 0
    assert out.startswith("pool.csv:") and "unsure: " in out
    rows = [json.loads(line) for line in (tmp_path / "next.jsonl").read_text(encoding="utf-8").splitlines()]
    assert set(rows[0]) == {"id", "text", "guess", "confidence", "reason"}
    _, out, _ = run(capsys, "suggest", "pool.csv", "--n", "2", "--model", tiny_encoder, "--json")
    assert {"row", "text", "guess", "confidence", "reason", "file", "line"} == set(json.loads(out)["suggestions"][0])


def test_the_command_says_why_there_are_fewer_than_were_asked_for(capsys, tmp_path, tiny_encoder):
    (tmp_path / "pool.csv").write_text("text\nmy parcel\nMy parcel\nthe invoice\n", encoding="utf-8")
    code, _, err = run(capsys, "suggest", str(tmp_path / "pool.csv"), "--n", "5", "--model", tiny_encoder)
    assert code == 0 and "2 of the 5 rows asked for" in " ".join(err.split())
