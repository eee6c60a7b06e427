"""ClozePredictor: a masked language model fills a gap behind the text, and the words it finds likely are the answer.

Schick & Schütze 2021, Pattern-Exploiting Training, https://arxiv.org/abs/2001.07676; the prior: Zhao et al. 2021, arXiv 2102.09690.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from hanshuku.errors import FunctionFolderError, ModelError
from hanshuku.inference.backbone import load_backbone, save_backbone
from hanshuku.inference.base import Inputs, cut_note
from hanshuku.inference.cloze_tokens import ClozeTokens, Words
from hanshuku.inference.embed import autocast, limit_of
from hanshuku.inference.label_scoring import chances, prior_of
from hanshuku.inference.tokens import token_batches
from hanshuku.models.device import best_device, on_device
from hanshuku.models.load import Loaded, load_masked
from hanshuku.tasks import Task
from hanshuku.training.fast_encoder import fast_trunks

HEADS = ("cls", "lm_head", "predictions")  # the head for masked words, as BERT, RoBERTa and ALBERT name it
CONTENT_FREE = {"en": ("", "N/A"), "zh": ("", "无")}


@dataclass(frozen=True)
class ClozeSettings:
    """How a masked language model is asked; plain data, saved with the function."""

    language: str  # of the template, "en" or "zh"
    template: str  # with {mask} once, and {text} or the task's inputs
    words: Words  # for each answer the words that stand for it; rate: those of its lower and of its upper end
    calibrate: bool = True  # divide by what texts without content get
    max_length: int = 0  # most tokens of a row with its template; 0: the model's limit
    precision: str = "auto"  # "auto", "bf16" or "fp32"


class Cloze(nn.Module):
    """Scores of answers from the log-probabilities of their words at the masks.

    Args:
        network: a masked language model of transformers, or one that peft has changed.
        tokens: the words as token ids.
        several: answers do not exclude one another.
    """

    def __init__(self, network: Any, tokens: ClozeTokens, *, several: bool) -> None:
        super().__init__()
        self.network = network
        self.tokens = tokens
        self.several = several

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """(B, A) float32: for each answer the log of the mean, over its words, of a word's probability.

        A word of several tokens has the geometric mean of theirs, each at a mask of its own, all filled at once. Where several
        answers may be right, the ratio to what is left for words that are no answer: one answer's rise is then no other's fall.
        """
        inner = self.network.get_base_model() if hasattr(self.network, "get_base_model") else self.network
        found = []
        for group in self.tokens.groups:
            logits = masked_logits(inner, {name: batch[f"{name}_{group.masks}"] for name in self.tokens.names}, batch[f"places_{group.masks}"])
            logprobs = logits.float().log_softmax(-1)  # (B, M, V)
            ids = torch.tensor(group.ids, device=logprobs.device)  # (W, M)
            found.append(logprobs.transpose(1, 2)[:, ids, torch.arange(group.masks, device=ids.device)].mean(-1))  # (B, W)
        words = torch.cat(found, dim=1)
        scores = [words[:, list(own)].logsumexp(1) - np.log(len(own)) for own in self.tokens.owned]
        logs = torch.stack(scores, dim=1)
        return logs - (1 - logs.exp().sum(1, keepdim=True)).clamp(min=1e-6).log() if self.several else logs

    def scores(self, rows: Inputs, precision: str) -> np.ndarray:
        """(N, A) float64 scores of rows, in their order."""
        device = best_device()
        on_device(self)
        made = self.tokens.rows(rows)
        found = np.zeros((len(rows), len(self.tokens.owned)))
        with torch.inference_mode(), autocast(precision, device), fast_trunks(self.network, frozen=True):
            for places in token_batches(made.lengths):
                batch = {name: tensor.to(device) for name, tensor in made.batch(places.tolist()).items()}
                found[places] = self(batch).double().cpu().numpy()
        return found


def masked_logits(network: Any, inputs: dict[str, Tensor], places: Tensor) -> Tensor:
    """(B, M, V) logits at the masks alone, where the network has a head that is known; else all are computed and these taken.

    Args:
        network: a masked language model of transformers.
        inputs: what it takes.
        places: (B, M) positions of the masks.
    """
    rows = torch.arange(len(places), device=places.device)[:, None]
    head = next((getattr(network, name) for name in HEADS if hasattr(network, name)), None)
    if head is None:
        return network(**inputs).logits[rows, places]
    logits: Tensor = head(network.base_model(**inputs).last_hidden_state[rows, places])
    return logits


class ClozePredictor:
    """Answers by filling a gap.

    One label: softmax of the labels' scores less what texts without content get. Several labels: for each one by itself, how much
    likelier its words are than behind texts without content. rate: where the text lies between the words for both ends.

    Args:
        task: classify or rate.
        loaded: a masked language model.
        settings: how it is asked.
        prior: (A,) scores behind texts without content; None: measured now.
        changed: whether weights moved, so that they are saved whole.
        moved_parameters: how many parameters learning moved.

    Attributes:
        tokens: puts rows into the template, and counts in `cut` those since the last `count_anew` that lost the end of a text.

    Raises:
        ConfigError: the template is illegal, a word is unknown to the model, or no room is left for a text.
    """

    KIND: ClassVar[str] = "cloze"
    threshold = 0.5

    def __init__(
        self, task: Task, loaded: Loaded, settings: ClozeSettings, *, prior: np.ndarray | None = None, changed: bool = False, moved_parameters: int = 0
    ) -> None:
        self.task, self.loaded, self.settings, self.changed, self.moved_parameters = task, loaded, settings, changed, moved_parameters
        limit = limit_of(loaded, settings.max_length or None)
        self.tokens = ClozeTokens(task, loaded.tokenizer, settings.template, settings.words, limit)
        self.cloze = Cloze(loaded.network, self.tokens, several=task.several)
        self.prior = self._measure_prior() if prior is None else np.asarray(prior, dtype=np.float64)

    @property
    def total_parameters(self) -> int:
        """Parameters of the network."""
        return sum(parameter.numel() for parameter in self.loaded.network.parameters())

    def count_anew(self) -> None:
        """Forget what was counted, so that `notes` tell of what comes now."""
        self.tokens.cut = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know: texts cut."""
        return cut_note(self.tokens.cut, f"{self.tokens.limit} tokens")

    def outputs(self, inputs: Inputs) -> np.ndarray:
        """classify: (N, L) float32 probabilities; rate: (N,) float32 in the task's unit. No row depends on another."""
        evidence = self.cloze.scores(inputs, self.settings.precision) - (self.prior if self.settings.calibrate else 0.0)
        found = chances(self.task, evidence)
        if self.task.kind == "rate":
            return (self.task.low + (self.task.high - self.task.low) * found[:, 1]).astype(np.float32)
        return found.astype(np.float32)

    def prompt(self, row: Sequence[str]) -> str:
        """One row as the model reads it, with one mask for each token of the shortest words."""
        ids = self.tokens.rows([tuple(row)]).ids[self.tokens.groups[0].masks][0]
        return str(self.loaded.tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False))

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the model below `folder`/model; return JSON data that `load` needs besides."""
        backbone = save_backbone(self.loaded, folder, changed=self.changed)
        plain = {"settings": asdict(self.settings), "prior": self.prior.tolist(), "changed": self.changed, "moved_parameters": self.moved_parameters}
        return {"backbone": backbone} | plain

    @classmethod
    def load(cls, folder: Path, data: dict[str, Any], task: Task) -> ClozePredictor:
        """The predictor that `save` wrote.

        Raises:
            FunctionFolderError: a part is missing or damaged.
        """
        try:
            plain = dict(data["settings"])
            words = tuple(tuple(map(str, own)) for own in plain.pop("words"))
            settings = ClozeSettings(**plain, words=words)
            prior, more = np.array(data["prior"], dtype=np.float64), {key: data[key] for key in ("changed", "moved_parameters")}
        except (KeyError, TypeError, ValueError) as error:
            raise FunctionFolderError(f"{folder} is damaged: its function.json does not say how to ask ({error!r}). Copy it again.") from error
        loaded = load_backbone(folder, data["backbone"], load_cloze)
        loaded.network.tie_weights()  # the head's bias stands under two names, of which a small change names one
        return cls(task, loaded, settings, prior=prior, **more)

    def _measure_prior(self) -> np.ndarray:
        texts = CONTENT_FREE[self.settings.language]
        return prior_of(self.task, self.cloze.scores([(text,) * len(self.task.inputs) for text in texts], self.settings.precision))


def load_cloze(name: str) -> Loaded:
    """A masked language model with its head.

    Raises:
        ModelError: it cannot be had, or it has no head for masked words.
    """
    loaded, has_head = load_masked(name)
    if not has_head or loaded.tokenizer.mask_token_id is None:
        raise ModelError(
            f"{name} cannot tell masked words: its {'head for them is not in the folder' if not has_head else 'tokenizer has no mask'}. Sentence encoders have lost it; "
            "take a masked language model, such as google-bert/bert-base-uncased, google-bert/bert-base-chinese or FacebookAI/xlm-roberta-base "
            "from the hub, or a folder of one."
        )
    return loaded
