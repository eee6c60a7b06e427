"""What fine-tuning does otherwise where labelled rows are few: the head starts from a probe's, and the trunk moves more slowly.

A head that starts from nothing first drags the trunk's features to wherever it happens to point, and a few rows never bring them back; one that
starts where a linear probe ends leaves them be (LP-FT, Kumar et al. 2022, https://arxiv.org/abs/2202.10054). A probe is sure of the rows that it has learned,
though, and there is nothing left to learn from, so the head starts at a part of its length.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from hanshuku.inference.embed import vectors
from hanshuku.inference.tokens import Tokenised
from hanshuku.methods.head_learning import Learned, learn_head
from hanshuku.methods.zero_shot import zero_shot_head

if TYPE_CHECKING:
    from hanshuku.data.encoded import Encoded
    from hanshuku.inference.heads import Head
    from hanshuku.methods.finetune import Finetune
    from hanshuku.methods.trunk_fit import Trunk
    from hanshuku.tasks import Task
    from hanshuku.training.classifier import Classifier

FEW = 400  # rows, below which all this applies
LENGTH = 0.3  # of the probe's head, at which the head starts
# Looked at on airline_tweets, financial_phrasebank, stock_comments_zh, online_shopping_10_cats and dbpedia14, 8 rows a class: the mean accuracy
# rose from 0.67 with a lower rate alone to 0.71, with the whole length too, which on dbpedia14 lost 3 points that LENGTH does not.
NOT_BEFORE = frozenset({"head", "prefix", "prompt"})  # a head alone learns otherwise; vectors in front of a text change at once what a head reads


def pace(method: Finetune, train: Encoded) -> float:
    """The part of its usual rate at which the trunk moves; below 1, few rows are learned, and the head starts from a probe's.

    Args:
        method: with its settings.
        train: labelled rows as given, none of them made of others.
    """
    texts = train.task.kind in {"classify", "rate"} and not train.task.is_pair
    if not texts or method.tuning in NOT_BEFORE or method.switches.reinit_layers:
        return 1.0
    return min(1.0, math.sqrt(len(train) / FEW))


def passes(method: Finetune, given: Encoded, learned: int) -> float:
    """Passes over the rows that are learned: few rows take as many steps with those that are made of them as without.

    Looked at on airline_tweets, financial_phrasebank and stock_comments_zh, 8 and 32 rows a class: as many passes as ever took up to four times as long and
    answered no better.

    Args:
        method: with its settings.
        given: labelled rows, none of them made of others.
        learned: how many rows are learned, with those that are made of others.
    """
    labels, kind = len(given.task.labels), given.task.kind
    if method.epochs or pace(method, given) == 1:
        return method.planned_epochs(learned, labels, kind)
    return method.planned_epochs(len(given), labels, kind) * len(given) / learned


def probed(trunk: Trunk, train: Encoded, tokens: Tokenised, seed: int) -> tuple[Learned, np.ndarray]:
    """A probe on the rows to learn from, and what its head reads, (N, F).

    Args:
        trunk: as it is before it learns.
        train: N rows.
        tokens: those of the N rows, and maybe others behind them.
        seed: of the probe's folds.
    """
    loaded, precision = trunk.loaded, trunk.method.precision
    found = vectors(loaded, tokens.take(range(len(train))), pooling=loaded.info.pooling, normalise=False, precision=precision)
    prior = zero_shot_head(train.task, loaded, precision=precision) if loaded.info.kind == "encoder" and not train.task.is_pair else None
    return learn_head(train.task, found, train, prior, seed=seed), found


def start_head(classifier: Classifier, task: Task, probe: Head, found: np.ndarray) -> None:
    """Set the classifier's head, in place, to that of a probe, which reads what was found of the rows."""
    weight, bias = _shortened(task, probe, found)
    with torch.no_grad():
        classifier.head.weight.copy_(torch.from_numpy(weight))
        classifier.head.bias.copy_(torch.from_numpy(bias))


def _shortened(task: Task, head: Head, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The weight and bias to start from: of several labels the whole head, as most are rare and a shorter one would take each for half likely; of a
    number shorter, with the same mean answer. Looked at on go_emotions (validation split) and yelp5 as stars, two seeds.
    """
    if task.several:
        return head.weight, head.bias
    weight = LENGTH * head.weight
    bias = head.bias + (1 - LENGTH) * (features.mean(axis=0) @ head.weight.T) if task.kind == "rate" else LENGTH * head.bias
    return weight, bias.astype(np.float32)
