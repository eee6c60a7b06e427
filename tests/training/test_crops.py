"""Crops: a text is cut in two between words, each part stands as a text of its own, and what they share is learned."""

import pytest

pytest.importorskip("torch")

import torch

from hanshuku.models.load import load_encoder
from hanshuku.training.crops import LEAST, PARTS, Cropper, Crops
from hanshuku.training.packing import frame_of

TEXTS = ["a glad happy sunny day with good food " * 4, "我的包裹一直没有到，客服也不回答我的问题，" * 2, "good food"]


@pytest.fixture(scope="module")
def loaded(tiny_encoder):
    return load_encoder(tiny_encoder)


def tokens(loaded, texts):
    return dict(loaded.tokenizer(texts, padding=True, return_tensors="pt", return_token_type_ids=False))


def cropper(loaded, prefix=""):
    return Cropper(loaded.tokenizer, frame_of(loaded.tokenizer, "crops", prefix))


def part(found, row, which):
    ids, mask = (found[name][row] for name in PARTS[which])
    return ids[mask.bool()].tolist()


def whole(batch, row):
    return batch["input_ids"][row][batch["attention_mask"][row].bool()].tolist()


@pytest.mark.parametrize("seed", range(5))
def test_both_parts_together_are_the_text_and_each_stands_in_its_own_frame(loaded, seed):
    batch = tokens(loaded, TEXTS)
    torch.manual_seed(seed)
    found = cropper(loaded)(batch)
    for row in (0, 1):
        first, second, text = part(found, row, 0), part(found, row, 1), whole(batch, row)
        assert first[0] == second[0] == text[0] and first[-1] == second[-1] == text[-1]
        assert first[1:-1] + second[1:-1] == text[1:-1]
        assert min(len(first), len(second)) - 2 >= LEAST


def test_a_cut_lies_in_the_middle_third_and_not_always_at_one_place(loaded):
    batch = tokens(loaded, [TEXTS[0]] * 50)
    torch.manual_seed(0)
    found = cropper(loaded)(batch)
    sizes = found["first_mask"].sum(1) - 2
    length = len(whole(batch, 0)) - 2
    assert len(set(sizes.tolist())) > 3
    assert length // 3 <= int(sizes.min()) and int(sizes.max()) <= 2 * length // 3 + 3  # up to the next word


@pytest.mark.parametrize("count", range(2 * LEAST, 3 * LEAST + 1))
def test_each_part_of_a_text_just_long_enough_has_the_least_length(loaded, count):
    batch = tokens(loaded, ["good " * count] * 20)
    torch.manual_seed(count)
    found = cropper(loaded)(batch)
    assert len(whole(batch, 0)) == count + 2
    for name in ("first_mask", "second_mask"):
        assert int(found[name].sum(1).min()) - 2 >= LEAST


def test_no_word_is_cut(loaded):
    tokenizer = loaded.tokenizer
    batch = tokens(loaded, ["gladder sunnier goodly foodless days " * 4] * 30)
    torch.manual_seed(0)
    found = cropper(loaded)(batch)
    behind = [tokenizer.convert_ids_to_tokens(part(found, row, 1)[1]) for row in range(30)]
    assert any(piece.startswith("##") for piece in tokenizer.convert_ids_to_tokens(whole(batch, 0)))
    assert not any(piece.startswith("##") for piece in behind)


def test_a_text_too_short_to_cut_is_its_own_other_part(loaded):
    batch = tokens(loaded, TEXTS)
    found = cropper(loaded)(batch)
    assert part(found, 2, 0) == part(found, 2, 1) == whole(batch, 2)


def test_what_stands_before_every_text_stands_before_both_parts(loaded):
    batch = tokens(loaded, ["good food " + text for text in TEXTS[:2]])
    cut = cropper(loaded, "good food")
    begin = whole(batch, 0)[: cut.begin]
    assert cut.begin > 1
    found = cut(batch)
    for row in (0, 1):
        assert part(found, row, 0)[: cut.begin] == part(found, row, 1)[: cut.begin] == begin
        assert part(found, row, 0)[cut.begin : -1] + part(found, row, 1)[cut.begin : -1] == whole(batch, row)[cut.begin : -1]


def test_padding_beside_longer_texts_changes_no_vector(loaded):
    crops = Crops(loaded.network.eval(), "mean")
    cut = cropper(loaded)
    torch.manual_seed(0)
    found = cut(tokens(loaded, TEXTS[2:]))
    torch.manual_seed(0)
    beside = cut(tokens(loaded, [TEXTS[2], TEXTS[0]]))
    with torch.no_grad():
        assert torch.allclose(crops.views(found)[0][0], crops.views(beside)[0][0], atol=1e-5)


def test_equal_texts_are_no_strangers_to_one_another(loaded):
    crops, batch = Crops(loaded.network.eval(), "mean"), tokens(loaded, [TEXTS[0], TEXTS[0]])
    with torch.no_grad():
        assert float(crops(cropper(loaded)(batch))) == pytest.approx(0.0, abs=1e-6)
