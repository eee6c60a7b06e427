"""A learning curve that was measured before is shown with the report."""

import pytest

from hanshuku.errors import DataError
from hanshuku.evaluation.page import SECTIONS
from hanshuku.functions.core import Function
from hanshuku.functions.curve import CurvePoint, LearningCurve
from tests.functions.test_evaluate import ROWS
from tests.words import TEAM, WordPredictor

CURVE = LearningCurve("accuracy", "probe, minilm", 100, (CurvePoint(8, 0.5, 0.4, 0.6), CurvePoint(80, 0.7, 0.65, 0.75)), (CurvePoint(100, 0.71, 0.65, 0.77), CurvePoint(300, 0.8, 0.7, 0.9)))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_says_what_more_labels_would_bring_and_draws_it(language):
    report = Function(TEAM, WordPredictor()).evaluate(ROWS, checks=(), curve=CURVE.to_json())
    section = SECTIONS["learning_curve"]
    data, say = report.parts["learning_curve"], section.say(language)
    assert all(part in section.says(data, say) for part in ("200", "0.710", "0.800", "0.700–0.900"))
    assert section.html(data, say).count('<circle class="dot') == 4
    assert len(list(section.lines(data, say))) == 4


def test_without_a_forecast_it_says_what_was_measured():
    section = SECTIONS["learning_curve"]
    data = {**CURVE.to_json(), "foretold": []}
    assert "100 labelled rows" in section.says(data, section.say("en")) and "<svg" in section.html(data, section.say("en"))


def test_what_is_no_curve_is_refused():
    assert LearningCurve.from_json(CURVE.to_json()) == CURVE
    with pytest.raises(DataError, match="hanshuku curve --json"):
        Function(TEAM, WordPredictor()).evaluate(ROWS, checks=(), curve={"metric": "accuracy"})
