"""A function is stated, learned, measured, saved and loaded, and nothing of it is mutated."""

import json
from typing import Annotated, Literal

import pytest

pytest.importorskip("torch")

import hanshuku as hk
from hanshuku.errors import ConfigError, DataError, FunctionFolderError, TaskError, UnknownName
from tests.words import TEAM, WordPredictor

ROWS = [{"text": text, "label": label} for text, label in [
    ("my parcel never came", "delivery"), ("where is the parcel", "delivery"), ("the parcel is late again", "delivery"), ("parcel lost", "delivery"),
    ("i want my money back", "refund"), ("give me the money back", "refund"), ("money back please", "refund"), ("return my money", "refund"),
]]  # fmt: skip
FAST = {"method": "finetune", "epochs": 12, "learning_rate": 3e-3}


@hk.function
def team(message: str) -> Literal["delivery", "refund"]:
    """Which team should answer?"""


@pytest.fixture(scope="module")
def learned(tiny_encoder):
    return team.learn(ROWS, model=tiny_encoder, **FAST)


def test_a_call_gives_the_type_of_the_signature(learned):
    assert learned("my parcel never came") == "delivery"
    assert learned(message="i want my money back") == "refund"


def test_predict_adds_confidence_and_scores(learned):
    prediction = learned.predict("my parcel never came")
    assert prediction.output == "delivery"
    assert prediction.confidence == max(prediction.scores.values())
    assert sum(prediction.scores.values()) == pytest.approx(1, abs=1e-5)


def test_learning_returns_a_new_function_and_leaves_the_old_one(learned):
    assert learned is not team
    assert not team.history or team.history[-1].method == "similarity"
    assert learned.history[-1].method == "finetune"
    assert learned.history[-1].rows == 8


def test_map_answers_many_rows_in_their_order(learned):
    texts = [row["text"] for row in ROWS]
    assert learned.map(texts) == [learned(text) for text in texts]
    assert learned.map([{"message": "parcel lost"}]) == learned.map([("parcel lost",)]) == learned.map(iter(["parcel lost"]))


@pytest.mark.parametrize(("args", "kwargs"), [((), {}), (("a", "b"), {}), ((), {"text": "a"}), (("a",), {"message": "a"})])
def test_a_call_that_does_not_fit_the_signature_says_what_is_due(learned, args, kwargs):
    with pytest.raises(DataError, match=r"team\(\) takes message"):
        learned(*args, **kwargs)


def test_a_row_that_is_no_text_is_named_by_its_place(learned):
    with pytest.raises(DataError, match="Row 1 does not fit"):
        learned.map(["a", 3])


def test_what_is_saved_is_loaded_and_answers_the_same(learned, tmp_path):
    learned.save(tmp_path / "team.fn")
    loaded = hk.load(tmp_path / "team.fn")
    assert loaded.task == learned.task
    assert loaded.predict("parcel") == learned.predict("parcel")
    assert loaded.history == learned.history


def test_a_loaded_function_can_learn_on_and_remembers_both(learned, tmp_path, tiny_encoder):
    learned.save(tmp_path / "team.fn")
    again = hk.load(tmp_path / "team.fn").learn(ROWS, model=tiny_encoder, method="finetune", epochs=1)
    assert [origin.rows for origin in again.history] == [8, 8]


def test_the_card_tells_what_was_learned_from_and_how_good_it_is(learned, tmp_path):
    learned.evaluate(ROWS)
    card = (learned.save(tmp_path / "team.fn") / "card.md").read_text(encoding="utf-8")
    assert "8 rows" in card
    assert "| accuracy |" in card


def test_function_json_holds_no_text_of_the_rows(learned, tmp_path):
    text = (learned.save(tmp_path / "team.fn") / "function.json").read_text(encoding="utf-8")
    assert not any(row["text"] in text for row in ROWS)
    assert json.loads(text)["format"] == 1


