"""Tiny random models with real fast tokenizers, made on the spot in less than a second, saved as transformers writes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

SENTENCES = (
    "my parcel never came and i want my money back", "the invoice shows the wrong amount", "please cancel my order today",
    "a glad happy sunny day with good food", "a sad gloomy rainy night with bad food", "what a wonderful lovely film",
    "what an awful boring film", "is this positive or negative", "label text answer question yes no true false",
    "我的包裹一直没有到，请退款", "发票上的金额不对", "今天天气很好，我很高兴", "这部电影真难看，我很难过", "服务态度好，房间干净", "房间很脏，服务差",
)  # fmt: skip
MAX_LENGTH = 128  # positions, in tokens
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def tiny_bert(folder: Path, *, layers: int = 2, seed: int = 0) -> Path:
    """A random BERT (width 32, WordPiece of English and Chinese), written to `folder`, which is returned."""
    import torch
    from transformers import BertConfig, BertModel

    tokenizer = _wordpiece()
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=layers, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=MAX_LENGTH, initializer_range=0.15, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def tiny_llama(folder: Path, *, layers: int = 2, seed: int = 0, length: int = MAX_LENGTH) -> Path:
    """A random Llama language model (width 32, byte-level BPE, chat template, reads `length` tokens), written to `folder`, which is returned."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = _byte_pairs()
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=layers, num_attention_heads=4, num_key_value_heads=2,
        intermediate_size=64, max_position_embeddings=length, initializer_range=0.15, tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def tiny_gemma(folder: Path, *, layers: int = 2, seed: int = 0) -> Path:
    """A random Gemma 3 language model (sliding and full attention in turn), written to `folder`, which is returned."""
    import torch
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig

    tokenizer = _byte_pairs()
    torch.manual_seed(seed)
    config = Gemma3TextConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=layers, num_attention_heads=2, num_key_value_heads=1,
        head_dim=16, intermediate_size=64, max_position_embeddings=MAX_LENGTH, sliding_window=16, initializer_range=0.15,
        layer_types=["sliding_attention", "full_attention"] * (layers // 2) + ["full_attention"] * (layers % 2),
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    Gemma3ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def tiny_t5(folder: Path, *, layers: int = 2, seed: int = 0, factor: float = 1.0) -> Path:
    """A random T5 (width 32, Unigram tokenizer of English and Chinese, weights scaled by `factor`), written to `folder`, which is returned."""
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    tokenizer = _unigram()
    torch.manual_seed(seed)
    config = T5Config(
        vocab_size=len(tokenizer), d_model=32, d_kv=8, d_ff=64, num_layers=layers, num_heads=4, n_positions=MAX_LENGTH, initializer_factor=factor,
        pad_token_id=0, eos_token_id=1, decoder_start_token_id=0,
    )  # fmt: skip
    T5ForConditionalGeneration(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def tiny_marian(folder: Path, *, layers: int = 2, seed: int = 0) -> Path:
    """A random Marian translation model (width 32) with two SentencePiece models, as its makers publish it; `folder` is returned."""
    import json

    import torch
    from transformers import GenerationConfig, MarianConfig, MarianMTModel, MarianTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    pieces = dict.fromkeys(["</s>", "<unk>", *_sentencepiece(folder / "source.spm", 0), *_sentencepiece(folder / "target.spm", 1), "<pad>"])
    (folder / "vocab.json").write_text(json.dumps({piece: i for i, piece in enumerate(pieces)}), encoding="utf-8")
    tokenizer = MarianTokenizer(
        str(folder / "source.spm"), str(folder / "target.spm"), str(folder / "vocab.json"), source_lang="en", target_lang="zh", model_max_length=MAX_LENGTH
    )
    pad = len(pieces) - 1
    torch.manual_seed(seed)
    config = MarianConfig(
        vocab_size=len(pieces), d_model=32, encoder_layers=layers, decoder_layers=layers, encoder_attention_heads=4, decoder_attention_heads=4,
        encoder_ffn_dim=64, decoder_ffn_dim=64, max_position_embeddings=MAX_LENGTH, init_std=0.15, pad_token_id=pad, eos_token_id=0,
        decoder_start_token_id=pad, scale_embedding=True, forced_eos_token_id=None,
    )  # fmt: skip
    network = MarianMTModel(config)
    network.generation_config = GenerationConfig(bad_words_ids=[[pad]], decoder_start_token_id=pad, pad_token_id=pad, eos_token_id=0, bos_token_id=0)
    with torch.no_grad():
        network.final_logits_bias.normal_()
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _sentencepiece(file: Path, part: int) -> list[str]:
    """Train a SentencePiece model on the English (0) or the Chinese (1) half of SENTENCES; its pieces."""
    import io

    import sentencepiece

    written = io.BytesIO()
    sentences = [text for text in SENTENCES if text.isascii() != bool(part)]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences), model_writer=written, vocab_size=120, hard_vocab_limit=False, character_coverage=1.0, minloglevel=2
    )
    file.write_bytes(written.getvalue())
    model = sentencepiece.SentencePieceProcessor(model_proto=written.getvalue())
    return [model.id_to_piece(i) for i in range(len(model)) if not model.is_control(i) and not model.is_unknown(i)]


