"""An encoder as an ONNX graph: token ids in, vectors of the texts or of their tokens out. The head stays apart, in float32."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hanshuku.errors import ExportError
from hanshuku.inference.answering import AnswerPredictor
from hanshuku.inference.embed import limit_of, text_vectors
from hanshuku.inference.encoder import EncoderPredictor
from hanshuku.inference.heads import Head
from hanshuku.inference.onnx_graph import GRAPH, HEAD, OUTPUT, TOKENIZER
from hanshuku.inference.ranking import BiRankPredictor, CrossRankPredictor
from hanshuku.inference.tagging import TagPredictor
from hanshuku.models.load import Loaded
from hanshuku.training.prefix import ATTENTION

OPSET = 20


class States(nn.Module):
    """The network as a module that can be traced."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network.cpu().eval()

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None) -> Tensor:
        """(B, T) int64 -> (B, T, D) float32."""
        more = {} if token_type_ids is None else {"token_type_ids": token_type_ids}
        hidden: Tensor = self.network(input_ids=input_ids, attention_mask=attention_mask, **more).last_hidden_state
        return hidden[:, -input_ids.shape[1] :].float()  # prompt tuning puts vectors in front, which are passed over


class Pooled(States):
    """The network with its pooling."""

    def __init__(self, network: Any, pooling: str, normalise: bool, layers: tuple[int, ...] = ()) -> None:
        super().__init__(network)
        self.pooling, self.normalise, self.layers = pooling, normalise, layers

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None) -> Tensor:
        """(B, T) int64 -> (B, D) float32."""
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask} | ({} if token_type_ids is None else {"token_type_ids": token_type_ids})
        return text_vectors(self.network, inputs, pooling=self.pooling, normalise=self.normalise, layers=self.layers)


def write_encoder(predictor: EncoderPredictor, folder: Path, *, int8: bool = False) -> dict[str, Any]:
    """Write graph, tokenizer and head below `folder`; return the data that OnnxPredictor.load needs.

    Args:
        predictor: what to write.
        folder: where to.
        int8: weights of the products in 8 bits, a scale for each output channel; their inputs are rounded as they come.

    Raises:
        ExportError: the network cannot be traced.
    """
    loaded = predictor.loaded
    names = _write_graph(Pooled(loaded.network, predictor.pooling, predictor.normalise, predictor.layers), loaded, folder, int8=int8)
    _write_head(predictor.head, folder)
    settings = {"normalise": predictor.normalise, "pair": predictor.pair, "threshold": predictor.threshold, "prefix": loaded.info.prefix}
    return settings | _reading(loaded, predictor.max_length, names)


def write_ranker(predictor: BiRankPredictor | CrossRankPredictor, folder: Path, *, int8: bool = False) -> dict[str, Any]:
    """The same of what ranks; return the data that OnnxRankPredictor.load needs. Arguments and errors as of `write_encoder`."""
    loaded, head = predictor.loaded, getattr(predictor, "head", None)
    names = _write_graph(Pooled(loaded.network, predictor.pooling, head is None), loaded, folder, int8=int8)
    if head is not None:
        _write_head(head, folder)
    prefixes = {"prefix": loaded.info.prefix, "passage": loaded.info.passage or loaded.info.prefix}
    return {"has_head": head is not None} | prefixes | _reading(loaded, predictor.max_length, names)


def write_tagger(predictor: TagPredictor, folder: Path, *, int8: bool = False) -> dict[str, Any]:
    """The same of what finds entities; return the data that OnnxTagPredictor.load needs. Arguments and errors as of `write_encoder`."""
    return _write_tokens(predictor, folder, int8=int8)


def write_answerer(predictor: AnswerPredictor, folder: Path, *, int8: bool = False) -> dict[str, Any]:
    """The same of what finds answers; return the data that OnnxAnswerPredictor.load needs. Arguments and errors as of `write_encoder`."""
    kept = {"longest": predictor.longest, "threshold": predictor.threshold, "null_last": predictor.reader.null_last, "apart": predictor.reader.apart}
    return kept | _write_tokens(predictor, folder, int8=int8)


