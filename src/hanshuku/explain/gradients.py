"""Integrated gradients of an encoder with its head, through captum. Sundararajan et al. 2017, arXiv 1703.01365, section 3.

The path goes from the row with every token of its texts masked to the row itself, along the word embeddings. Special tokens and the
model's prefix stay, so that all of the score's way is the words'.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from hanshuku.errors import ConfigError, MissingExtra
from hanshuku.explain.base import Share
from hanshuku.explain.cases import Case
from hanshuku.explain.token_words import ReadRow, read_row
from hanshuku.inference.base import Predictor
from hanshuku.inference.calibrated import uncalibrated

if TYPE_CHECKING:
    from torch import Tensor

STEPS = 32  # points of the path, by Gauss and Legendre
BUDGET = 4096  # padded tokens that run at once, with their activations
ENCODERS = frozenset({"encoder", "continual"})


def why_not(predictor: Predictor) -> str:
    """Why gradients cannot be had of this predictor; "" where they can."""
    predictor = uncalibrated(predictor)
    if predictor.KIND not in ENCODERS or predictor.task.kind not in {"classify", "rate"}:
        reason = {
            "onnx": "an exported function has no gradients: take the one it was exported from, or",
            "remote": "a model on a server gives no gradients:",
            "static": "static vectors are looked up, not computed by a network:",
        }.get(predictor.KIND, f"they are for encoders that classify or rate, and this is made by {predictor.KIND!r}:")
        return f"Integrated gradients cannot explain {predictor.task.name}(); {reason} choose occlusion, shap or lime."
    return ""


def integrated_gradients(predictor: Any, cases: Sequence[Case], *, steps: int = STEPS) -> list[dict[str, Share]]:
    """What each word adds to the score between the masked row and the row itself; the weights add up to that but for the path's steps.

    Args:
        predictor: an EncoderPredictor, however it was tuned; of a calibrated one the score before calibration is explained.
        cases: rows.
        steps: points of the path; more make the sum exacter.

    Raises:
        ConfigError: the predictor is none that has gradients.
        MissingExtra: captum is not installed.
    """
    if reason := why_not(predictor):
        raise ConfigError(reason)
    predictor = uncalibrated(predictor)
    try:
        from captum.attr import LayerIntegratedGradients  # noqa: F401 - so that it is missed before anything runs
    except ImportError as error:
        raise MissingExtra("captum", "explain", "Explaining by integrated gradients") from error
    found: list[dict[str, Share]] = [{} for _ in cases]
    asked = [(i, key) for i, case in enumerate(cases) for key in case.keys]
    rows = [_read(predictor, case) for case in cases]
    lengths = [max(len(side.ids) for side in own) * len(own) for own in rows]
    order = sorted(asked, key=lambda one: -lengths[one[0]])
    with _frozen(predictor) as network:
        while order:
            size = max(1, BUDGET // (8 * lengths[order[0][0]]))  # so that eight steps or more run at once
            batch, order = order[:size], order[size:]
            for (i, key), share in zip(batch, _run(predictor, network, [(rows[i], _target(predictor, key)) for i, key in batch], steps), strict=True):
                found[i][key] = share
    return found


def _read(predictor: Any, case: Case) -> list[ReadRow]:
    """The sequences that the model reads of a row: one, or two where each text of a pair has a vector of its own."""
    from hanshuku.inference.embed import limit_of

    limit, loaded, words = limit_of(predictor.loaded, predictor.max_length), predictor.loaded, case.cutter.words
    sides: list[tuple[int, ...] | None] = [(0,), (1,)] if predictor.pair == "bi" and predictor.task.is_pair else [None]
    return [read_row(loaded.tokenizer, case.row, words, limit, loaded.info.prefix, parts=parts) for parts in sides]


def _target(predictor: Any, key: str) -> int:
    return predictor.task.labels.index(key) if predictor.task.kind == "classify" else 0


@contextmanager
def _frozen(predictor: Any) -> Iterator[Any]:
    """The network in evaluation mode with no gradient of its weights, which would only take memory; they are as they were afterwards."""
    from hanshuku.models.device import on_device

    network = on_device(predictor.loaded.network)
    moving = [parameter for parameter in network.parameters() if parameter.requires_grad]
    try:
        for parameter in moving:
            parameter.requires_grad_(False)
        yield network
    finally:
        for parameter in moving:
            parameter.requires_grad_(True)


def _run(predictor: Any, network: Any, batch: Sequence[tuple[list[ReadRow], int]], steps: int) -> list[Share]:
    import torch
    from captum.attr import LayerIntegratedGradients

    from hanshuku.inference.tokens import pad
    from hanshuku.models.device import best_device

    tokenizer, device = predictor.loaded.tokenizer, best_device()
    rows = [side for own, _ in batch for side in own]
    pad_id = tokenizer.pad_token_id or 0
    blank = tokenizer.mask_token_id if tokenizer.mask_token_id is not None else pad_id
    ids = torch.from_numpy(pad([row.ids for row in rows], pad_id)).to(device)
    empty = torch.from_numpy(pad([np.where(row.is_text, blank, row.ids).tolist() for row in rows], pad_id)).to(device)
    mask = torch.from_numpy(pad([[1] * len(row.ids) for row in rows], 0)).to(device)
    types = torch.from_numpy(pad([row.types for row in rows], 0)).to(device) if "token_type_ids" in tokenizer.model_input_names else None
    targets = torch.tensor([target for own, target in batch for _ in own], device=device)
    score = _Score(predictor, network, len(batch[0][0]))
    # captum counts in sequences; it adds up parts of the path, so that memory does not grow with the steps
    at_once = max(len(rows), BUDGET // ids.shape[1])
    layer = LayerIntegratedGradients(score, network.get_input_embeddings())
    given = layer.attribute(ids, baselines=empty, additional_forward_args=(mask, types, targets), n_steps=steps, internal_batch_size=at_once)
    weights = given.sum(-1).double().cpu().numpy()
    with torch.no_grad():
        ends = torch.stack([score(ids, mask, types, targets), score(empty, mask, types, targets)]).double().cpu().numpy()
    found, count = [], len(batch[0][0])
    for i in range(len(batch)):
        own = range(i * count, (i + 1) * count)
        total = sum(weights[j, : len(rows[j].ids)] @ rows[j].shares for j in own)
        found.append(Share(float(ends[0, i]), float(ends[1, i]), tuple(np.asarray(total).tolist())))
    return found


class _Score:
    """From token ids to the score that is explained, as torch can derive it.

    Args:
        predictor: gives head, pooling and task.
        network: the encoder.
        sides: sequences a row: 1, or 2 for a pair of vectors.
    """

    def __init__(self, predictor: Any, network: Any, sides: int) -> None:
        import torch

        self.predictor, self.network, self.sides = predictor, network, sides
        device = next(network.parameters()).device
        self.weight, self.bias = (torch.from_numpy(part).to(device) for part in (predictor.head.weight, predictor.head.bias))

    def __call__(self, ids: Tensor, mask: Tensor, types: Tensor | None, targets: Tensor) -> Tensor:
        """(B,) scores of (B * sides, T) ids."""
        import torch

        from hanshuku.inference.embed import text_vectors

        inputs = {"input_ids": ids, "attention_mask": mask} | ({} if types is None else {"token_type_ids": types})
        like = self.predictor
        features = text_vectors(self.network, inputs, pooling=like.pooling, normalise=like.normalise, layers=like.layers)
        if self.sides == 2:
            u, v = features[0::2], features[1::2]
            features, targets = torch.cat([u, v, (u - v).abs(), u * v], dim=1), targets[0::2]
        logits = features @ self.weight.T + self.bias
        task = self.predictor.task
        if task.kind == "rate":
            return task.low + (task.high - task.low) * logits[:, 0]
        own = logits.gather(1, targets[:, None])[:, 0]
        if task.several:
            return own
        others = logits.scatter(1, targets[:, None], float("-inf"))
        return own - others.logsumexp(1)
