"""Static vectors: words looked up, spans hashed by the batch, the same answers one by one."""

import hashlib

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.errors import FunctionFolderError
from hanshuku.inference.spans import Spans, hash_spans
from hanshuku.inference.static import StaticPredictor, overlap
from hanshuku.inference.word_vectors import WordVectors, sums
from hanshuku.methods import get_method
from tests.children import TASKS, rows_of
from tests.tiny import tiny_static

TEXTS = ["My parcel never came!", "", "我的包裹一直没有到，请退款", "ＦＵＬＬ width", "a", "parcel 包裹 parcel", "x" * 5000]


def of(spans, i):
    return sorted(spans.buckets[spans.starts[i] : spans.starts[i + 1]].tolist())


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return str(tiny_static(tmp_path_factory.mktemp("static") / "tiny-static"))


@pytest.fixture(scope="module")
def predictor(model):
    return get_method("static").fit(TASKS["one label"], rows_of("one label"), model=model)


def test_a_text_has_the_same_spans_in_any_batch():
    together = hash_spans(TEXTS, 1 << 16)
    assert [of(together, i) for i in range(len(TEXTS))] == [of(hash_spans([text], 1 << 16), 0) for text in TEXTS]


def test_case_and_width_are_not_told_apart():
    one, other = hash_spans(["Full WIDTH"], 1 << 16), hash_spans(["ｆｕｌｌ width"], 1 << 16)
    assert of(one, 0) == of(other, 0)


def test_a_typo_leaves_most_spans_as_they_were():
    spans = hash_spans(["the parcel never came", "the parcle never came", "interest rates fell again"], 1 << 16)
    shared = [len(set(of(spans, 0)) & set(of(spans, i))) for i in (1, 2)]
    assert shared[0] > 3 * max(shared[1], 1)


def test_no_texts_have_no_spans():
    assert len(hash_spans([], 1 << 16).buckets) == 0


def test_buckets_are_used_evenly():
    words = [hashlib.sha256(str(i).encode()).hexdigest() for i in range(3000)]
    counts = np.bincount(hash_spans(words, 1 << 10).buckets, minlength=1 << 10)
    assert counts.max() < 2 * counts.mean()


def test_overlap_is_the_shared_part_of_all_buckets():
    one, other = Spans(np.array([1, 2, 2, 5]), np.array([0, 3, 4])), Spans(np.array([2, 3, 9]), np.array([0, 2, 3]))
    assert overlap(one, other).tolist() == [1 / 3, 0.0]


def test_sums_of_empty_parts_are_zero():
    assert sums(np.ones((3, 2)), np.array([0, 0, 2, 3, 3])).tolist() == [[0, 0], [2, 2], [1, 1], [0, 0]]


def test_the_mean_of_a_text_is_that_of_its_tokens(predictor):
    tokenizer, vectors = predictor.tokenizer, predictor.vectors
    texts = ["my parcel never came", "我的包裹", "good food good food"]
    expected = [vectors[[i for word in text.split() for i in tokenizer.encode(word, add_special_tokens=False).ids]].mean(0) for text in texts]
    assert np.allclose(WordVectors(vectors, tokenizer).mean(texts), expected, atol=1e-5)


def test_a_word_gets_the_same_vector_whether_it_was_seen_before_or_not(predictor):
    words = WordVectors(predictor.vectors, predictor.tokenizer)
    first = words.mean(["good food", "my parcel"])
    assert np.array_equal(words.mean(["my parcel", "good food"])[::-1], first)


def test_a_long_text_is_cut_and_counted(predictor):
    before = predictor.cut
    predictor.outputs([("word " * 100_000,)])
    assert predictor.cut == before + 1


def test_damaged_vectors_are_named(predictor, tmp_path):
    data = predictor.save(tmp_path)
    (tmp_path / "model" / "vectors.npz").write_bytes(b"PK\x03\x04 nothing of use")
    with pytest.raises(FunctionFolderError, match="damaged"):
        StaticPredictor.load(tmp_path, data, TASKS["one label"])


@pytest.fixture(scope="module")
def cased(tmp_path_factory):
    """Static vectors whose tokenizer tells capitals."""
    from tokenizers import Tokenizer, normalizers

    folder = tiny_static(tmp_path_factory.mktemp("cased") / "tiny-cased")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.save(str(folder / "tokenizer.json"))
    return str(folder)


FORMS = [("My parcel never came!",), ("MY PARCEL NEVER CAME!",), ("my parcel never came!",)]


def test_capitals_are_read_as_small_letters_also_by_a_function_that_was_loaded(cased, tmp_path):
    folds = get_method("static").fit(TASKS["one label"], rows_of("one label"), model=cased)
    said = folds.save(tmp_path)
    for own in (folds, StaticPredictor.load(tmp_path, said, folds.task)):
        found = own.outputs(FORMS)
        assert np.array_equal(found[0], found[1]) and np.array_equal(found[0], found[2])


def test_capitals_can_be_told_where_that_is_asked_for(cased):
    found = get_method("static", fold_case=False).fit(TASKS["one label"], rows_of("one label"), model=cased).outputs(FORMS)
    assert not np.allclose(found[1], found[2])
