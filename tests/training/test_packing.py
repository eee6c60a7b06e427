"""A corpus becomes token files once, with flat memory, and its rows hold every token exactly once."""

import tracemalloc

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.errors import DataError
from hanshuku.training.packing import BATCH, TokenRows, frame_of, pack
from hanshuku.training.token_loss import IGNORED
from tests.corpora import documents

TEXTS = documents(60)


@pytest.fixture(scope="module")
def causal(tiny_causal):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_causal)


@pytest.fixture(scope="module")
def masked(tiny_encoder):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_encoder)


def packed(tokenizer, objective, folder, texts=TEXTS):
    frame = frame_of(tokenizer, objective)
    return pack(texts, tokenizer, frame, folder, "a key"), frame


def scored(batch):
    """The tokens that a batch asks for, in order."""
    return batch["labels"][batch["labels"] != IGNORED].tolist()


@pytest.mark.parametrize("full", [True, False])
def test_a_causal_model_foretells_each_token_of_the_stream_once(causal, tmp_path, full):
    stream, frame = packed(causal, "clm", tmp_path)
    rows = TokenRows(stream, frame, 16, packed_rows=full)
    assert [token for i in range(len(rows)) for token in scored(rows.collate([i]))] == stream.tokens.tolist()


def test_the_stream_is_the_documents_each_with_its_end(causal, tmp_path):
    stream, frame = packed(causal, "clm", tmp_path)
    begin, found = 0, []
    for end in stream.ends.tolist():
        assert stream.tokens[end] == frame.end
        found.append(causal.decode(stream.tokens[begin:end].tolist()))
        begin = end + 1
    assert found == TEXTS
    assert stream.bytes == sum(len(text.encode()) for text in TEXTS)


def test_a_row_of_a_document_begins_after_the_end_of_another_and_packed_rows_are_full(causal, tmp_path):
    stream, frame = packed(causal, "clm", tmp_path)
    assert all(TokenRows(stream, frame, 500, packed_rows=False).collate([i])["input_ids"][0, 0] == frame.end for i in range(5))
    assert set(TokenRows(stream, frame, 16, packed_rows=True).lengths[:-1]) == {16}


def test_an_encoder_reads_a_document_in_its_frame_as_it_will_later(masked, tmp_path):
    stream, frame = packed(masked, "mlm", tmp_path)
    rows = TokenRows(stream, frame, 64, packed_rows=False)
    batch = rows.collate([0, 1, 2])
    for line, text in enumerate(TEXTS[:3]):
        ids = batch["input_ids"][line][batch["attention_mask"][line].bool()].tolist()
        assert ids == masked(text)["input_ids"]


def test_a_long_document_is_cut_into_windows_that_lose_nothing(masked, tmp_path):
    stream, frame = packed(masked, "mlm", tmp_path, ["the parcel is late. " * 40])
    rows = TokenRows(stream, frame, 16, packed_rows=False)
    inner = [token for i in range(len(rows)) for token in rows.collate([i])["input_ids"][0, 1:-1].tolist()]
    assert inner == stream.tokens[:-1].tolist()


def test_the_same_key_is_not_tokenised_again_and_another_is(causal, tmp_path):
    packed(causal, "clm", tmp_path)

    def never():
        raise AssertionError("read again")
        yield

    frame = frame_of(causal, "clm")
    assert len(pack(never(), causal, frame, tmp_path, "a key").ends) == len(TEXTS)
    with pytest.raises(AssertionError, match="again"):
        pack(never(), causal, frame, tmp_path, "another key")


def test_files_that_a_kill_left_unfinished_are_made_anew(causal, tmp_path):
    stream, _ = packed(causal, "clm", tmp_path)
    whole = stream.tokens.tolist()
    (tmp_path / "tokens.bin").write_bytes((tmp_path / "tokens.bin").read_bytes()[:50])
    assert packed(causal, "clm", tmp_path)[0].tokens.tolist() == whole


def test_memory_does_not_grow_with_the_corpus(causal, tmp_path):
    def peak(count):
        tracemalloc.start()
        stream, _ = packed(causal, "clm", tmp_path / str(count), ("the parcel is late today. " * 50 for _ in range(count)))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found, stream.bytes

    (small, _), (large, size) = peak(600), peak(4000)
    assert size > 8 * BATCH
    assert large < 1.2 * small


def test_ids_beyond_16_bits_are_kept(causal, tmp_path):
    class Large:
        backend_tokenizer = causal.backend_tokenizer

        def __len__(self):
            return 70_000

    assert pack(TEXTS, Large(), frame_of(causal, "clm"), tmp_path, "key").tokens.dtype == np.uint32
    assert packed(causal, "clm", tmp_path / "small")[0].tokens.dtype == np.uint16


def test_no_document_at_all_is_refused(causal, tmp_path):
    with pytest.raises(DataError, match="no document"):
        packed(causal, "clm", tmp_path, [])
