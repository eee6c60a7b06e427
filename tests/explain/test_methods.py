"""SHAP, LIME and integrated gradients: what each promises, and that no draw depends on anything but the seed."""

import math
from itertools import combinations

import numpy as np
import pytest

from hanshuku.errors import ConfigError, MissingExtra
from hanshuku.explain import lime, shap
from hanshuku.explain.explain import BLACK_BOX, explain_rows
from hanshuku.tasks import Task
from tests.explain.test_explain import MOOD, Counting, weights


def game(kept):
    """Two words that count only together, one that counts by itself, one that does nothing."""
    return (2.0 * (kept[:, 0] & kept[:, 1]) + 3.0 * kept[:, 2] + 1.0)[:, None]


def shapley(words):
    """The values of `game` by their definition."""
    found = []
    for i in range(words):
        others = [j for j in range(words) if j != i]
        value = 0.0
        for size in range(words):
            for chosen in combinations(others, size):
                kept = np.isin(np.arange(words), chosen)[None]
                both = kept | (np.arange(words) == i)
                value += (game(both) - game(kept))[0, 0] * math.factorial(size) * math.factorial(words - size - 1) / math.factorial(words)
        found.append(value)
    return found


def test_shap_is_exact_where_all_sets_of_words_were_asked():
    kept = shap.masks(4, np.random.default_rng(0), 0)
    assert len(kept) == 16
    assert shap.weights(kept, game(kept))[:, 0] == pytest.approx(shapley(4), abs=1e-6)


def test_shap_comes_near_with_few_sets_and_still_adds_up():
    kept = shap.masks(14, np.random.default_rng(0), 400)
    assert len(kept) == 402
    found = shap.weights(kept, game(kept))[:, 0]
    assert found == pytest.approx([1.0, 1.0, 3.0] + [0.0] * 11, abs=0.15)
    assert found.sum() == pytest.approx(5.0)


def test_each_set_that_shap_draws_comes_with_its_complement():
    kept = shap.masks(20, np.random.default_rng(0), 50)[2:]
    assert (kept[0::2] == ~kept[1::2]).all()
    assert kept.any(axis=1).all()


def test_shap_agrees_with_captum():
    torch = pytest.importorskip("torch")
    captum = pytest.importorskip("captum.attr")
    torch.manual_seed(0)
    theirs = captum.KernelShap(lambda kept: torch.from_numpy(game(kept.numpy().astype(bool))[:, 0]))
    found = theirs.attribute(torch.ones(1, 6), baselines=torch.zeros(1, 6), n_samples=3000, perturbations_per_eval=500)[0].numpy()
    kept = shap.masks(6, np.random.default_rng(0), 0)
    assert shap.weights(kept, game(kept))[:, 0] == pytest.approx(found, abs=0.1)


def test_lime_finds_the_slopes_of_a_linear_function():
    kept = lime.masks(8, np.random.default_rng(0), 3000)
    slopes = np.array([3.0, -2.0, 0, 0, 1.0, 0, 0, 0])
    assert lime.weights(kept, (kept @ slopes)[:, None])[:, 0] == pytest.approx(slopes, abs=0.02)


@pytest.mark.parametrize("method", list(BLACK_BOX))
def test_the_word_with_a_meaning_has_most_weight_and_the_same_seed_gives_the_same(method):
    rows = [("today the film was awful, I think",), ("今天的电影真的很糟糕",), ("lovely",), ("",)]
    found = explain_rows(Counting(), rows, method=method, seed=3)
    assert [each.top(1)[0].text for each in found[:3]] == ["awful", "糟糕", "lovely"]
    assert found == explain_rows(Counting(), rows, method=method, seed=3)
    assert found[1] == explain_rows(Counting(), rows[1:2], method=method, seed=3)[0]  # whatever stands beside it


def test_more_samples_are_asked_where_they_are_wanted():
    predictor = Counting()
    asked = []
    ask = predictor.outputs
    predictor.outputs = lambda rows: asked.append(len(rows)) or ask(rows)
    explain_rows(predictor, [("one two three four five six seven eight nine ten",)], method="lime", samples=333)
    assert asked == [1, 335]


def test_gradients_of_what_has_none_are_refused_and_it_is_said_what_to_take():
    predictor = Counting()
    predictor.KIND = "onnx"
    with pytest.raises(ConfigError, match="exported from, or choose occlusion, shap or lime"):
        explain_rows(predictor, [("awful",)], method="integrated_gradients")


