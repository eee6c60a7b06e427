"""A streamed answer is guarded as a whole one is, wherever its pieces break."""

import random

import pytest

import hanshuku as hk
from hanshuku.functions.core import Function
from hanshuku.inference.base import Reply
from hanshuku.safety.settings import Pii, Rule
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects
from tests.functions.test_guard import TOXIC
from tests.words import WordPredictor

WORDS = [
    "hello", "the", "parcel,", "came.", "mail", "anna.k@example.com", "or", "call", "(415) 555-0132", "my card 4539 5787 6362 1486", "你好，", "手机13800138000，", "地址北京市海淀区中关村大街27号3号楼501室。", "IBAN GB29 NWBK 6016 1331 9268 19",
    "passport number X1234567", "My name is Anna Kowalska", "password: hunter2!", "order 4539578763621486", "version 1.2.3.4", "https://bob:s3cret@db.example.com/x", "\n", "AKIAIOSFODNN7EXAMPLE", "12 March 1984", "born on 12 March 1984.", "😀",
]  # fmt: skip


class Writes:
    """Writes a text in pieces that break anywhere."""

    KIND, threshold = "writes", 0.5
    task = Task("generate", name="write")

    def __init__(self, text, seed=0):
        self.text, self.seed, self.closed, self.given = text, seed, False, 0

    def outputs(self, inputs):
        return objects([(self.text, None) for _ in inputs])

    def stream(self, row):
        rng, place = random.Random(self.seed), 0
        try:
            while place < len(self.text):
                step = rng.choice([1, 2, 3, 5, 8])
                self.given = place + step
                yield self.text[place : place + step]
                place += step
        finally:
            self.closed = True
        return Reply(self.text)


def guarded(text, seed=0, **options):
    return hk.guard(Function(Writes.task, Writes(text, seed)), **options)


@pytest.mark.parametrize("seed", range(12))
def test_the_pieces_are_the_guarded_answer(seed):
    rng = random.Random(seed)
    text = "ok " + " ".join(rng.choice(WORDS) for _ in range(60)) + " end"
    function = guarded(text, seed)
    pieces = list(function.write("x"))
    assert "".join(pieces) == function("x")
    assert len(pieces) > 5


@pytest.mark.parametrize("lead", [0, 50, 180, 192, 200, 300, 500])
def test_what_is_split_over_pieces_is_masked(lead):
    text = "word " * (lead // 5) + "anna.k@example.com" + " word" * 100
    assert "anna" not in "".join(guarded(text).write("x"))


def test_pieces_come_while_the_answer_is_written():
    function = guarded("word " * 400)
    pieces = function.write("x")
    next(pieces)
    assert function.inner.predictor().given < 500
    pieces.close()
    assert function.inner.predictor().closed


def test_a_long_secret_is_held_back_to_its_end():
    key = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEowIBAAKCAQEA7\n" * 60 + "-----END RSA PRIVATE KEY-----"
    assert "".join(guarded(f"Here it is: {key} and more words to come after it. " + "word " * 80).write("x")).startswith("Here it is: [SECRET] and more")


def test_a_refused_answer_ends_with_the_refusal_before_the_sentence_is_sent():
    text = "A fine start it is. " * 20 + "Here is the forbidden thing. " + "And more of it. " * 40
    function = guarded(text, rules=["forbidden"], refusal="No.")
    said = "".join(function.write("x"))
    assert "forbidden" not in said and "And more" not in said
    assert said.startswith("A fine start") and said.endswith("\nNo.")
    assert function.counts["output.rule.forbidden"] == 1
    assert function.inner.predictor().closed


def test_a_refused_input_streams_the_refusal_alone():
    function = guarded("secret answer", pii="block", refusal="No.")
    assert list(function.write("mail a@b.example")) == ["No."]


def test_personal_data_in_a_stream_may_be_refused():
    said = "".join(guarded("Sure. " * 60 + "Write to eve@example.com. " + "Bye. " * 60, pii=Pii("block"), refusal="No.").write("x"))
    assert "eve@" not in said and said.endswith("No.")


def test_what_is_toxic_is_refused_sentence_by_sentence():
    judge = Function(TOXIC, WordPredictor(TOXIC))
    said = "".join(guarded("fine fine words. " * 20 + "toxic toxic toxic toxic toxic. " + "fine again. " * 30, toxicity=judge, refusal="No.").write("fine"))
    assert said.startswith("fine") and "toxic" not in said and said.endswith("No.")


def test_placeholders_are_put_back_though_they_are_split():
    function = guarded("I wrote to [EMAIL_1], yes, to [EMAIL_1]. " * 30, pii=Pii(style="placeholder", put_back=True))
    said = "".join(function.write("mail a@b.example"))
    assert said.count("a@b.example") == 60 and "[EMAIL" not in said


def test_words_may_be_masked_in_a_stream():
    said = "".join(guarded("the blue heron flies. " * 40, rules=[Rule("PROJECT", words=("blue heron",), action="mask")]).write("x"))
    assert said.count("[PROJECT]") == 40
