"""Budgets are read as people write them."""

import pytest

from hanshuku.errors import ConfigError
from hanshuku.training.budget import parse_budget


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5 min", 300), ("5min", 300), ("90s", 90), ("1h 30min", 5400), ("2 hours", 7200), (45, 45), ("60", 60), ("5分钟", 300), ("1小时30分", 5400)],
)
def test_a_budget_is_read(text, seconds):
    assert parse_budget(text).seconds == seconds


@pytest.mark.parametrize("text", ["soon", "5 parsecs", "0 min", -3, "", "5 min!"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ConfigError, match="budget"):
        parse_budget(text)
