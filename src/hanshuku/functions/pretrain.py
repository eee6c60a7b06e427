"""pretrain: raw text to a model folder that works wherever the name of a model does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hanshuku.data.corpus import Corpus, open_corpus
from hanshuku.data.disk import whole_folder
from hanshuku.data.language import language_of
from hanshuku.errors import ConfigError, StorageError, UnknownName
from hanshuku.evaluation.cost import library_versions
from hanshuku.functions.pretrain_card import card
from hanshuku.methods.pretrain import Pretrain
from hanshuku.models.cache import RECORD
from hanshuku.models.pull import pull
from hanshuku.training.budget import Budget, parse_budget
from hanshuku.training.run import Run, Step, silent

if TYPE_CHECKING:
    from hanshuku.methods.pretraining import Pretrained

RESULT = "pretraining.json"  # in the model's folder: how it came to be, and what was measured
LOOKED_AT = 200  # documents whose language is told


def pretrain(
    corpus: str | Path | Sequence[str] | Corpus,
    out: str | Path,
    *,
    model: str | None = None,
    from_scratch: str | None = None,
    validation: str | Path | Sequence[str] | Corpus | None = None,
    budget: str | float | Budget | None = None,
    seed: int = 0,
    folder: str | Path | None = None,
    track: Sequence[str] = (),
    report: Callable[[Step], None] = silent,
    accept_licence: bool = False,
    **settings: Any,
) -> dict[str, Any]:
    """Pre-train a language model on raw text and write it to `out`, a plain transformers folder.

    Args:
        corpus: files, globs, texts in memory; see `open_corpus`.
        out: the folder; one that an earlier run wrote is replaced, anything else is not.
        model: what to go on from; None: the objective's default for the language of the corpus.
        from_scratch: a size (nano, micro, tiny, mini, small, base) or a config.json of transformers, in the place of a model.
        validation: text to judge on; None: a part of the corpus is held out.
        budget: wall time that may be spent: "5 min", seconds, or None.
        seed: same seed, same text, same machine: same weights.
        folder: vocabulary, tokens, checkpoints and logs go here, and a killed run goes on from here.
        track: "csv", "tensorboard", "wandb"; needs a folder.
        report: called with progress, and with samples of what the model writes.
        accept_licence: accept the model's licence where it is a restricted one.
        **settings: fields of Pretrain.

    Returns:
        What is in pretraining.json: "metrics" (bits_per_byte, perplexity, loss; for crops and simcse loss, alignment, uniformity), "before", "evaluations", facts of text and run.

    Raises:
        UnknownName: no setting, size or model has that name.
        ConfigError: settings do not go together.
        DataError: the corpus is empty or cannot be read.
        ModelError: the model cannot be had, or has not this objective.
        StorageError: `out` cannot be written, or is something else.
    """
    method, target = _method(settings), Path(out)
    _refuse_other(target)
    if track and folder is None:
        raise ConfigError(f"To track with {', '.join(track)}, give a folder for the logs: folder=... (or --track with --out).")
    texts = open_corpus(corpus)
    judged = None if validation is None else open_corpus(validation, documents=texts.documents, columns=texts.columns)
    language = language_of(text for text, _ in zip(texts, range(LOOKED_AT), strict=False))
    if model is None and from_scratch is None:
        model = method.default_model(language)
    if model:
        pull(model, accept_licence=accept_licence)
    run = Run(seed, Path(folder) if folder else None, parse_budget(budget).seconds, report, tuple(track))
    found = method.fit(texts, model=model or "", size=from_scratch or "", validation=judged, run=run)
    result = _result(found, texts, model or "", from_scratch or "", seed, language)
    _write(found, result, target)
    return result


def _method(settings: Mapping[str, Any]) -> Pretrain:
    legal = [f.name for f in fields(Pretrain)]
    for key in settings:
        if key not in legal:
            raise UnknownName("setting of pretrain", key, legal)
    return Pretrain(**settings)


def _refuse_other(target: Path) -> None:
    """
    Raises:
        StorageError: something stands at `target` that no earlier run wrote.
    """
    if target.exists() and not (target / RESULT).is_file() and not (target.is_dir() and not any(target.iterdir())):
        raise StorageError(f"{target} exists and was not written by pretrain, so it is not replaced. Choose another name.")


def _result(found: Pretrained, corpus: Corpus, model: str, size: str, seed: int, language: str) -> dict[str, Any]:
    base = found.base
    return {
        "objective": found.method.objective,
        "metrics": {name: metric.to_json() for name, metric in found.metrics.items()},
        "before": {name: metric.to_json() for name, metric in found.before.items()},
        "went_on_from": model, "from_scratch": size, "revision": base.revision if base else "", "licence": base.licence if base else "",
        "corpus": corpus.name, "language": language, "seed": seed, "settings": asdict(found.method), **found.facts,
        "evaluations": list(found.evaluations), "notes": list(found.notes), "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "versions": library_versions(),
    }  # fmt: skip


def _write(found: Pretrained, result: Mapping[str, Any], target: Path) -> None:
    """The folder, whole or not at all."""
    from hanshuku.inference.backbone import save_quietly

    base = found.base
    with whole_folder(target) as staged:
        save_quietly(found.network, staged)
        found.tokenizer.save_pretrained(staged)
        record = {"licence": base.licence if base else "", "languages": list(base.languages) if base else [result["language"]], "prefix": base.prefix if base else "", "passage": base.passage if base else ""}
        _write_json(staged / RECORD, record)
        if found.method.objective != "clm":
            _write_pooling(staged, base.pooling if base else "mean", int(found.network.config.hidden_size), base.max_length if base else int(result["max_length"]))
        _write_json(staged / RESULT, result)
        (staged / "README.md").write_text(card(target.name, result), encoding="utf-8")


def _write_pooling(folder: Path, pooling: str, width: int, max_length: int) -> None:
    """How token vectors become one, in the files in which sentence-transformers keeps it."""
    modes = {"pooling_mode_cls_token": pooling == "cls", "pooling_mode_mean_tokens": pooling == "mean", "pooling_mode_lasttoken": pooling == "last"}
    (folder / "1_Pooling").mkdir()
    _write_json(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": width, **modes})
    _write_json(folder / "sentence_bert_config.json", {"max_seq_length": max_length, "do_lower_case": False})
    kinds = (("", "Transformer"), ("1_Pooling", "Pooling"))
    _write_json(folder / "modules.json", [{"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"} for i, (path, kind) in enumerate(kinds)])


def _write_json(file: Path, data: Any) -> None:
    file.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")
