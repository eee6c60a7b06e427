"""LabelScoringPredictor: a causal language model answers with the label it finds likeliest behind a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from hanshuku.errors import FunctionFolderError
from hanshuku.inference.backbone import MODEL, save_backbone
from hanshuku.inference.base import Inputs, cut_note
from hanshuku.inference.demonstrations import fitting, read_demonstrations
from hanshuku.inference.embed import is_half
from hanshuku.inference.prompt_tokens import PromptTokens
from hanshuku.inference.prompts import WORDINGS, Demonstration, Layout, Wording, label_names, lay_out, rate_points
from hanshuku.inference.scoring import Scorer
from hanshuku.inference.settings import PromptSettings
from hanshuku.inference.trie import build_trie, common_length, split_paths
from hanshuku.models.device import best_device, on_device
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
        scorer: of the same network, from another predictor, so that it is not checked anew; None: one is made.

    Attributes:
        prior: (A,) see above.
        cut: rows seen since the last `count_anew` that were longer than the model may read and lost the end of a text.

    Raises:
        ConfigError: a template or setting is illegal, or the labels leave no room for a text.
    """

    KIND: ClassVar[str] = "label_scoring"

    def __init__(
        self, task: Task, loaded: Loaded, settings: PromptSettings = PromptSettings(), *, prior: np.ndarray | None = None, threshold: float = 0.5,  # noqa: B008 - frozen
        scorer: Scorer | None = None,
    ) -> None:  # fmt: skip
        self.task, self.loaded, self.settings, self.threshold = task, loaded, settings, threshold
        self.count_anew()
        wording = WORDINGS[settings.language]
        answers = answer_texts(task, wording)
        self.limit = min(settings.max_length, loaded.info.max_length)
        self._tokens = self._asked(settings.demonstrations)
        paths = self._tokens.paths
        starts = [common_length(*paths[i - i % 2 : i - i % 2 + 2]) if task.several else 0 for i in range(len(paths))]
        groups = split_paths(paths, MOST_NODES)
        self._tries = [(group, build_trie([paths[i] for i in group], [starts[i] for i in group])) for group in groups]
        tokens = [len(path) - start for path, start in zip(paths, starts, strict=True)]
        lengths = {"mean": tokens, "sum": [1] * len(answers), "byte": [len(answer.encode()) for answer in answers]}
        self._lengths = np.array(lengths["sum" if task.several else settings.normalise], dtype=np.float64)
        self.scorer = scorer or Scorer(on_device(loaded.network))
        self.prior = self._measure_prior(wording.content_free) if prior is None else np.asarray(prior, dtype=np.float64)

    def count_anew(self) -> None:
        """Forget what was counted, so that `notes` tell of what comes now."""
        self.cut = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know: texts cut, a slower way taken."""
        cut = cut_note(self.cut, f"{self._tokens.limit} tokens with the prompt")
        return (*cut, self.scorer.note) if self.scorer.note else cut

    def outputs(self, inputs: Inputs, shown: Sequence[Sequence[Demonstration]] | None = None) -> np.ndarray:
        """classify: (N, L) float32 probabilities; rate: (N,) float32 in the task's unit.

        Args:
            inputs: N rows.
            shown: N lists of demonstrations, each row's own, as many of the last ones as fit; None: those of the settings.
        """
        if shown is None:
            return self.answers(self.scores(inputs) - (self.prior if self.settings.calibrate else 0.0))
        found = [self._evidence(tuple(row), given) for row, given in zip(inputs, shown, strict=True)]
        return self.answers(np.array(found).reshape(len(found), len(self.prior)))

    def answers(self, evidence: np.ndarray) -> np.ndarray:
        """What `outputs` gives for (N, A) calibrated scores."""
        found = chances(self.task, evidence)
        return (found @ np.array(rate_points(self.task)[1]) if self.task.kind == "rate" else found).astype(np.float32)

    def scores(self, inputs: Inputs, tokens: PromptTokens | None = None) -> np.ndarray:
        """(N, A) float64, before calibration: log-probabilities of the A answers, or log-odds of the L labels (several)."""
        tokens = tokens or self._tokens
        unique = list(dict.fromkeys(tuple(row) for row in inputs))
        place = {row: i for i, row in enumerate(unique)}
        index = [place[tuple(row)] for row in inputs]
        prompts, is_cut = tokens.rows(unique)
        self.cut += sum(is_cut[i] for i in index)
        found = np.zeros((len(prompts), len(self._lengths)))
        for group, trie in self._tries:
            found[:, group] = self.scorer.edge_logprobs(prompts, trie, tokens.prefix) @ trie.counts.T
        found /= self._lengths
        return (found[:, 0::2] - found[:, 1::2] if self.task.several else found)[index]

    def prompt(self, row: Sequence[str], shown: Sequence[Demonstration] | None = None) -> str:
        """The whole prompt of one row as the model reads it, up to where the answer begins."""
        tokens = self._tokens if shown is None else self._asked(self.fitted(shown, row))
        return tokens.shown(row)

    def fitted(self, demonstrations: Sequence[Demonstration], row: Sequence[str]) -> tuple[Demonstration, ...]:
        """The last demonstrations that leave room for the row, or for half of what the model reads where it is longer than that."""
        tokenizer = self.loaded.tokenizer
        needed = min(sum(len(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]) for text in row), self.limit // 2)
        empty = ("",) * len(self.task.inputs)

        def length(shown: Sequence[Demonstration]) -> int:
            return len(tokenizer(self._layout(shown).render(empty), add_special_tokens=False, verbose=False)["input_ids"])

        return fitting(demonstrations, length, self._tokens.limit - needed - len(self._tokens.front))

    def _evidence(self, row: tuple[str, ...], shown: Sequence[Demonstration]) -> np.ndarray:
        """(A,) calibrated scores of a row behind its own demonstrations, which are run once for it and for the texts without content."""
        tokens = self._asked(self.fitted(shown, row))
        free = [(text,) * len(row) for text in WORDINGS[self.settings.language].content_free] if self.settings.calibrate else []
        scores = self.scores([row, *free], tokens)
        return np.asarray(scores[0] - prior_of(self.task, scores[1:]) if free else scores[0])

    def _layout(self, demonstrations: Sequence[Demonstration]) -> Layout:
        settings, wording = self.settings, WORDINGS[self.settings.language]
        return lay_out(self.task, self.loaded.tokenizer, wording, template=settings.template, lead=settings.lead, demonstrations=demonstrations)

    def _asked(self, demonstrations: Sequence[Demonstration]) -> PromptTokens:
        """Prompts with these demonstrations."""
        answers = answer_texts(self.task, WORDINGS[self.settings.language])
        return PromptTokens(self.loaded.tokenizer, self._layout(demonstrations), answers, limit=self.limit, inputs=len(self.task.inputs))

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the model below `folder`/model; return JSON data that `load` needs besides."""
        backbone = save_backbone(self.loaded, folder, changed=False)
        return {"backbone": backbone, "settings": asdict(self.settings), "prior": self.prior.tolist(), "threshold": self.threshold}

    @classmethod
    def load(cls, folder: Path, data: dict[str, Any], task: Task) -> LabelScoringPredictor:
        """The predictor that `save` wrote.

        Raises:
            FunctionFolderError: a part is missing or damaged.
        """
        try:
            plain = dict(data["settings"])
            shown = read_demonstrations(plain.pop("demonstrations", ()))
            settings = PromptSettings(**plain, demonstrations=shown)
            prior, threshold, name = np.array(data["prior"], dtype=np.float64), float(data["threshold"]), data["backbone"]["info"]["name"]
        except (KeyError, TypeError, ValueError) as error:
            raise FunctionFolderError(f"{folder} is damaged: its function.json does not say how to ask ({error!r}). Copy it again.") from error
        loaded = load_model(str(folder / MODEL), settings.precision)
        return cls(task, replace(loaded, info=replace(loaded.info, name=name)), settings, prior=prior, threshold=threshold)

    def _measure_prior(self, texts: Sequence[str]) -> np.ndarray:
        """(A,) what the answers get behind texts without content, averaged: see Zhao et al. 2021, arXiv 2102.09690, section 5."""
        return prior_of(self.task, self.scores([(text,) * len(self.task.inputs) for text in texts]))