def test_evaluate_gives_intervals_n_and_chance(learned):
    metric = learned.evaluate(ROWS).metrics["accuracy"]
    assert 0 <= metric.low <= metric.value <= metric.high <= 1
    assert (metric.n, metric.chance) == (8, 0.5)


def test_a_test_label_that_training_never_had_counts_as_wrong_and_is_said(learned):
    report = learned.evaluate([*ROWS, {"text": "hello", "label": "weather"}])
    assert report.metrics["accuracy"].n == 9
    assert any("weather" in note for note in report.notes)


def test_empty_and_repeated_rows_are_left_out_of_learning_and_said(tiny_encoder):
    learned = team.learn([*ROWS, ROWS[0], {"text": "  ", "label": "refund"}], model=tiny_encoder, method="finetune", epochs=1)
    assert learned.history[-1].rows == 8
    assert len(learned.history[-1].notes) >= 2


def test_a_very_long_text_is_cut_to_what_the_model_reads(learned):
    assert learned("parcel " * 40_000) in team.task.labels


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"method": "fintune"}, UnknownName, "Did you mean 'finetune'"),
        ({"method": "finetune", "epoch": 3}, UnknownName, "Did you mean 'epochs'"),
        ({"method": "finetune", "model": "minlm"}, UnknownName, "Did you mean 'minilm'"),
        ({"method": "finetune", "budget": "soon"}, ConfigError, "budget"),
        ({"method": "finetune", "track": ("csv",)}, ConfigError, "folder"),
    ],
)
def test_a_wrong_option_is_met_with_what_is_right(options, error, said, tiny_encoder):
    with pytest.raises(error, match=said):
        team.learn(ROWS, **{"model": tiny_encoder, **options})


def test_one_label_only_is_refused(tiny_encoder):
    with pytest.raises(DataError, match="label"):
        team.learn([row for row in ROWS if row["label"] == "refund"], model=tiny_encoder, method="finetune")


def test_a_function_folder_of_a_newer_format_is_refused(learned, tmp_path):
    folder = learned.save(tmp_path / "team.fn")
    manifest = json.loads((folder / "function.json").read_text())
    (folder / "function.json").write_text(json.dumps(manifest | {"format": 7}))
    with pytest.raises(FunctionFolderError, match="format 7"):
        hk.load(folder)


def test_several_labels_a_pair_and_a_rating_go_the_same_way(tiny_encoder, tmp_path):
    topics = hk.classify(["delivery", "refund"], several=True)
    many = topics.learn([{"text": r["text"], "labels": [r["label"]]} for r in ROWS] * 1, model=tiny_encoder, **FAST)
    assert isinstance(many("parcel"), set)

    @hk.function
    def similar(text_a: str, text_b: str) -> Annotated[float, hk.Range(0, 5)]:
        """How alike are the two texts?"""

    pairs = [{"text_a": a["text"], "text_b": b["text"], "score": 5.0 if a["label"] == b["label"] else 0.0} for a in ROWS[:4] for b in ROWS]
    rated = similar.learn(pairs, model=tiny_encoder, method="finetune", epochs=1)
    assert 0 <= rated("parcel lost", "parcel") <= 5
    rated.save(tmp_path / "similar.fn")
    assert hk.load(tmp_path / "similar.fn")("parcel lost", "parcel") == pytest.approx(rated("parcel lost", "parcel"), abs=1e-4)


def test_memory_stays_flat_over_a_long_stream():
    function = hk.Function(TEAM, WordPredictor())
    seen = sum(1 for _ in function.stream(f"refund {i}" for i in range(5000)))
    assert seen == 5000
    assert max(function.predictor().batches) <= 1024


def test_a_text_in_place_of_labels_is_noticed():
    with pytest.raises(TaskError, match="did you mean"):
        hk.classify("a,b")


def test_half_a_character_is_read_as_the_sign_for_one_and_stops_nothing(learned):
    odd = "my parcel \ud83d never came"
    assert learned(odd) == learned("my parcel \ufffd never came")
    assert learned.evaluate([*ROWS, {"text": odd, "label": "delivery"}], checks=()).n == 9
