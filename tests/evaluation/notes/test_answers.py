"""Every note on how a function answered is made by one that answers so, and is told in Chinese; what was measured stays."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import hanshuku as hk
from hanshuku import inference
from hanshuku.data.encode import encode
from hanshuku.data.encoded import Encoded
from hanshuku.data.read import read
from hanshuku.evaluation import parts
from hanshuku.evaluation.evaluate import evaluate, judge
from hanshuku.evaluation.notes import note_text
from hanshuku.evaluation.notes.answers import ANSWERS, CAUSES, DOUBTS, FAILURES, LIMITS, WALLS
from hanshuku.evaluation.parts.base import Seen, Wanted
from hanshuku.functions.core import Function
from hanshuku.functions.guard import Guarded
from hanshuku.metrics import programs
from hanshuku.metrics.sandbox import run, walls_here
from hanshuku.safety.settings import Toxicity
from hanshuku.tasks import Task
from hanshuku.tasks.base import objects
from tests.evaluation.notes.read_as import english_in, unused
from tests.evaluation.spotter import Spotter, moods
from tests.words import TEAM, WordPredictor

LONG = "一" * 9000 + "good food " * 900
PROGRAMS = Task("complete_code", name="add")
WRITTEN = {
    "wrong": "def f(a): return a + 2", "right": "def f(a): return a + 1", "ends itself": "import os\nos._exit(0)", "no program": "def f(a) return",
}  # fmt: skip
WALLED = b'{"walls": ["network namespace", "landlock", "seccomp", "limits"]}\n'


def unknown():
    rows = moods(20)
    return evaluate(Spotter(), replace(rows, targets=np.where(np.arange(20) < 5, -1, rows.targets))).notes


class Choosy(Spotter):
    """Refuses rows for every reason that there is."""

    refuses = True
    REASONS = ("unsure", "out_of_scope", "input: toxicity (toxic, score 0.93)", "output: toxicity (toxic, score 0.83)", "input: injection (override, leak, score 0.90)", "input: personal data (email, phone)", "input: rule 投诉", "", "")

    def judged(self, inputs):
        return self.outputs(inputs), np.array([self.REASONS[i % len(self.REASONS)] for i in range(len(inputs))], dtype=object)


def guarded():
    """What guards really say, one after the other."""
    rows = [{"text": text, "label": "refund"} for text in ("refund to bob@example.com", "toxic refund", "我要投诉 refund", "refund")]
    judge_of = Function(Task("classify", ("text",), ("toxic", "fine"), name="tone"), WordPredictor(Task("classify", ("text",), ("toxic", "fine"), name="tone")))
    guard = hk.guard(Function(TEAM, WordPredictor()), pii="block", rules=["投诉"], toxicity=Toxicity(judge_of, at_least=0.7))
    assert isinstance(guard, Guarded)
    return guard.evaluate(rows, checks=()).notes


def judged(*names, tests=("assert f(1) == 2",)):
    rows = Encoded(PROGRAMS, [(name,) for name in names], objects([("x", tests)] * len(names)), np.arange(len(names)))
    return judge(rows, objects([(WRITTEN[name], 0.5) for name in names])).notes


@pytest.fixture(scope="module")
def made(tiny_encoder, tiny_causal, tiny_masked, tmp_path_factory):
    """Name -> notes really made."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    pytest.importorskip("llguidance")
    from hanshuku.inference.answering import AnswerPredictor
    from hanshuku.inference.extraction import ExtractionPredictor
    from hanshuku.inference.generation import GenerationPredictor, load_generator
    from hanshuku.inference.heads import Head
    from hanshuku.inference.label_scoring import LabelScoringPredictor, load_model
    from hanshuku.inference.scoring import Scorer
    from hanshuku.inference.settings import GenerationSettings, PromptSettings
    from hanshuku.inference.trie import build_trie
    from hanshuku.methods import get_method
    from hanshuku.models.load import load_encoder
    from tests.tiny import tiny_static

    mood, find = Task("classify", labels=("good", "bad"), instruction="Mood?", name="mood"), Task("answer", ("question", "context"), name="find")
    rows = encode(mood, read([{"text": f"{word} day {i}", "label": word} for i in range(8) for word in mood.labels]))[0]
    static = str(tiny_static(tmp_path_factory.mktemp("static") / "tiny-static"))
    person = Task("extract", schema='{"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["a", "b"]}')
    network = transformers.MambaForCausalLM(transformers.MambaConfig(vocab_size=200, hidden_size=16, num_hidden_layers=1, state_size=4)).eval()
    loaded = load_model(tiny_causal, "fp32")

    class Maskless(type(loaded.network)):  # its trunk takes no notice of the mask
        @property
        def base_model(self):
            return lambda attention_mask, **rest: self.model(**rest)

    maskless = Maskless(loaded.network.config)
    maskless.load_state_dict(loaded.network.state_dict())
    slower = [Scorer(each) for each in (network, torch.nn.Linear(2, 2), maskless)]
    for scorer in (slower[0], slower[2]):
        scorer.edge_logprobs([[5, 6, 7]], build_trie([[3, 8], [4, 5], [4, 9]]))

    def answered(predictor, row=(LONG,)):
        predictor.outputs([row])
        return predictor.notes

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(parts, "_warm", lambda seen: 1.0)
        asked = moods(40)
        patience = parts.within_patience(Seen(Spotter(), asked, Spotter().outputs(asked.inputs)), Wanted(), 1.0)[1]
    unmeasured = []
    for said, ended, platform in ((b'{"walls": ["limits"]}\n', "", "linux"), (WALLED, "more than 20 s", "linux"), (b"", "", "darwin")):
        with pytest.MonkeyPatch.context() as patched:  # what other machines say
            patched.setattr(run, "_watch", lambda *_, found=(said, ended): found)
            patched.setattr(run.sys, "platform", platform)
            patched.setattr(programs, "walls_here", tuple)
            unmeasured += judged("right")
    return {
        "unknown labels": unknown(), "refused": evaluate(Choosy(), moods(45)).notes, "refused one": evaluate(Choosy(), moods(1)).notes, "guarded": guarded(), "no sandbox": unmeasured, "slow": [patience],
        "static": answered(get_method("static").fit(mood, rows, model=static)), "encoder": answered(get_method("similarity").fit(mood, None, model=tiny_encoder)),
        "prompt": answered(LabelScoringPredictor(mood, loaded, PromptSettings(precision="fp32", template="{instruction} {text}", lead=":"))), "scorers": [scorer.note for scorer in slower],
        "cloze": answered(get_method("cloze", template="{text} it is {mask}.", precision="fp32").fit(mood, model=tiny_masked)),
        "answer": answered(AnswerPredictor(find, load_encoder(tiny_encoder), Head(np.zeros((2, 32), np.float32), np.zeros(2, np.float32)), 48), (LONG, "a context")),
        "generation": answered(GenerationPredictor(Task("generate"), load_generator(tiny_causal, "fp32"), GenerationSettings(max_new_tokens=4, max_length=100))),
        "extraction": answered(ExtractionPredictor(person, load_generator(tiny_causal, "fp32"), GenerationSettings(template="{text}", max_length=100, max_new_tokens=24))),
    }  # fmt: skip


