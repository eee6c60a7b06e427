"""Entities, answers, rankings and texts are explained too, by leaving words out; places move as words go."""

import json

import numpy as np
import pytest

from hanshuku.errors import ConfigError, UnknownName
from hanshuku.explain.explain import explain_rows
from hanshuku.inference.generation import GenerationPredictor
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects

TAG = Task("tag", labels=("PER", "LOC"), name="who")
ANSWER = Task("answer", ("question", "context"), name="find", optional=True)
RANK = Task("rank", ("query", "candidates"), name="nearest")


class Finder:
    """Finds Merkel, the surer where "chancellor" stands before her, and Paris."""

    KIND, threshold, task = "finder", 0.5, TAG

    def outputs(self, inputs):
        found = []
        for (text,) in inputs:
            sure = 0.9 if "chancellor" in text else 0.5
            spans = [(text.index(name), text.index(name) + len(name), kind, p) for name, kind, p in (("Merkel", "PER", sure), ("Paris", "LOC", 0.6)) if name in text]
            found.append(tuple(sorted(spans)))
        return objects(found)


class Reader:
    """Answers with the city where "where" is asked, with the number where "when" is; each is second best for the other question."""

    KIND, threshold, task = "reader", 0.5, ANSWER

    def best(self, inputs, count):
        found = []
        for question, context in inputs:
            spans = [(word, context.index(word), context.index(word) + len(word)) for word in ("Paris", "1990") if word in context]
            chances = {"Paris": 0.8 if "where" in question else 0.1, "1990": 0.8 if "when" in question else 0.1}
            own = sorted(((*span, chances[span[0]]) for span in spans), key=lambda one: -one[3])
            found.append([*own, ("", -1, -1, 0.1)] if own and own[0][3] > 0.5 else [("", -1, -1, 0.7), *own])
        return found

    def outputs(self, inputs):
        return objects([own[0] for own in self.best(inputs, 1)])


class Nearest:
    """Scores a candidate by the words that it shares with the query."""

    KIND, threshold, task = "nearest", 0.5, RANK

    def outputs(self, inputs):
        return objects([tuple(float(len(set(query.split()) & set(text.split()))) for text in json.loads(texts)) for query, texts in inputs])


def weights(explanation):
    return {word.text: round(word.weight, 3) for word in explanation.words}


def test_of_an_entity_the_words_that_make_it_surer_are_told():
    (found,) = explain_rows(Finder(), [("In Paris the chancellor Merkel spoke.",)])
    assert found.label == "PER: Merkel [24:30]"
    assert weights(found)["chancellor"] == pytest.approx(np.log(9), abs=1e-3)
    assert weights(found)["Paris"] == weights(found)["spoke"] == 0.0
    assert weights(found)["Merkel"] == pytest.approx(np.log(9) + np.log(99), abs=1e-3)  # without it there is none


def test_an_entity_of_a_kind_can_be_asked_for_and_all_are_told():
    (found,) = explain_rows(Finder(), [("In Paris the chancellor Merkel spoke.",)], label="LOC")
    assert list(found.shares) == [found.label] == ["LOC: Paris [3:8]"]
    (both,) = explain_rows(Finder(), [("In Paris the chancellor Merkel spoke.",)])
    assert set(both.shares) == {"LOC: Paris [3:8]", "PER: Merkel [24:30]"}
    with pytest.raises(UnknownName, match="LOC, PER"):
        explain_rows(Finder(), [("Paris",)], label="CITY")


def test_where_no_entity_was_found_it_is_said():
    (found,) = explain_rows(Finder(), [("nobody is here",)], method="shap")
    assert (found.output, found.words) == ((), ())
    assert str(found.notes[0]).startswith("No entity")


def test_of_an_answer_words_of_the_question_and_of_the_context_are_told():
    (found,) = explain_rows(Reader(), [("where was it", "It was in Paris in 1990.")])
    assert (found.label, found.unit) == ("Paris [10:15]", "log-odds")
    assert weights(found)["where"] == pytest.approx(np.log(4) + np.log(9), abs=1e-3)  # 0.8 of it become 0.1
    assert weights(found)["1990"] == 0.0
    assert {word.part for word in found.words} == {0, 1}


def test_that_there_is_no_answer_is_explained_too():
    (found,) = explain_rows(Reader(), [("who was it", "It was in Paris in 1990.")])
    assert found.label == "-"
    assert found.score == pytest.approx(np.log(7 / 3), abs=1e-3)


def test_of_a_ranking_the_words_that_query_and_candidate_share_are_told():
    row = ("a red car", json.dumps(["green tree", "fast red car"]))
    (found,) = explain_rows(Nearest(), [row])
    assert (found.label, found.score, found.inputs) == ("fast red car", 2.0, ("a red car", "fast red car"))
    assert [(word.part, word.text) for word in found.words if word.weight == 1.0] == [(0, "red"), (0, "car"), (1, "red"), (1, "car")]
    assert explain_rows(Nearest(), [row], label="green tree")[0].score == 0.0
    assert explain_rows(Nearest(), [row], label=["green tree"])[0].score == 0.0, "as the command line gives it"
    with pytest.raises(UnknownName, match="No candidate is named 'blue'"):
        explain_rows(Nearest(), [row], label=["blue"])
    with pytest.raises(ConfigError, match="one candidate"):
        explain_rows(Nearest(), [row], label=["green tree", "fast red car"])


@pytest.fixture(scope="module")
def writer(tiny_causal):
    pytest.importorskip("torch")
    from hanshuku.inference.generation import load_generator
    from hanshuku.inference.settings import GenerationSettings

    loaded = load_generator(tiny_causal, "fp32")
    return lambda task: GenerationPredictor(task, loaded, GenerationSettings(max_new_tokens=6, precision="fp32"))


def test_of_a_text_that_was_written_the_log_probability_is_explained(writer):
    predictor = writer(Task("generate", instruction="Say it again."))
    (found,) = explain_rows(predictor, [("my parcel never came",)])
    assert (found.unit, found.label, len(found.words)) == ("nats", "", 4)
    without = predictor.reference_bits([("my never came",)], [found.output])[0, 0] * -np.log(2)
    assert found.words[1].weight == pytest.approx(found.score - without, abs=1e-3)


def test_of_a_conversation_the_last_turn_of_the_user_is_explained(writer):
    turns = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "hi"}, {"role": "user", "content": "cancel my order"}]
    (found,) = explain_rows(writer(Task("chat", ("messages",))), [(json.dumps(turns),)])
    assert found.inputs == ("cancel my order",)
    assert [word.text for word in found.words] == ["cancel", "my", "order"]


def test_a_writer_that_tells_no_probabilities_cannot_be_explained():
    predictor = Finder()
    predictor.task = Task("generate", name="say")
    with pytest.raises(ConfigError, match="how probable"):
        explain_rows(predictor, [("x",)])


def test_a_label_of_what_has_none_is_refused():
    with pytest.raises(ConfigError, match="Leave it out"):
        explain_rows(Reader(), [("who", "me")], label="PER")
