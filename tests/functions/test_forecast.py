"""A forecast comes from short fits in processes of their own; a comparison tells which difference is real."""

import json

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError, UnknownName
from hanshuku.functions.compare import compare
from hanshuku.functions.forecast import _extrapolated, forecast
from hanshuku.methods.cloze import Cloze
from hanshuku.methods.continual import Continual
from hanshuku.methods.contrastive import Contrastive
from hanshuku.methods.dpo import Dpo
from hanshuku.methods.finetune import Finetune
from hanshuku.methods.probe import Probe
from hanshuku.methods.rerank import Rerank
from hanshuku.methods.settings import parse_method, parse_settings
from hanshuku.tasks import Task
from tests.functions.test_functions import ROWS

MANY = [{"text": f"{row['text']} {i}", "label": row["label"]} for i in range(40) for row in ROWS]


@pytest.fixture(scope="module")
def found(tiny_encoder):
    return forecast(MANY, method="finetune", model=tiny_encoder, epochs=2)


def test_it_gives_seconds_with_a_range_and_memory_against_what_is_free(found):
    assert 0 < found.seconds_low < found.seconds < found.seconds_high
    assert 50 < found.memory_mb < 20_000
    assert found.available_mb > 0
    assert found.rows == 320
    assert json.loads(json.dumps(found.to_json()))["method"] == "finetune"


def test_auto_takes_what_it_is_given_and_is_not_forecast():
    with pytest.raises(ConfigError, match="takes the budget"):
        forecast(ROWS, method="auto")


def test_a_method_with_its_model_and_settings_is_one_text():
    assert parse_method("finetune@minilm:tuning=lora:epochs=3") == ("finetune", "minilm", {"tuning": "lora", "epochs": 3})
    assert parse_settings(["a=1.5", "b=true", "c=none", "d=x=y"]) == {"a": 1.5, "b": True, "c": None, "d": "x=y"}


def test_compare_takes_methods_by_their_texts(tiny_encoder):
    comparison = compare(MANY[:200], MANY[200:], ["finetune:tuning=head", "finetune:epochs=1"], model=tiny_encoder)
    data = json.loads(json.dumps(comparison.to_json()))
    assert "finetune:tuning=head" in json.dumps(data)


def test_compare_needs_a_method_that_is_there(tiny_encoder):
    with pytest.raises(UnknownName, match="finetune"):
        compare(ROWS, ROWS, ["finetun"], model=tiny_encoder)


class Clockwork:
    """Fits whose time is exactly a line in the rows read and the steps taken."""

    seed = 0

    def fit(self, method, rows):
        assert len(rows)
        epochs, steps = getattr(method, "epochs", 1.0), getattr(method, "steps", 0)
        return 2.0 + 0.01 * len(rows) * epochs + 0.1 * steps, 500.0 + len(rows)


def encoded_rows(count, task=Task("classify", labels=("a", "b"))):
    return Encoded(task, [(f"text {i}",) for i in range(count)], np.arange(count) % 2, np.zeros(count, dtype=np.int64))


@pytest.mark.parametrize("count", [100, 2000])
@pytest.mark.parametrize(
    ("method", "seconds"),
    [
        (Finetune(epochs=3), lambda n: 2 + 0.01 * n * 3),
        (Contrastive(), lambda n: 2 + 0.01 * n + 0.1 * Contrastive().planned_steps(n, 2)),
        (Probe(), lambda n: 2 + 0.01 * n),
    ],
)
def test_where_time_is_a_line_in_rows_and_steps_the_forecast_is_exact(method, seconds, count):
    found, memory = _extrapolated(Clockwork(), method, encoded_rows(count))
    assert found == pytest.approx(seconds(count))
    assert memory >= 500 + min(count, 256)


@pytest.mark.parametrize("method", [Cloze(epochs=3), Continual(epochs=3), Dpo(epochs=3), Rerank(epochs=3)])
def test_every_method_that_plans_passes_is_forecast(method):
    assert _extrapolated(Clockwork(), method, encoded_rows(300))[0] == pytest.approx(2 + 0.01 * 300 * 3)


def test_texts_are_forecast_with_the_passes_that_are_planned_over_texts():
    rows = encoded_rows(1000, Task("generate", instruction="Shorten."))
    assert _extrapolated(Clockwork(), Finetune(), rows)[0] == pytest.approx(2 + 0.01 * 1000 * 3)
