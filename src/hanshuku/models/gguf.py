"""GGUF files (llama.cpp's format) to plain transformers folders in bfloat16."""

from __future__ import annotations

from pathlib import Path


def convert_gguf(file: Path, target: Path) -> None:
    """De-quantise a GGUF file into weights, configuration and tokenizer below `target`.

    Args:
        file: one whole GGUF file.
        target: folder to make.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig, logging

    logging.disable_progress_bar()
    settings = {"gguf_file": file.name, "local_files_only": True}
    network = AutoModelForCausalLM.from_pretrained(
        file.parent, dtype=torch.bfloat16, quantization_config=GgufConfig(dequantize=True), **settings
    )
    # The quantiser's wrapper may refuse to be saved even with plain weights: they are moved to a network without it.
    settings_of_network = network.config.to_dict()
    settings_of_network.pop("quantization_config", None)
    config = type(network.config).from_dict(settings_of_network)
    plain = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    plain.load_state_dict(network.state_dict(), strict=True)
    plain.tie_weights()
    plain.save_pretrained(target)
    AutoTokenizer.from_pretrained(file.parent, **settings).save_pretrained(target)
