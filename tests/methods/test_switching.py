"""Switches are set as any setting of a method is, by every way to set one."""

from dataclasses import dataclass

import pytest

from hanshuku.errors import ConfigError, UnknownName
from hanshuku.evaluation.runs import Candidate, method_from_json
from hanshuku.methods import METHODS, get_method
from hanshuku.methods.settings import parse_method
from hanshuku.methods.switching import HELD, flat_settings, make
from hanshuku.training.switches import Switches

SWITCHED = [name for name, kind in METHODS.items() if HELD in kind.__dataclass_fields__]


@pytest.mark.parametrize("name", SWITCHED)
class TestEveryMethodWithSwitches:
    def test_a_switch_is_set_like_a_setting_of_its_own(self, name):
        assert get_method(name, focal=2).switches == Switches(focal=2)

    def test_its_settings_lie_flat_and_make_it_again(self, name):
        method = get_method(name, focal=2)
        found = flat_settings(method)
        assert HELD not in found
        assert found["focal"] == 2
        assert get_method(name, **found) == method

    def test_another_process_makes_it_again(self, name):
        method = get_method(name, focal=2)
        assert method_from_json(Candidate("a", method, "minilm").to_json()) == method

    def test_a_switch_misspelt_is_met_with_the_right_one(self, name):
        with pytest.raises(UnknownName, match="Did you mean 'focal'"):
            get_method(name, focall=2)

    def test_none_as_the_command_line_reads_it_is_the_word(self, name):
        assert get_method(name, class_weights=None).switches == Switches()

    def test_a_value_out_of_range_is_refused(self, name):
        with pytest.raises(ConfigError, match="focal"):
            get_method(name, focal=99)


def test_compare_takes_switches_as_settings():
    name, _, settings = parse_method("finetune@minilm:epochs=2:focal=2")
    assert get_method(name, **settings) == get_method("finetune", epochs=2, focal=2)


def test_given_whole_switches_and_one_beside_them_both_count():
    method = get_method("finetune", switches=Switches(label_smoothing=0.1), focal=2)
    assert method.switches == Switches(label_smoothing=0.1, focal=2)


@dataclass(frozen=True)
class Plain:
    focal: int = 3


def test_a_method_without_switches_keeps_a_setting_of_the_same_name():
    assert make(Plain, {"focal": 1}) == Plain(1)
    assert flat_settings(Plain(1)) == {"focal": 1}


def test_a_method_without_switches_takes_none():
    with pytest.raises(UnknownName, match="setting of probe"):
        get_method("probe", focal=2)
