"""The text side of pre-training: what is held out, the vocabulary, the token files; each kept in the run's folder and made once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from hanshuku.data.corpus import Corpus, Scan, is_held, share_of
from hanshuku.data.disk import whole_file, whole_folder
from hanshuku.data.notes import plural
from hanshuku.errors import DataError
from hanshuku.methods.checks import check_choice
from hanshuku.methods.pretrain import VECTORS, Pretrain
from hanshuku.models.load import Loaded, load_tokenizer
from hanshuku.models.vocabularies import KINDS, LARGEST_PLANNED, chinese_characters, planned_size, train_vocabulary
from hanshuku.training.packing import Frame, Packed, TokenRows, frame_of, pack, pack_key
from hanshuku.training.run import Run, Step

VOCABULARY_BYTES = 100_000_000  # of text that a vocabulary is learned from; of more a sample is taken
CHECKED = 200  # held-out documents that are spelled out and read back
PARTS = 3  # steps of preparing that are reported


@dataclass(frozen=True)
class Texts:
    """A corpus ready to be read.

    Attributes:
        tokenizer: a fast transformers tokenizer.
        train: the token stream that is learned from.
        held: the one that is judged on.
        rows: of train.
        held_rows: of held.
        facts: documents, bytes, tokens, fingerprints: plain data.
        notes: what a user should know.
    """

    tokenizer: Any
    train: Packed
    held: Packed
    rows: TokenRows
    held_rows: TokenRows
    facts: dict[str, Any]
    notes: tuple[str, ...]

    @property
    def identity(self) -> str:
        """What tells these texts from others."""
        return f"{self.train.key} {self.held.key}"


@dataclass(frozen=True)
class _Part:
    """The documents of a corpus on one side of the cut: those held out, or the others."""

    corpus: Iterable[str]
    share: float  # that is held out; 0: the corpus stands on this side whole
    seed: int
    held: bool

    def __iter__(self) -> Iterator[str]:
        return (text for text in self.corpus if not self.share or is_held(text, self.share, self.seed) is self.held)


def prepare_texts(method: Pretrain, corpus: Corpus, validation: Corpus | None, loaded: Loaded | None, max_length: int, folder: Path, run: Run) -> Texts:
    """Tokenise what is learned from and what is judged on; both are found again in `folder` by a run that goes on.

    Args:
        method: the settings.
        corpus: raw text.
        validation: text to judge on; None: a part of the corpus.
        loaded: the model that is gone on from; None: a tokenizer is trained or fetched as the method says.
        max_length: tokens a row.
        folder: keeps vocabulary and tokens.
        run: seed and reporting.

    Raises:
        DataError: there is too little text.
        ConfigError: the vocabulary asked for cannot be had.
    """
    run.report(Step(0, PARTS, note="read the corpus"))
    scan = _scan(corpus, folder)
    share = 0.0 if validation is not None else share_of(scan)
    train, held = _Part(corpus, share, run.seed, held=False), _Part(validation or corpus, share, run.seed, held=True)
    judged = _scan(validation, folder, "validation-") if validation else scan
    if loaded is None:
        run.report(Step(1, PARTS, note="learn the vocabulary"))
    tokenizer = loaded.tokenizer if loaded else _tokenizer(method, train, scan, max_length, folder, run.seed)
    frame = frame_of(tokenizer, method.objective, loaded.info.prefix if loaded and method.objective in VECTORS else "")
    run.report(Step(2, PARTS, note=f"tokenise {scan.documents:,} documents"))
    spelling = hashlib.sha256(tokenizer.backend_tokenizer.to_str().encode()).hexdigest()
    common = (spelling, frame, run.seed if share else 0)
    packed = pack(train, tokenizer, frame, folder / "train", pack_key(scan.sha256, share, *common))
    kept = _held_out(held, tokenizer, frame, folder, pack_key(judged.sha256, share, *common), scan)
    full = method.rows == "packed" or (method.rows == "auto" and method.objective == "clm")
    rows, held_rows = (TokenRows(part, frame, max_length, packed_rows=full) for part in (packed, kept))
    facts = {
        "documents": len(packed.ends), "bytes": packed.bytes, "tokens": len(packed.tokens), "rows": len(rows), "vocabulary": len(tokenizer),
        "held_out_documents": len(kept.ends), "held_out_bytes": kept.bytes, "held_out_tokens": len(kept.tokens), "data_sha256": scan.sha256, "held_out_from": "the validation text" if validation else "the corpus",
    }  # fmt: skip
    return Texts(tokenizer, packed, kept, rows, held_rows, facts, tuple(_notes(method, tokenizer, held, kept, scan)))


def _scan(corpus: Corpus, folder: Path, prefix: str = "") -> Scan:
    """The corpus counted; not again where its files are as they were."""
    file, stamp = folder / f"{prefix}scan.json", [corpus.stamp, corpus.documents, dict(corpus.columns)]
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        if corpus.files and known["stamp"] == json.loads(json.dumps(stamp)):
            return Scan(**known["scan"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    scan = corpus.scan()
    with whole_file(file) as stream:
        stream.write(json.dumps({"stamp": stamp, "scan": asdict(scan)}).encode())
    return scan


def _held_out(held: _Part, tokenizer: Any, frame: Frame, folder: Path, key: str, scan: Scan) -> Packed:
    """
    Raises:
        DataError: no document is held out.
    """
    try:
        return pack(held, tokenizer, frame, folder / "held-out", key)
    except DataError as error:
        raise DataError(f"The corpus has {plural(scan.documents, 'document')}, too few to hold any out. Give text to judge on (--validation FILE), or part the documents otherwise (--documents line).") from error


def _tokenizer(method: Pretrain, train: _Part, scan: Scan, max_length: int, folder: Path, seed: int) -> Any:
    """The vocabulary that the method asks for: another model's, one that this run has learned already, or a new one."""
    kind = method.tokenizer or ("bpe" if method.objective == "clm" else "wordpiece")
    if kind not in KINDS:
        if get_close_matches(kind, KINDS):
            check_choice("tokenizer", kind, KINDS)
        return load_tokenizer(kind)
    key = pack_key(scan.sha256, train.share, seed, kind, method.vocab_size, method.objective, max_length)
    place = folder / f"vocabulary-{key[:16]}"
    if not (place / "tokenizer.json").is_file():
        sampled = _sampled(train, VOCABULARY_BYTES / scan.bytes, seed + 1)
        size = method.vocab_size or min(LARGEST_PLANNED, planned_size(scan.bytes) + (chinese_characters(sampled) if kind == "wordpiece" else 0))
        found = train_vocabulary(kind, sampled, size=size, objective=method.objective, max_length=max_length, exact=bool(method.vocab_size))
        with whole_folder(place) as staged:
            found.save_pretrained(staged)
    return load_tokenizer(str(place))


