"""GGUF files (llama.cpp's format) to plain transformers folders in bfloat16, by transformers' own reader."""

from __future__ import annotations

import json
from pathlib import Path

from hanshuku.errors import ModelError


def convert_gguf(file: Path, target: Path) -> None:
    """De-quantise a GGUF file into weights, configuration and tokenizer below `target`.

    Args:
        file: one whole GGUF file of a causal language model.
        target: folder to make.

    Raises:
        ModelError: it is no GGUF file, or of a network that transformers does not know.
    """
    with file.open("rb") as stream:
        if stream.read(4) != b"GGUF":
            raise ModelError(f"{file.name} does not begin with 'GGUF'; it is no GGUF file.")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig, logging

    level, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    source = {"gguf_file": file.name, "local_files_only": True}
    try:
        network = AutoModelForCausalLM.from_pretrained(
            file.parent, dtype=torch.bfloat16, quantization_config=GgufConfig(dequantize=True), **source
        )
        # What stays of the quantiser would keep the plain weights from being saved.
        network.hf_quantizer = None
        network.config.__dict__.pop("quantization_config", None)
        network.config.__dict__.pop("_model_name_or_path", None)
        tokenizer = AutoTokenizer.from_pretrained(file.parent, **source)
        network.save_pretrained(target)
        tokenizer.save_pretrained(target)
    except Exception as error:
        # The disk's errors pass; transformers' own OSErrors about what it cannot read have no number.
        if getattr(error, "errno", None) is not None or "No space left" in str(error) or "os error" in str(error):
            raise
        raise ModelError(
            f"{file.name} is damaged, or of a network that transformers does not know, and cannot be converted: "
            f"{(str(error).splitlines() or [type(error).__name__])[0]}"
        ) from error
    finally:
        logging.set_verbosity(level)
        if bar:
            logging.enable_progress_bar()
    _tidy(target / "tokenizer_config.json", network.config.max_position_embeddings)


def _tidy(file: Path, max_length: int) -> None:
    """Take out what told how the tokenizer was loaded; put in how much the network reads."""
    settings = json.loads(file.read_text(encoding="utf-8"))
    settings = {
        key: value for key, value in settings.items() if key not in {"is_local", "local_files_only", "gguf_file"}
    }
    file.write_text(
        json.dumps(settings | {"model_max_length": max_length}, indent=2, ensure_ascii=False), encoding="utf-8"
    )
