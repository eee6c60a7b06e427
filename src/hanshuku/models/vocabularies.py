"""Vocabularies: a tokenizer trained on a corpus, by the tokenizers library."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable
from itertools import accumulate
from typing import Any

from hanshuku.data.language import HAN
from hanshuku.errors import ConfigError, MissingExtra

KINDS = ("bpe", "wordpiece", "unigram")
END = "<|endoftext|>"  # parts documents in the stream of a causal model
MASKED_SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
SMALLEST, LARGEST = 300, 1_000_000  # entries one may ask for
LARGEST_PLANNED = 32_768  # entries where the user asks for none
BYTES = 256


def planned_size(corpus_bytes: int) -> int:
    """Entries where the user asks for none: about 2 sqrt(bytes) (2,000 for 1 MB, 20,000 for 100 MB), 640 to 32,768."""
    return int(min(LARGEST_PLANNED, max(640, 64 * round(2 * math.sqrt(corpus_bytes) / 64))))


def chinese_characters(texts: Iterable[str]) -> int:
    """How many different Chinese characters stand in these texts more than once: WordPiece needs an entry for each."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    return sum(count > 1 and HAN.match(character) is not None for character, count in counts.items())


def train_vocabulary(kind: str, texts: Iterable[str], *, size: int, objective: str, max_length: int, exact: bool = True) -> Any:
    """A fast transformers tokenizer whose vocabulary comes from these texts.

    Byte-level BPE (Sennrich et al. 2016, arXiv 1508.07909; bytes as in GPT-2) and Unigram (Kudo 2018, arXiv 1804.10959, with a
    fall-back to bytes) can spell any text and give it back unchanged. WordPiece (as BERT's) takes each Chinese character for a word, and a
    character that the vocabulary lacks becomes [UNK].

    Args:
        kind: one of KINDS.
        texts: documents, which can be gone through more than once.
        size: entries in all, special ones included.
        objective: "clm": documents end with END; "mlm": the special tokens of BERT, put round every text.
        max_length: tokens that the model will read.
        exact: refuse where the texts give fewer entries than `size`; False: take what there is.

    Raises:
        ConfigError: kind or size is not legal, or the texts do not give that many entries.
    """
    if kind not in KINDS:
        raise ConfigError(f"tokenizer is {', '.join(KINDS)}, or the name of a model whose tokenizer is taken. Received: {kind!r}.")
    if not SMALLEST <= size <= LARGEST:
        raise ConfigError(f"vocab_size goes from {SMALLEST} to {LARGEST:,}. Received: {size}.")
    try:
        from transformers import PreTrainedTokenizerFast
    except ImportError as error:
        raise MissingExtra(error.name or "transformers", "train", "Training a tokenizer") from error
    specials = list(MASKED_SPECIALS) if objective == "mlm" else [END] + (["[UNK]"] if kind == "wordpiece" else [])
    tokenizer = {"bpe": _bpe, "wordpiece": _wordpiece, "unigram": _unigram}[kind](texts, size, specials)
    found, least = tokenizer.get_vocab_size(), SMALLEST + BYTES * (kind == "unigram")
    if found < size and exact:
        raise ConfigError(f"The corpus gives a {kind} vocabulary of {found:,} entries at most; {size:,} were asked for. Leave --vocab-size out{f', give {found} or less' if found >= least else ''}, or give more text.")
    named: dict[str, Any] = {"bos_token": END, "eos_token": END, "pad_token": END}
    if objective == "mlm":
        _frame(tokenizer)
        named = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), MASKED_SPECIALS, strict=True))
    elif kind == "wordpiece":
        named |= {"unk_token": "[UNK]"}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=max_length, model_input_names=["input_ids", "attention_mask"], **named)


def _bpe(texts: Iterable[str], size: int, specials: list[str]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=size, special_tokens=specials, initial_alphabet=alphabet, show_progress=False))
    return tokenizer


def _wordpiece(texts: Iterable[str], size: int, specials: list[str]) -> Any:
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=100))  # noqa: S106 - a token of text, no secret
    tokenizer.normalizer = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=False, lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    limit = _letters(texts, 0.9 * (size - len(specials)))
    for _ in range(2):
        trainer = trainers.WordPieceTrainer(vocab_size=size, special_tokens=specials, limit_alphabet=limit, show_progress=False)
        tokenizer.train_from_iterator(texts, trainer)
        if tokenizer.get_vocab_size() >= size:
            break
        limit += size - tokenizer.get_vocab_size()  # no more words are to be had: the room goes to rarer characters
    return tokenizer


def _letters(texts: Iterable[str], room: float) -> int:
    """How many of the commonest characters fit into so many entries: a Chinese one takes one, any other also its continuation."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    costs = accumulate(1 if HAN.match(character) else 2 for character, _ in counts.most_common() if not character.isspace())
    return max(1, sum(cost <= room for cost in costs))


def _unigram(texts: Iterable[str], size: int, specials: list[str]) -> Any:
    """Unigram over pieces that begin with a blank; what it lacks is spelled in bytes, so 256 entries are those."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    if size < SMALLEST + BYTES:
        raise ConfigError(f"A unigram vocabulary holds all {BYTES} bytes: vocab_size is at least {SMALLEST + BYTES}. Received: {size}.")
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Replace(" ", "\u2581")
    lines = pre_tokenizers.Split(Regex(r"\n"), "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([lines, pre_tokenizers.Split(Regex("\u2581+"), "merged_with_next"), pre_tokenizers.Split(Regex("[，。！？；：、]"), "isolated")])
    spare = [name for name in specials if name != "[UNK]"] + ["[UNK]"]
    trainer = trainers.UnigramTrainer(vocab_size=size - BYTES, special_tokens=spare, unk_token="[UNK]", show_progress=False, max_piece_length=16)  # noqa: S106
    tokenizer.train_from_iterator(texts, trainer)
    plain = json.loads(tokenizer.to_str())
    known = plain["model"]["vocab"]
    least = min((score for _, score in known if score < 0), default=-10.0)
    known += [[f"<0x{byte:02X}>", least - 10.0] for byte in range(BYTES)]
    plain["model"]["byte_fallback"] = True
    tokenizer = Tokenizer.from_str(json.dumps(plain))
    tokenizer.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
    return tokenizer


def _frame(tokenizer: Any) -> None:
    """[CLS] text [SEP], as BERT reads it."""
    from tokenizers import processors

    ends = [(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=ends)