def test_each_note_is_told_in_chinese(made):
    for name, notes in made.items():
        told = [note_text(note, "zh") for note in notes]
        assert notes and all(map(str.__ne__, notes, told)) and not "".join(map(english_in, told)), (name, told)
        assert all(sorted(re.findall(r"\d+", note)) == sorted(re.findall(r"\d+", text)) for note, text in zip(notes, told, strict=True) if "Error" not in note), told


@pytest.mark.skipif(not walls_here(), reason="this machine builds no walls round a program")
def test_why_programs_failed_and_behind_which_walls_they_ran_is_told_in_chinese():
    told = note_text(judged(*WRITTEN)[-1], "zh")
    assert told.startswith("4 个程序中有 3 个未通过：") and {"AssertionError 1 个", "SyntaxError 1 个"} <= set(re.split("[：、。]", told)) and "测试做完之前自行结束" in told
    assert all(WALLS[wall] in told for wall in walls_here()) and not english_in(told)
    assert note_text(judged("right")[-1], "zh").startswith("运行程序时的隔离手段：")


def test_every_end_of_a_program_is_told_in_chinese():
    ends = [run._verdict(WALLED, ended, "").reason for ended in ("more than 20 s", "more than 16,384 kB written", "too much said", "")]
    assert all(FAILURES.told(reason) for reason in ends) and unused(FAILURES, ends) == []


def test_every_predictor_that_notes_something_is_among_these(made):
    folder = Path(inference.__file__).parent
    noting = {path.stem for path in folder.rglob("*.py") if re.search(r"def notes\(|= cut_note\(", path.read_text(encoding="utf-8"))}
    assert noting == {"base", "static", "label_scoring", "cloze", "answer_reading", "generation", "extraction", "in_context", "predictor"}  # of a server: test_notes there


def test_no_form_stands_in_the_tables_for_nothing(made):
    notes = [note for found in made.values() for note in found]
    ran = "1 of 1 programs did not pass: AssertionError 1. Programs were run behind these walls: limits"
    assert unused(ANSWERS, [*notes, ran]) == []
    assert unused(LIMITS, re.findall(r"reads \(([^)]+)\)", "\n".join(notes))) == []
    assert unused(CAUSES, [cause for note in notes if "refused (" in note for cause in re.split(r"(?:^.+refused \(|, )\d+ |\): not", note)]) == []
    assert unused(DOUBTS, [doubt for note in notes for doubt in re.findall(r"work with \w+ \((.+)\); each", note)]) == []
