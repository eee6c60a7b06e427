"""The sections on robustness, other domains, behaviours and attacks say what was measured, in both languages, and let no text become markup."""

import json
import re
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

pytest.importorskip("rjieba")
pytest.importorskip("pypinyin")
pytest.importorskip("opencc")

from hanshuku.data.encoded import Encoded
from hanshuku.evaluation.behaviours import read_behaviours
from hanshuku.evaluation.page import attack, behaviours, out_of_domain, robustness
from hanshuku.evaluation.parts.base import Seen, Wanted
from hanshuku.evaluation.parts.behaviours import measure as measure_behaviours
from hanshuku.evaluation.parts.out_of_domain import measure as measure_domains
from hanshuku.evaluation.parts.robustness import measure as measure_forms
from hanshuku.safety.attacks import ATTACKS
from hanshuku.safety.attacks import attack as attack_rows
from tests.evaluation.spotter import MOODS, Spotter, moods

MARKUP = "<b onclick=x>{n}</b>"


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Name of a section -> the section and data of a part, with markup in its texts and names."""
    rows = Encoded(MOODS, [(f"{MARKUP} {text}",) for (text,) in moods(40).inputs], moods(40).targets, np.arange(40))
    seen = Seen(Spotter(), rows, Spotter().outputs(rows.inputs))
    file = tmp_path_factory.mktemp("tests") / "t.jsonl"
    lines = [
        {"test": MARKUP, "type": "MFT", "capability": "a", "texts": [MARKUP], "label": "good"}, {"test": "i", "type": "INV", "capability": "b", "texts": ["lovely", "LOVELY"]},
        {"test": "d", "type": "DIR", "texts": ["terrible", "lovely"], "label": "good", "expect": "not_up"}, {"test": "n", "type": "MFT", "texts": ["lovely"], "not": "good"},
        {"test": "u", "type": "MFT", "texts": ["so so"], "label": MARKUP},
    ]  # fmt: skip
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    turned = attack_rows(Spotter(), rows, ATTACKS["characters"], name="characters", rows=10).to_json()
    return {
        "robustness": (robustness.SECTION, measure_forms(seen, Wanted())),
        "out_of_domain": (out_of_domain.SECTION, measure_domains(seen, Wanted(ood={MARKUP: moods(30), "one": moods(1)}))),
        "behaviours": (behaviours.SECTION, measure_behaviours(seen, Wanted(behaviours=read_behaviours(file)))),
        "attack": (attack.SECTION, {"ways": [turned], "left_out": [{"name": "words", "need": MARKUP}]}),
    }


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["robustness", "out_of_domain", "behaviours", "attack"])
class TestEachSection:
    def test_it_is_data_that_json_holds(self, told, name, language):
        section, data = told[name]
        assert section.html(json.loads(json.dumps(data, allow_nan=False)), section.say(language)) == section.html(data, section.say(language))

    def test_no_text_becomes_markup(self, told, name, language):
        section, data = told[name]
        assert "<b " not in section.html(data, section.say(language))

    def test_every_word_is_there_in_the_page_and_the_terminal(self, told, name, language):
        section, data = told[name]
        say = section.say(language)
        console = Console(record=True, width=200, file=StringIO())
        for line in section.lines(data, say):
            console.print(line)
        shown = section.says(data, say) + console.export_text() + section.html(data, say)
        assert section.says(data, say)
        assert not re.findall(r"\{[a-z_]+\}", shown.replace("{n}", ""))


def test_what_was_due_is_said_in_words(told):
    section, data = told["behaviours"]
    body = section.html(data, section.say("en"))
    assert all(words in body for words in ("the same answer", "score of good not up", "not good"))