def _sampled(documents: Iterable[str], share: float, seed: int) -> Iterable[str]:
    """A share of the documents, the same at each pass; all of them where that is 1 or more."""
    return documents if share >= 1 else _Part(documents, share, seed, held=True)


def _notes(method: Pretrain, tokenizer: Any, held: _Part, kept: Packed, scan: Scan) -> Iterator[str]:
    if scan.cut:
        yield f"{scan.cut} documents are pieces of longer ones: a document is cut at 1,048,576 characters."
    if len(kept.ends) < 30:
        yield f"Only {len(kept.ends)} documents ({kept.bytes:,} bytes) are held out; the interval is wide. --validation FILE gives more."
    looked = [text for text, _ in zip(held, range(CHECKED), strict=False)]
    backend = tokenizer.backend_tokenizer
    spelled = backend.encode_batch_fast(looked, add_special_tokens=False)
    if tokenizer.unk_token_id is not None:
        unknown, seen = sum(e.ids.count(tokenizer.unk_token_id) for e in spelled), sum(len(e.ids) for e in spelled)
        if unknown:
            yield f"{100 * unknown / seen:.2f}% of the held-out tokens are {tokenizer.unk_token}: the vocabulary lacks their characters."
    if method.objective == "clm":
        lost = sum(tokenizer.decode(e.ids, clean_up_tokenization_spaces=False) != text for e, text in zip(spelled, looked, strict=True))
        if lost:
            yield f"The tokenizer does not give back {lost} of {len(looked)} held-out documents to the letter, so bits per byte flatter it; bpe and unigram do."