def _write_tokens(predictor: TagPredictor | AnswerPredictor, folder: Path, *, int8: bool) -> dict[str, Any]:
    """A graph that gives a vector for each token, and the head that reads them."""
    loaded = predictor.loaded
    names = _write_graph(States(loaded.network), loaded, folder, int8=int8)
    _write_head(predictor.head, folder)
    return {"unk_id": loaded.tokenizer.unk_token_id} | _reading(loaded, predictor.max_length, names)


def _write_graph(module: States, loaded: Loaded, folder: Path, *, int8: bool) -> list[str]:
    """Graph and tokenizer; the names of the graph's inputs."""
    names = ["input_ids", "attention_mask"]
    if "token_type_ids" in loaded.tokenizer.model_input_names and getattr(loaded.network.config, "type_vocab_size", 0) > 1:
        names.append("token_type_ids")
    (folder / GRAPH).parent.mkdir()
    _trace(module, names, folder / GRAPH)
    if int8:
        _quantise(folder / GRAPH)
    loaded.tokenizer.backend_tokenizer.save(str(folder / TOKENIZER))
    return names


def _write_head(head: Head, folder: Path) -> None:
    with (folder / HEAD).open("wb") as stream:
        np.savez(stream, weight=head.weight, bias=head.bias)


def _reading(loaded: Loaded, max_length: int | None, names: list[str]) -> dict[str, Any]:
    """How texts are read, as plain data."""
    return {"max_length": limit_of(loaded, max_length), "pad_id": loaded.tokenizer.pad_token_id or 0, "inputs": names}


def _trace(module: States, names: list[str], file: Path) -> None:
    example = torch.ones(2, 9, dtype=torch.int64)
    mask = example.clone()
    mask[1, 5:] = 0  # a padded row, so that the graph keeps the mask
    values = {"input_ids": example, "attention_mask": mask, "token_type_ids": torch.zeros_like(example)}
    axes = {name: {0: torch.export.Dim("rows", min=1), 1: torch.export.Dim("tokens", min=2)} for name in names}
    with _plain_attention(module.network), _quiet(), torch.no_grad():
        try:
            torch.onnx.export(
                module, (), str(file), kwargs={name: values[name] for name in names}, input_names=names, output_names=[OUTPUT],
                dynamic_shapes=axes, opset_version=OPSET, dynamo=True, external_data=False, verbose=False,
            )  # fmt: skip
        except Exception as error:
            raise ExportError(f"The network cannot be written as an ONNX graph: {str(error).splitlines()[0]}. Serve it with torch instead.") from error


def _quantise(file: Path) -> None:
    """Dynamic quantisation, https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    whole = file.with_suffix(".fp32.onnx")
    file.rename(whole)
    before = logging.root.level
    logging.root.setLevel(logging.ERROR)  # it logs a piece of advice to the root logger
    try:
        quantize_dynamic(whole, file, op_types_to_quantize=["MatMul", "Gemm"], per_channel=True, weight_type=QuantType.QInt8)
    finally:
        logging.root.setLevel(before)
        whole.unlink()


@contextmanager
def _plain_attention(network: Any) -> Iterator[None]:
    """Attention as plain products while tracing: the fused kernels have no counterpart in every ONNX runtime. Ours stays, as it sees the prefix."""
    trunk: Any = getattr(network, "config", None)
    before = getattr(trunk, "_attn_implementation", None)
    is_other = before not in {None, ATTENTION}
    if is_other:
        trunk._attn_implementation = "eager"
    try:
        yield
    finally:
        if is_other:
            trunk._attn_implementation = before


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's own running commentary off the terminal."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logger.setLevel(level)