def load_model(name: str, precision: str) -> Loaded:
    """A causal language model with its weights in the precision that it will run in.

    Raises:
        ModelError: it cannot be had or is no causal language model.
    """
    import torch

    return load_causal(name, dtype=torch.bfloat16 if is_half(precision, best_device()) else torch.float32)


def chances(task: Task, evidence: np.ndarray) -> np.ndarray:
    """(N, A) probabilities from calibrated scores: of all answers together, or of each label by itself (several)."""
    return 1 / (1 + np.exp(-(evidence + base_log_odds(task)))) if task.several else np.exp(_log_softmax(evidence))


def base_log_odds(task: Task) -> float:
    """Several labels: the log-odds of a label before a text is read."""
    base = EXPECTED_LABELS / max(len(task.labels), 2 * EXPECTED_LABELS)
    return float(np.log(base / (1 - base)))


def prior_of(task: Task, scores: np.ndarray) -> np.ndarray:
    """(A,) what the answers get on average, from (N, A) scores of texts that say nothing, or of many texts alike."""
    return scores.mean(0) if task.several else np.log(np.exp(_log_softmax(scores)).mean(0))


def answer_texts(task: Task, wording: Wording) -> list[str]:
    """What may follow the prompt: labels; numbers; for several labels each one's question with yes, and with no."""
    if task.kind == "rate":
        return rate_points(task)[0]
    names = label_names(task)
    if not task.several:
        return names
    questions = [wording.question.format(label=name) for name in names]
    joint = " " if wording.question[-1].isascii() else ""
    return [f"{question}{joint}{word}" for question in questions for word in wording.yes_no]


def answer_of(task: Task, wording: Wording, target: Any, turn: int = 0) -> str:
    """The answer that a demonstration shows for a target, one of `answer_texts`.

    Args:
        task: classify or rate.
        wording: the language.
        target: as in `Encoded.targets`.
        turn: number of the demonstration; for several labels, of which only one is asked about, a label that the row has and
            one that it has not take turns.
    """
    texts = answer_texts(task, wording)
    if task.kind == "rate":
        points = np.array(rate_points(task)[1])
        return texts[int(np.abs(points - float(target)).argmin())]
    if not task.several:
        return texts[int(target)]
    given = np.flatnonzero(np.asarray(target) > 0)
    missing = np.flatnonzero(np.asarray(target) <= 0)
    is_yes = bool(len(given)) and (turn % 2 == 0 or not len(missing))
    chosen = (given if is_yes else missing)[(turn // 2) % len(given if is_yes else missing)]
    return texts[2 * int(chosen) + (0 if is_yes else 1)]


def _log_softmax(scores: np.ndarray) -> np.ndarray:
    """(N, A) scores as log-probabilities that sum to one."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
