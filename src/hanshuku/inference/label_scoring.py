"""LabelScoringPredictor: a causal language model answers with the label it finds likeliest behind a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from hanshuku.errors import FunctionFolderError
from hanshuku.inference.backbone import MODEL, save_backbone
from hanshuku.inference.base import Inputs
from hanshuku.inference.embed import best_device, is_half
from hanshuku.inference.prompt_tokens import PromptTokens
from hanshuku.inference.prompts import WORDINGS, Wording, label_names, lay_out, rate_points
from hanshuku.inference.scoring import Scorer
from hanshuku.inference.settings import PromptSettings
from hanshuku.inference.trie import build_trie, common_length, split_paths
from hanshuku.models.load import Loaded, load_causal
from hanshuku.tasks import Task

MOST_NODES = 1024  # of a trie that is run at once
EXPECTED_LABELS = 1.5  # several labels: how many a row has before it is read; go_emotions has 1.2, most sets 1 to 3


class LabelScoringPredictor:
    """Scores every answer behind a prompt in one forward, and makes probabilities of the scores.

    One label: softmax of the labels' log-probabilities, normalised for length, less what texts without content get.
    Several labels: for each one, how much likelier "yes" is than "no" behind a question about it, less the same for
    texts without content; a text without evidence gets 1.5 labels on average. rate: the mean of at most eleven evenly
    spaced numbers, weighted by their probabilities.

    Args:
        task: classify or rate, one text or several.
        loaded: a causal language model of transformers; it is put on the GPU if there is one.
        settings: how it is asked.
        prior: (A,) log-probabilities, or log-odds, of the A answers behind texts without content; None: measured now.
        threshold: several labels: least probability of a label that is given.

    Attributes:
        cut: rows seen so far that were longer than the model may read and lost the end of a text.

    Raises:
        ConfigError: a template or setting is illegal, or the labels leave no room for a text.
    """

    KIND: ClassVar[str] = "label_scoring"

    def __init__(
        self, task: Task, loaded: Loaded, settings: PromptSettings = PromptSettings(), *, prior: np.ndarray | None = None, threshold: float = 0.5  # noqa: B008 - frozen
    ) -> None:
        self.task, self.loaded, self.settings, self.threshold = task, loaded, settings, threshold
        self.cut = 0
        wording = WORDINGS[settings.language]
        layout = lay_out(task, loaded.tokenizer, wording, template=settings.template, lead=settings.lead)
        answers = _answers(task, wording)
        limit = min(settings.max_length, loaded.info.max_length)
        self._tokens = PromptTokens(loaded.tokenizer, layout, answers, limit=limit, inputs=len(task.inputs))
        paths = self._tokens.paths
        starts = [common_length(*paths[i - i % 2 : i - i % 2 + 2]) if task.several else 0 for i in range(len(paths))]
        groups = split_paths(paths, MOST_NODES)
        self._tries = [(group, build_trie([paths[i] for i in group], [starts[i] for i in group])) for group in groups]
        tokens = [len(path) - start for path, start in zip(paths, starts, strict=True)]
        lengths = {"mean": tokens, "sum": [1] * len(answers), "byte": [len(answer.encode()) for answer in answers]}
        self._lengths = np.array(lengths["sum" if task.several else settings.normalise], dtype=np.float64)
        self._scorer = Scorer(loaded.network.to(best_device()))
        self._prior = self._measure_prior(wording.content_free) if prior is None else np.asarray(prior, dtype=np.float64)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know: texts cut, a slower way taken."""
        cut = f"{self.cut} texts were longer than the model may read ({self._tokens.limit} tokens with the prompt) and lost their end."
        return tuple(note for note in (cut if self.cut else "", self._scorer.note) if note)

    def outputs(self, inputs: Inputs) -> np.ndarray:
        """classify: (N, L) float32 probabilities; rate: (N,) float32 in the task's unit."""
        evidence = self.scores(inputs) - (self._prior if self.settings.calibrate else 0.0)
        if self.task.several:
            base = EXPECTED_LABELS / max(len(self.task.labels), 2 * EXPECTED_LABELS)
            return (1 / (1 + np.exp(-(evidence + np.log(base / (1 - base)))))).astype(np.float32)
        probabilities = np.exp(_log_softmax(evidence))
        if self.task.kind == "rate":
            return (probabilities @ np.array(rate_points(self.task)[1])).astype(np.float32)
        return probabilities.astype(np.float32)

    def scores(self, inputs: Inputs) -> np.ndarray:
        """(N, A) float64, before calibration: log-probabilities of the A answers, or log-odds of the L labels (several)."""
        unique = list(dict.fromkeys(tuple(row) for row in inputs))
        place = {row: i for i, row in enumerate(unique)}
        index = [place[tuple(row)] for row in inputs]
        prompts, is_cut = self._tokens.rows(unique)
        self.cut += sum(is_cut[i] for i in index)
        found = np.zeros((len(prompts), len(self._lengths)))
        for group, trie in self._tries:
            found[:, group] = self._scorer.edge_logprobs(prompts, trie, self._tokens.prefix) @ trie.counts.T
        found /= self._lengths
        return (found[:, 0::2] - found[:, 1::2] if self.task.several else found)[index]

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the model below `folder`/model; return JSON data that `load` needs besides."""
        backbone = save_backbone(self.loaded, folder, changed=False)
        return {"backbone": backbone, "settings": asdict(self.settings), "prior": self._prior.tolist(), "threshold": self.threshold}

    @classmethod
    def load(cls, folder: Path, data: dict[str, Any], task: Task) -> LabelScoringPredictor:
        """The predictor that `save` wrote.

        Raises:
            FunctionFolderError: a part is missing or damaged.
        """
        try:
            settings = PromptSettings(**data["settings"])
            prior, threshold, name = np.array(data["prior"], dtype=np.float64), float(data["threshold"]), data["backbone"]["info"]["name"]
        except (KeyError, TypeError, ValueError) as error:
            raise FunctionFolderError(f"{folder} is damaged: its function.json does not say how to ask ({error!r}). Copy it again.") from error
        loaded = load_model(str(folder / MODEL), settings.precision)
        return cls(task, replace(loaded, info=replace(loaded.info, name=name)), settings, prior=prior, threshold=threshold)

    def _measure_prior(self, texts: Sequence[str]) -> np.ndarray:
        """(A,) what the answers get behind texts without content, averaged: see Zhao et al. 2021, arXiv 2102.09690, section 5."""
        scores = self.scores([(text,) * len(self.task.inputs) for text in texts])
        if self.task.several:
            return scores.mean(0)
        return np.log(np.exp(_log_softmax(scores)).mean(0))


def load_model(name: str, precision: str) -> Loaded:
    """A causal language model with its weights in the precision that it will run in.

    Raises:
        ModelError: it cannot be had or is no causal language model.
    """
    import torch

    return load_causal(name, dtype=torch.bfloat16 if is_half(precision, best_device()) else torch.float32)


def _answers(task: Task, wording: Wording) -> list[str]:
    """What may follow the prompt: labels; numbers; for several labels each one's question with yes, and with no."""
    if task.kind == "rate":
        return rate_points(task)[0]
    names = label_names(task)
    if not task.several:
        return names
    questions = [wording.question.format(label=name) for name in names]
    joint = " " if wording.question[-1].isascii() else ""
    return [f"{question}{joint}{word}" for question in questions for word in wording.yes_no]


def _log_softmax(scores: np.ndarray) -> np.ndarray:
    """(N, A) scores as log-probabilities that sum to one."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
