"""Switches are off unless set, and are refused where they mean nothing."""

from dataclasses import fields

import pytest

from hanshuku.errors import ConfigError
from hanshuku.training import switches
from hanshuku.training.adversarial import ATTACKS
from hanshuku.training.switches import Switches


def test_every_attack_that_may_be_named_is_there():
    assert set(switches.ATTACKS) == {"none", *ATTACKS}


def test_all_are_off_at_first():
    assert Switches().on == ()


def test_what_is_set_is_on():
    assert Switches(focal=2.0, label_smoothing=0.1).on == ("label_smoothing", "focal")


def test_each_is_explained_and_there_are_fifteen_at_most():
    assert all(f.metadata["help"] for f in fields(Switches))
    assert len(fields(Switches)) <= 15


@pytest.mark.parametrize("name", [f.name for f in fields(Switches)])
@pytest.mark.parametrize("wrong", [-1, "perhaps", True])
def test_a_value_outside_its_range_is_refused(name, wrong):
    with pytest.raises(ConfigError, match=rf"{name}.*Received"):
        Switches(**{name: wrong})


def test_a_switch_without_a_meaning_is_refused_with_those_that_have_one():
    with pytest.raises(ConfigError, match=r"focal has no meaning for the weather: it changes a cross entropy over labels\..*have one: label_smoothing"):
        Switches(focal=2.0).require({"label_smoothing"}, "the weather")


@pytest.mark.parametrize(
    "wrong",
    [
        {"adversarial_size": 0.1},
        {"adversarial": "fgm", "adversarial_steps": 3},
        {"adversarial": "freelb", "adversarial_weight": 2.0},
        {"average": "soup", "average_decay": 0.9},
    ],
)
def test_a_setting_of_a_switch_that_does_not_read_it_is_refused(wrong):
    with pytest.raises(ConfigError, match=f"{list(wrong)[-1]} is for {list(wrong)[-1].partition('_')[0]}="):
        Switches(**wrong)
