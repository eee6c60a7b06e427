"""Every switch, in every method and for every kind of task where it has a meaning; where it has none, an error."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.errors import ConfigError
from hanshuku.methods import cloze, contrastive, get_method
from hanshuku.methods.finetune import NAMES, SWITCHES
from hanshuku.training.run import Run
from hanshuku.training.switches import Switches
from tests.children import TASKS, are_alike, rows_of

SET = {  # a value of each switch
    "label_smoothing": 0.2, "class_weights": "balanced", "focal": 2.0, "mixup": 0.5, "consistency": 1.0, "adversarial": "fgm", "adversarial_size": 0.2,
    "adversarial_steps": 2, "adversarial_weight": 2.0, "average": "ema", "average_decay": 0.3, "layer_decay": 0.5, "reinit_layers": 1,
    "augment": "typos",
}  # fmt: skip
NEEDS = {"adversarial_size": {"adversarial": "pgd"}, "adversarial_steps": {"adversarial": "pgd"}, "adversarial_weight": {"adversarial": "pgd"}, "average_decay": {"average": "ema"}}
SHORT = {"finetune": {"epochs": 2.0}, "cloze": {"epochs": 2.0}, "rerank": {"epochs": 2.0}, "contrastive": {"steps": 6}}
CASES = [
    *(pytest.param("finetune", kind, SWITCHES[task.kind], id=f"finetune-{kind}") for kind, task in TASKS.items()),
    pytest.param("rerank", "an order", SWITCHES["rank"], id="rerank"),
    *(pytest.param("cloze", kind, cloze.SWITCHES[TASKS[kind].kind], id=f"cloze-{kind}") for kind in ("one label", "several labels", "a number")),
    *(pytest.param("contrastive", kind, contrastive.SWITCHES, id=f"contrastive-{kind}") for kind in ("one label", "several labels", "a number", "a pair")),
]


def fit(name, kind, model, notes=None, **settings):
    method = get_method(name, **(SHORT[name] | {"learning_rate": 3e-3, "precision": "fp32"} | settings))
    run = Run(seed=1, report=lambda step: notes.append(step.note) if notes is not None else None)
    return method.fit(TASKS[kind], rows_of(kind), model=model, run=run).outputs(rows_of(kind).inputs)


def test_each_switch_has_a_value_here():
    assert set(SET) == {f.name for f in fields(Switches)} - {"augment_times"}


@pytest.mark.parametrize(("name", "kind", "legal"), CASES)
def test_all_that_have_a_meaning_work_together_and_repeat_themselves(name, kind, legal, tiny_encoder, tiny_masked):
    tiny_encoder = tiny_masked if name == "cloze" else tiny_encoder
    settings = {switch: value for switch, value in SET.items() if switch in legal} | {"adversarial": "pgd"}
    first, second, plain = fit(name, kind, tiny_encoder, **settings), fit(name, kind, tiny_encoder, **settings), fit(name, kind, tiny_encoder)
    assert are_alike(first, second, atol=0.0)
    assert first.dtype == object or np.isfinite(first).all()
    assert first.dtype == object or not are_alike(first, plain, atol=1e-6)


@pytest.mark.parametrize(("name", "kind", "legal"), CASES)
def test_those_without_a_meaning_are_refused(name, kind, legal, tiny_encoder):
    for switch, value in SET.items():
        if switch not in legal:
            with pytest.raises(ConfigError, match=f"{switch} has no meaning for {name}"):
                fit(name, kind, tiny_encoder, **{switch: value}, **NEEDS.get(switch, {}))


@pytest.mark.parametrize("switch", [name for name in SET if name != "class_weights"])  # the rows are balanced; see test_finetune
def test_each_alone_changes_what_is_learned(switch, tiny_encoder):
    needed = NEEDS.get(switch, {})
    with_it, without = (fit("finetune", "one label", tiny_encoder, **needed, **one) for one in ({switch: SET[switch]}, {}))
    assert not are_alike(with_it, without, atol=1e-6)


@pytest.mark.parametrize("kind", ["fgm", "pgd", "freelb", "smart"])
def test_every_attack_changes_what_is_learned(kind, tiny_encoder):
    assert not are_alike(fit("finetune", "one label", tiny_encoder, adversarial=kind), fit("finetune", "one label", tiny_encoder), atol=1e-6)


@pytest.mark.parametrize("tuning", [name for name in NAMES if name != "head"])
def test_an_attack_reaches_what_moves_whatever_the_tuning(tuning, tiny_encoder):
    size = {"size": 1} if tuning == "last_layers" else {}
    notes = []
    pushed = fit("finetune", "one label", tiny_encoder, notes, tuning=tuning, adversarial="fgm", adversarial_size=0.5, **size)
    assert not are_alike(pushed, fit("finetune", "one label", tiny_encoder, tuning=tuning, **size), atol=1e-6)
    assert not any("frozen blocks once" in note for note in notes), "what a push goes through is not looked up"


@pytest.mark.parametrize("tuning", ["all", "lora", "prompt"])
@pytest.mark.parametrize("kind", ["fgm", "freelb"])
def test_an_attack_on_a_causal_model_s_words(kind, tuning, tiny_causal):
    settings = {"tuning": tuning, "adversarial_size": 0.3}
    assert not are_alike(fit("finetune", "one label", tiny_causal, adversarial=kind, **settings), fit("finetune", "one label", tiny_causal, tuning=tuning), atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"tuning": "head", "adversarial": "fgm"}, "tuning=head the encoder reads each row once"),
        ({"tuning": "head", "layer_decay": 0.9}, "layer_decay parts the rates"),
        ({"tuning": "lora", "reinit_layers": 1}, "needs layers that are free to learn"),
        ({"tuning": "last_layers", "size": 1, "reinit_layers": 2}, "size=2 or more"),
        ({"dropout": 0.0, "consistency": 1.0}, "nothing in this network has any"),
    ],
)
def test_a_tuning_that_a_switch_cannot_work_with_is_said(settings, said, tiny_causal):
    with pytest.raises(ConfigError, match=said):
        fit("finetune", "one label", tiny_causal, **settings)


def test_contrastive_layers_that_start_anew_must_learn(tiny_encoder):
    with pytest.raises(ConfigError, match="must learn"):
        fit("contrastive", "one label", tiny_encoder, layers=1, reinit_layers=2)


def test_bfloat16_takes_all_of_them(tiny_encoder):
    settings = {"adversarial": "pgd", "consistency": 1.0, "focal": 2.0, "average": "ema", "precision": "bf16"}
    first, second = (fit("finetune", "one label", tiny_encoder, **settings) for _ in range(2))
    assert are_alike(first, second, atol=0.0)
    assert np.isfinite(first).all()
