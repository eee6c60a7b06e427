"""BLEU and chrF equal sacrebleu's corpus scores, on the rows and on every resample of them."""

import numpy as np
import pytest

from hanshuku.metrics.ngrams import bleu_sample, chrf_sample

sacrebleu = pytest.importorskip("sacrebleu.metrics")

EN = (
    ["My parcel never came.", "The invoice shows the wrong amount!", "Please cancel the order", "", "A B C D E F"],
    [["My parcel has not come.", "The parcel never came."], ["The amount on the invoice is wrong!", "This invoice shows a wrong amount!"],
     ["Please cancel my order today.", "Cancel it"], ["Nothing.", "None."], ["x y z", "u v w"]],
)  # fmt: skip
ZH = (["我的包裹一直没有到。", "今天天气很好，我们去公园。", "他有 3 本书"], [["我的包裹还没有到。"], ["今天天气不错，我们去公园吧。"], ["他有3本书。"]])
DE = (["Ein Hund läuft über die Wiese.", "zwei Männer"], [["Ein brauner Hund rennt über die Wiese."], ["Zwei Männer stehen an einer Straße."]])
EXPECTED = {"en": (28.39, 63.64), "zh": (60.4, 45.94)}
SETS = [("en", EN), ("zh", ZH), ("de", DE)]


def streams(references):
    return [list(stream) for stream in zip(*references, strict=True)]


def theirs(language, given, references):
    bleu = sacrebleu.BLEU(tokenize="zh" if language == "zh" else "13a", force=True)
    return bleu.corpus_score(given, streams(references)).score, sacrebleu.CHRF().corpus_score(given, streams(references)).score


@pytest.mark.parametrize(("language", "rows"), SETS)
def test_the_corpus_scores_are_those_of_sacrebleu(language, rows):
    bleu, chrf = theirs(language, *rows)
    assert bleu_sample([rows[0]], rows[1], language).value[0] == pytest.approx(bleu, abs=1e-9)
    assert chrf_sample([rows[0]], rows[1]).value[0] == pytest.approx(chrf, abs=1e-9)


def test_these_are_the_numbers_that_sacrebleu_2_6_0_prints():
    assert theirs("en", *EN) == pytest.approx(EXPECTED["en"], abs=5e-3)
    assert theirs("zh", *ZH) == pytest.approx(EXPECTED["zh"], abs=5e-3)


@pytest.mark.parametrize(("language", "rows"), SETS)
def test_a_resample_scores_as_the_drawn_rows_do(language, rows):
    given, references = rows
    weights = np.random.default_rng(0).multinomial(len(given), np.full(len(given), 1 / len(given)), size=6)
    bleus, chrfs = bleu_sample([given], references, language).statistic(weights.astype(float)), chrf_sample([given], references).statistic(weights.astype(float))
    for row, bleu, chrf in zip(weights, bleus[:, 0], chrfs[:, 0], strict=True):
        drawn = np.repeat(np.arange(len(given)), row)
        assert (bleu, chrf) == pytest.approx(theirs(language, [given[i] for i in drawn], [references[i] for i in drawn]), abs=1e-9)


def test_rows_may_have_different_numbers_of_references():
    given, references = ["a cat sat here", "two dogs"], [["a cat sat there", "the cat sat here"], ["two big dogs"]]
    padded = [["a cat sat there", "two big dogs"], ["the cat sat here", None]]
    assert chrf_sample([given], references).value[0] == pytest.approx(sacrebleu.CHRF().corpus_score(given, padded).score)


def test_several_predictors_are_scored_on_the_same_draws():
    given, references = EN
    both = bleu_sample([given, [due[0] for due in references]], references)
    assert both.value == pytest.approx([theirs("en", *EN)[0], 100.0])


def test_chinese_without_its_tokenizer_would_be_one_word_a_sentence():
    given, references = ZH
    assert bleu_sample([given], references, "zh").value[0] > bleu_sample([given], references, "en").value[0] + 10


@pytest.mark.parametrize("nothing", [[""], ["zzz"]])
def test_nothing_in_common_is_zero(nothing):
    assert bleu_sample([nothing], [["a b c d"]]).value[0] == chrf_sample([nothing], [["a b c d"]]).value[0] == 0
