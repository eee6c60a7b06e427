"""The zero-shot head answers by nearness to the descriptions; pairs by their own cosine."""

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.inference.embed import embed
from hanshuku.inference.heads import answers
from hanshuku.inference.pairs import pair_features
from hanshuku.methods.zero_shot import APART, label_vectors, unrelated_cosine, zero_shot_head
from hanshuku.models.load import load_encoder
from hanshuku.tasks import Task

TEXTS = ["my parcel never came", "a sunny day with good food", "please cancel my order", "我的包裹一直没有到"]


@pytest.fixture(scope="module")
def loaded(tiny_encoder):
    return load_encoder(tiny_encoder)


def test_the_answer_is_the_label_whose_sentences_lie_nearest(loaded):
    task = Task("classify", labels=("parcel", "weather", "order"))
    vectors, labels = embed(loaded, TEXTS), label_vectors(task, loaded)
    found = zero_shot_head(task, loaded).logits(vectors)
    centred = labels - labels.mean(0)
    assert (found.argmax(1) == (vectors @ centred.T).argmax(1)).all()


def test_the_scale_of_the_model_s_cosines_is_taken_out(loaded):
    assert -1 < unrelated_cosine(loaded, "fp32") < 1
    task = Task("classify", labels=("a", "b"))
    assert zero_shot_head(task, loaded).weight.shape == (2, 32)


def test_a_pair_with_a_number_is_rated_by_its_cosine(loaded):
    task = Task("rate", ("a", "b"), low=0, high=5)
    u = embed(loaded, TEXTS, precision="fp32")
    head = zero_shot_head(task, loaded, precision="fp32")
    same = answers(task, head.logits(pair_features(u, u)))
    other = answers(task, head.logits(pair_features(u, u[[1, 2, 3, 0]])))
    assert np.allclose(same, 5, atol=1e-3)
    assert (other < same).all()


def test_pairs_that_are_equal_are_the_same_and_pairs_apart_are_different(loaded):
    task = Task("classify", ("a", "b"), ("different", "same"))
    head = zero_shot_head(task, loaded, precision="fp32")
    base = unrelated_cosine(loaded, "fp32")
    features = np.zeros((2, 4 * 32), dtype=np.float32)
    features[:, 96] = [1.0, base + (1 - base) * (APART - 0.2)]  # u * v sums to the cosine
    assert head.logits(features).argmax(1).tolist() == [1, 0]


def test_with_more_labels_each_is_given_less_readily(loaded):
    few, many = (Task("classify", labels=tuple(f"l{i}" for i in range(n)), several=True) for n in (2, 30))
    assert zero_shot_head(many, loaded).bias.max() < zero_shot_head(few, loaded).bias.max()