def _unigram():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    special = ["<pad>", "</s>", "<unk>"]
    letters = list('abcdefghijklmnopqrstuvwxyz0123456789.,?!-{}[]":')
    tokenizer.train_from_iterator(
        SENTENCES, trainers.UnigramTrainer(vocab_size=300, special_tokens=special, unk_token="<unk>", initial_alphabet=letters, show_progress=False)
    )
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="</s>", pad_token="<pad>", unk_token="<unk>", model_max_length=MAX_LENGTH)


def _pieces(words: Sequence[str], known: Sequence[str], size: int) -> list[str]:
    """The vocabulary that merging the commonest pairs gives; of equals the last by name, so that it is the same in every run.

    The library's own trainer numbers the pieces as a hash table has the words, and breaks ties by these numbers.
    """
    counts = Counter(words)
    split = {word: [word[0], *(f"##{letter}" for letter in word[1:])] for word in counts}
    found = dict.fromkeys([*known, *sorted({piece for pieces in split.values() for piece in pieces})])
    while len(found) < size:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, pieces in split.items():
            for pair in pairwise(pieces):
                pairs[pair] += counts[word]
        if not pairs:
            break
        first, second = max(pairs, key=lambda pair: (pairs[pair], pair))
        whole = first + second.removeprefix("##")
        found[whole] = None
        for word, pieces in split.items():
            merged: list[str] = []
            for piece in pieces:
                merged = [*merged[:-1], whole] if merged and (merged[-1], piece) == (first, second) else [*merged, piece]
            split[word] = merged
    return list(found)


def _wordpiece():
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertTokenizerFast

    normalizer, splitter = normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = list("abcdefghijklmnopqrstuvwxyz0123456789.,?!'-")
    words = [word for text in SENTENCES for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text))]
    vocabulary = {piece: i for i, piece in enumerate(_pieces(words, [*special, *letters], 400))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, splitter
    tokenizer.add_special_tokens(special)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return BertTokenizerFast(tokenizer_object=tokenizer, model_max_length=MAX_LENGTH)


def _byte_pairs():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        SENTENCES, trainers.BpeTrainer(vocab_size=500, special_tokens=special, initial_alphabet=alphabet, show_progress=False)
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<|im_start|>", eos_token="<|im_end|>", pad_token="<|im_end|>",
        unk_token="<|endoftext|>", model_max_length=MAX_LENGTH,
    )  # fmt: skip
    fast.chat_template = CHAT_TEMPLATE
    return fast


def tiny_static(folder: Path, *, seed: int = 0) -> Path:
    """Random static word vectors (width 32) with the tokenizer of the tiny BERT, written to `folder`, which is returned."""
    import numpy as np
    from safetensors.numpy import save_file

    tokenizer = _wordpiece()
    folder.mkdir(parents=True, exist_ok=True)
    vectors = np.random.default_rng(seed).normal(0, 1, (len(tokenizer), 32)).astype(np.float32)
    save_file({"vectors": vectors}, folder / "vectors.safetensors")
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text('{"model_type": "static", "hidden_size": 32}', encoding="utf-8")
    return folder


def tiny_masked(folder: Path, said: Sequence[str] = (), *, seed: int = 0) -> Path:
    """A random BERT with the head for masked words, written to `folder`; it learns the last word but one of what was said by heart."""
    import torch
    from transformers import BertConfig, BertForMaskedLM

    tokenizer = _wordpiece()
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=MAX_LENGTH, initializer_range=0.15, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    network = BertForMaskedLM(config).eval()
    if said:
        batch = tokenizer(list(said), padding=True, return_tensors="pt")
        places = batch["attention_mask"].sum(1) - 3  # the word before the full stop and [SEP]
        rows = torch.arange(len(said))
        hidden, words = batch["input_ids"].clone(), batch["input_ids"][rows, places]
        hidden[rows, places] = tokenizer.mask_token_id
        optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3)
        for _ in range(80):
            loss = torch.nn.functional.cross_entropy(network(hidden, attention_mask=batch["attention_mask"]).logits[rows, places], words)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