@pytest.fixture(scope="module")
def encoders(tiny_encoder):
    """Encoder predictors of every form that a head can have."""
    pytest.importorskip("torch")
    from hanshuku.inference.encoder import EncoderPredictor, Head
    from hanshuku.models.load import load_encoder

    loaded = load_encoder(tiny_encoder)
    rng = np.random.default_rng(0)

    def made(task, *, labels=2, pair="cross", **settings):
        width = 32 * (4 if pair == "bi" else max(1, len(settings.get("layers", ()))))
        head = Head(rng.normal(size=(labels, width)) * (0.1 if task.kind == "rate" else 1.0), np.full(labels, 0.5 if task.kind == "rate" else 0.1))
        return EncoderPredictor(task, loaded, head, settings.pop("pooling", "mean"), settings.pop("normalise", True), pair, precision="fp32", **settings)

    pair_of = Task("classify", ("first", "second"), ("good", "bad"))
    return {
        "mean": made(MOOD), "cls": made(MOOD, pooling="cls", normalise=False), "short": made(MOOD, max_length=8),
        "two layers": made(MOOD, layers=(2, 1)),
        "three labels": made(Task("classify", labels=("a", "b", "c")), labels=3), "several": made(Task("classify", labels=("good", "bad"), several=True)),
        "number": made(Task("rate", low=1, high=5), labels=1), "cross": made(pair_of), "bi": made(pair_of, pair="bi"),
        "three texts": made(Task("classify", ("a", "b", "c"), ("good", "bad"))),
    }  # fmt: skip


FORMS = ("mean", "cls", "short", "two layers", "three labels", "several", "number", "cross", "bi", "three texts")
TEXTS = ("what a wonderful lovely film today", "服务态度好，房间干净", "sad 🙁")


@pytest.mark.parametrize("form", FORMS)
def test_integrated_gradients_add_up_to_the_difference_of_the_scores(encoders, form):
    pytest.importorskip("captum")
    predictor = encoders[form]
    count = len(predictor.task.inputs)
    rows = [tuple(TEXTS[(i + k) % 3] for k in range(count)) for i in range(3)]
    for each, black_box in zip(explain_rows(predictor, rows, method="integrated_gradients"), explain_rows(predictor, rows, method="occlusion"), strict=True):
        assert {word.part for word in each.words} == set(range(count))
        assert each.shares[each.label].gap == pytest.approx(0, abs=0.02 * max(1, abs(each.score - each.base)))
        assert any(abs(word.weight) > 1e-3 for word in each.words)
        if form != "number":  # there the answer is cut to the range
            assert each.score == pytest.approx(black_box.score, abs=1e-3)


def test_words_beyond_what_the_model_reads_have_no_weight(encoders):
    pytest.importorskip("captum")
    (found,) = explain_rows(encoders["short"], [("what a wonderful lovely film today is this my order",)], method="integrated_gradients")
    assert found.words[0].weight != 0
    assert [word.weight for word in found.words[-3:]] == [0, 0, 0]


def test_an_empty_text_and_one_without_letters_have_gradients_too(encoders):
    pytest.importorskip("captum")
    empty, signs = explain_rows(encoders["mean"], [("",), ("!!! …",)], method="integrated_gradients")
    assert (empty.words, empty.shares[empty.label].gap) == ((), pytest.approx(0, abs=1e-5))
    assert len(signs.words) == 2


def test_the_network_is_as_it_was_and_holds_no_gradients(encoders):
    pytest.importorskip("captum")
    network = encoders["mean"].loaded.network
    before = [(p.requires_grad, p.clone()) for p in network.parameters()]
    explain_rows(encoders["mean"], [(TEXTS[0],)], method="integrated_gradients")
    assert all(p.grad is None and p.requires_grad == was and (p == value).all() for p, (was, value) in zip(network.parameters(), before, strict=True))


def test_without_captum_it_is_said_what_to_install(encoders, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(MissingExtra, match=r"hanshuku\[explain\]"):
        explain_rows(encoders["mean"], [("awful",)], method="integrated_gradients")


def test_a_number_is_told_in_its_unit_by_every_method():
    for method in BLACK_BOX:
        (found,) = explain_rows(Counting(Task("rate", low=0, high=10)), [("a lovely film",)], method=method, samples=0 if method == "occlusion" else 2000)
        assert weights(found)["lovely"].expected == pytest.approx(2.0, abs=0.1)


def test_of_a_calibrated_function_gradients_and_refusals_are_told(encoders):
    pytest.importorskip("captum")
    from hanshuku.inference.calibrated import CalibratedPredictor
    from hanshuku.metrics.scaling import Temperature

    calibrated = CalibratedPredictor(MOOD, encoders["mean"], Temperature(2.0), least=1.0)
    (found,) = explain_rows(calibrated, [(TEXTS[0],)], method="integrated_gradients")
    assert found.shares == explain_rows(encoders["mean"], [(TEXTS[0],)], method="integrated_gradients")[0].shares
    (scaled,), (plain,) = (explain_rows(one, [(TEXTS[0],)], method="occlusion") for one in (calibrated, encoders["mean"]))
    assert scaled.score == pytest.approx(plain.score / 2, abs=1e-3)
    assert (scaled.output, scaled.label) == (None, plain.output)
    assert "refused" in str(scaled.notes[0])


def test_samples_are_of_methods_that_draw_them():
    for options in ({"method": "occlusion", "samples": 5}, {"samples": 5}, {"method": "shap", "samples": -1}):
        with pytest.raises(ConfigError, match="shap and lime draw"):
            explain_rows(Counting(), [("an awful film",)], **options)


def test_fewer_samples_than_words_are_remarked_on():
    row = [("one two three four five six seven eight nine ten",)]
    assert "mostly chance" in str(explain_rows(Counting(), row, method="lime", samples=4)[0].notes[0])
    assert explain_rows(Counting(), row, method="lime", samples=50)[0].notes == ()
