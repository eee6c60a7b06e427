"""The search of a prompt within a budget of calls."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("torch")

from hanshuku.data.encoded import Encoded
from hanshuku.errors import ConfigError
from hanshuku.inference.asking import Teller
from hanshuku.methods.prompt_search import PromptSearch
from hanshuku.methods.prompt_searching import Candidate, Search, Way
from hanshuku.methods.proposing import _said
from hanshuku.methods.row_values import right_rows, steady_rows
from hanshuku.methods.wordings import USUAL, Put, ways_to_ask
from hanshuku.tasks import Task, kind_of
from hanshuku.training.run import Run
from tests.children import TASKS, rows_of

MOOD = TASKS["one label"]
TITLE = Task("generate", instruction="Title?")
QUICK = {"precision": "fp32", "calls": 200, "demonstrations": 2, "sets": 2, "max_length": 128}


@pytest.fixture
def rows():
    return rows_of("one label").take(np.arange(16))


@pytest.fixture
def fit(tiny_causal, rows):
    def run(task=MOOD, train=None, folder=None, seed=0, **settings):
        return PromptSearch(**QUICK | settings).fit(task, train or rows, model=tiny_causal, run=Run(seed=seed, folder=folder))

    return run


class TestBudget:
    @pytest.mark.parametrize("calls", [20, 60, 300])
    def test_no_more_rows_are_asked_about_than_were_granted(self, fit, tmp_path, calls):
        fit(calls=calls, folder=tmp_path)
        lines = (tmp_path / "calls.jsonl").read_text().splitlines()[1:]
        assert sum(len(json.loads(line)) for line in lines) <= calls

    def test_the_time_ends_it_too(self, tiny_causal, rows):
        found = PromptSearch(**QUICK).fit(MOOD, rows, model=tiny_causal, run=Run(budget_s=0.01))
        assert np.isfinite(found.outputs(rows.inputs)).all()


class TestJudging:
    def test_a_candidate_is_never_judged_on_a_row_that_it_shows(self, rows, tiny_causal):
        search = Search(PromptSearch(**QUICK), MOOD, rows, None, tiny_causal, Run())
        way = Way(USUAL, search.draw(0))
        assert len(way.shown) == 2
        assert not set(way.shown) & set(search.rows_for(way))

    def test_with_validation_rows_these_alone_judge(self, rows, tiny_causal):
        apart = rows_of("one label").take(np.arange(16, 30))
        search = Search(PromptSearch(**QUICK), MOOD, rows, apart, tiny_causal, Run())
        assert search.judges is apart
        assert len(search.rows_for(Way(USUAL, search.draw(0)))) == 14

    def test_without_a_gain_beyond_chance_the_usual_wording_stays(self, fit, rows, tiny_causal):
        from hanshuku.methods.prompt import Prompt

        found = fit(caution=10.0)
        assert found.trials[0]["chosen"]
        plain = Prompt(precision="fp32", max_length=128, language="en").fit(MOOD, model=tiny_causal)
        assert np.allclose(found.outputs(rows.inputs), plain.outputs(rows.inputs), atol=1e-5)

    def test_a_wording_that_is_better_by_far_is_found(self, rows, tiny_causal):
        search = Search(PromptSearch(**QUICK), MOOD, rows, None, tiny_causal, Run())
        way = Way(Put("{text}"))
        right = np.where(np.eye(2)[rows.targets] > 0, -0.1, -5.0)
        search.raw = {search.usual: {i: -right[i] - 5.1 for i in range(16)} | dict.fromkeys(search.free, np.zeros(2)),
                      way: {i: right[i] for i in range(16)} | dict.fromkeys(search.free, np.zeros(2))}  # fmt: skip
        found = search.finish()
        assert found.settings.template == "{text}"
        assert search.gain(Candidate(way)).mean > 0.8

    def test_a_gain_on_two_rows_is_less_sure_than_the_same_on_sixteen(self, rows, tiny_causal):
        search = Search(PromptSearch(**QUICK), MOOD, rows, None, tiny_causal, Run())
        way, free = Way(Put("{text}")), dict.fromkeys(search.free, np.zeros(2))
        right = np.where(np.eye(2)[rows.targets] > 0, -0.1, -5.0)
        errors = []
        for n in (2, 16):
            search.raw = {search.usual: {i: -right[i] - 5.1 for i in range(16)} | free, way: {i: right[i] for i in range(n)} | free}
            errors.append(search.gain(Candidate(way)).error)
        assert errors[0] > 5 * errors[1]


class TestLog:
    def test_every_candidate_stands_in_the_history_and_in_the_log_with_its_score(self, fit, tmp_path):
        found = fit(folder=tmp_path)
        logged = [json.loads(line) for line in (tmp_path / "prompt_search.jsonl").read_text().splitlines()]
        assert sum(trial["chosen"] for trial in found.trials) == 1
        assert len(found.trials) == 10 + 2
        assert all(0 <= trial["score"] <= 1 and trial["rows"] for trial in found.trials)
        assert [line["settings"] for line in logged if not line["rung"]] == [trial["settings"] for trial in found.trials]

    def test_a_killed_search_asks_nothing_twice_and_ends_the_same(self, fit, tmp_path, monkeypatch):
        first = fit(folder=tmp_path)
        file = tmp_path / "calls.jsonl"
        file.write_text(file.read_text()[:-50])  # the last line is cut
        from hanshuku.inference.label_scoring import LabelScoringPredictor

        asked, scores = [], LabelScoringPredictor.scores
        monkeypatch.setattr(LabelScoringPredictor, "scores", lambda self, rows, *more: asked.append(len(rows)) or scores(self, rows, *more))
        again = fit(folder=tmp_path)
        assert sum(asked) < 20
        assert [(t["score"], t["chosen"]) for t in again.trials] == [(t["score"], t["chosen"]) for t in first.trials]

    def test_the_log_of_another_search_is_not_taken(self, fit, tmp_path):
        fit(folder=tmp_path)
        before = (tmp_path / "calls.jsonl").read_text().splitlines()[0]
        fit(folder=tmp_path, seed=1)
        assert (tmp_path / "calls.jsonl").read_text().splitlines()[0] != before


class TestCandidates:
    def test_your_own_come_first_behind_the_usual_one(self):
        found = ways_to_ask(MOOD, "en", "Good or bad?|Text {text}: mood")
        assert [put.source for put in found[:4]] == ["usual", "your", "your", "our"]
        assert found[1].template == "Good or bad?\n\nText: {text}"

    def test_a_template_with_an_unknown_field_is_refused(self):
        with pytest.raises(ConfigError, match="legal are"):
            ways_to_ask(MOOD, "en", "{text} {mood}")

    def test_an_instruction_with_braces_but_no_text_is_refused(self):
        with pytest.raises(ConfigError, match="without braces"):
            ways_to_ask(MOOD, "en", "Is {it} good?")

    @pytest.mark.parametrize("language", ["en", "zh"])
    @pytest.mark.parametrize("task", [MOOD, TASKS["a number"], TASKS["several labels"], TITLE])
    def test_ours_can_be_asked_in_both_languages(self, task, language):
        from hanshuku.inference.prompts import check_template

        found = ways_to_ask(task, language)
        assert len(found) > 6
        assert all(check_template(put.template, task.inputs) for put in found[1:])

    def test_a_wording_of_ours_that_the_model_cannot_read_is_passed_over(self, fit, rows, tiny_causal):
        usual = Search(PromptSearch(**QUICK), MOOD, rows, None, tiny_causal, Run()).asker(Way(USUAL))
        room = max(len(usual._tokens.rows([("",)])[0][0]), 8) + 12  # tokens: enough for the usual one, too few for the longest
        found = fit(max_length=room, language="en", demonstrations=0)
        assert 1 <= len(found.trials) < 10

    def test_yours_that_the_model_cannot_read_is_told(self, fit):
        with pytest.raises(ConfigError, match="before any text is put in"):
            fit(candidates="Good or bad? " * 40)

    def test_a_model_proposes_some(self, fit, tiny_causal):
        from hanshuku.methods.proposing import propose

        found = propose(tiny_causal, MOOD, rows_of("one label"), "en", 3, 0)
        assert found == propose(tiny_causal, MOOD, rows_of("one label"), "en", 3, 0)
        assert len(found) == len(set(found)) <= 3


class TestTexts:
    def test_replies_are_judged_by_the_metric_of_their_kind(self, fit):
        texts = ("a glad day", "a sad day", "happy and glad", "gloomy and sad")
        train = Encoded(TITLE, [(text,) for text in texts], kind_of(TITLE).encode_targets(TITLE, [(text,) for text in texts]), np.zeros(4, int))
        found = fit(TITLE, train, calls=60, demonstrations=1, max_new_tokens=4)
        assert len(found.outputs(train.inputs)) == 4
        assert all(trial["score"] is None or 0 <= trial["score"] <= 1 for trial in found.trials)

    def test_a_right_reply_is_worth_one_and_a_wrong_one_nothing(self):
        targets = kind_of(TITLE).encode_targets(TITLE, [("a glad day",), ("a sad night",)])
        outputs = np.empty(2, dtype=object)
        outputs[:] = [("a glad day", 0.5), ("xyz", 0.5)]
        assert right_rows(TITLE, targets, outputs).tolist() == [1.0, 0.0]
        task = Task("translate", ("source",), language="en")
        assert right_rows(task, targets, outputs)[0] == pytest.approx(1.0)


class TestChat:
    CHAT = Task("chat", ("messages",), instruction="Be kind.")

    @pytest.fixture
    def talks(self):
        own = [{"role": "system", "content": "You sell tea."}]
        turns = [[*(own if place % 2 else []), {"role": "user", "content": text}] for place, text in enumerate(("hi", "今天", "is it green?", "bye"))]
        targets = kind_of(self.CHAT).encode_targets(self.CHAT, [("hello",), ("好",), ("yes",), ("bye",)])
        return Encoded(self.CHAT, [(json.dumps(each, ensure_ascii=False),) for each in turns], targets, np.zeros(4, dtype=np.int64))

    def test_what_the_system_is_told_and_conversations_shown_are_searched(self, talks, tiny_reader):
        settings = QUICK | {"calls": 60, "max_length": 512, "demonstrations": 1, "max_new_tokens": 4, "language": "en", "candidates": "Talk like a pirate.|{instruction} Rhyme."}
        found = PromptSearch(**settings).fit(self.CHAT, talks, model=tiny_reader, run=Run())
        tried = [trial["settings"] for trial in found.trials]
        assert {"Talk like a pirate.", "{instruction} Rhyme.", "{instruction} Answer briefly and exactly."} <= {each["template"] for each in tried}
        assert any(each["shown"] for each in tried)
        assert all(0 <= trial["score"] <= 1 for trial in found.trials)
        assert len(found.outputs(talks.inputs)) == 4

    @pytest.mark.parametrize(("template", "told"), [("", "You sell tea."), ("{instruction} Rhyme.", "You sell tea. Rhyme."), ("Rhyme.", "Rhyme.\n\nYou sell tea.")])
    def test_a_system_message_of_the_conversation_is_never_lost(self, talks, template, told):
        assert Teller(self.CHAT, template=template).turns(talks.inputs[1])[0] == {"role": "system", "content": told}

    @pytest.mark.parametrize(("template", "told"), [("", "Be kind."), ("{instruction} Rhyme.", "Be kind. Rhyme."), ("Rhyme.", "Rhyme.")])
    def test_without_one_the_instruction_of_the_task_stands_there(self, talks, template, told):
        assert Teller(self.CHAT, template=template).turns(talks.inputs[0])[0] == {"role": "system", "content": told}

    def test_a_field_that_a_conversation_does_not_fill_is_refused(self):
        with pytest.raises(ConfigError, match=r"\{text\}; legal is \{instruction\}"):
            ways_to_ask(self.CHAT, "en", "Answer {text}")

    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_ours_can_be_told_in_both_languages(self, language):
        assert all("{instruction}" in put.template for put in ways_to_ask(self.CHAT, language)[1:])

    def test_a_model_that_proposes_reads_the_end_of_conversations_as_text(self, talks):
        assert _said(self.CHAT, talks.inputs[1]) == "system: You sell tea.\nuser: 今天"


class TestRowValues:
    def test_of_numbers_the_mean_is_spearmans_correlation(self):
        from scipy.stats import spearmanr

        rng = np.random.default_rng(0)
        targets, outputs = rng.integers(1, 6, 30).astype(float), rng.normal(3, 1, 30)
        assert steady_rows(TASKS["a number"], targets, outputs).mean() == pytest.approx(spearmanr(targets, outputs)[0])

    def test_of_labels_a_surer_right_answer_is_worth_more(self):
        targets = np.array([0, 0, 0])
        values = steady_rows(MOOD, targets, np.array([[0.9, 0.1], [0.6, 0.4], [0.4, 0.6]]))
        assert values.tolist() == pytest.approx([0.95, 0.8, 0.2])

    def test_of_several_labels_both_errors_count(self):
        task = TASKS["several labels"]
        values = right_rows(task, np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([[0.9, 0.9], [0.1, 0.1]]))
        assert values.tolist() == pytest.approx([2 / 3, 1.0])
