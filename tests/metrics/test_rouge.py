"""ROUGE equals rouge-score 0.1.2; the numbers of Chinese are that library's with a tokenizer by character."""

import random

import pytest

from hanshuku.metrics.rouge import longest_common, rouge_rows, words

EN = [
    ("The cat sat on the mat.", ["A cat was sitting on the mat.", "The cat is on the mat"], (0.833333, 0.6, 0.833333)),
    ("Police killed the gunman", ["the gunman was shot by police"], (0.6, 0.25, 0.4)),
    ("", ["nothing here"], (0, 0, 0)),
    ("Running dogs are happily jumping", ["The dog runs and jumps happily"], (0.181818, 0.0, 0.181818)),
    ("Café crème costs 5.50 euros!", ["A coffee costs 5.50 Euros"], (0.615385, 0.545455, 0.615385)),
]
ZH = [
    ("今天天气很好", ["今天的天气真好", "天气不错"], (0.769231, 0.363636, 0.769231)),
    ("基于深度学习的图像分类方法", ["一种基于深度学习 CNN 的图像分类方法研究"], (0.83871, 0.758621, 0.83871)),
    ("", ["没有"], (0, 0, 0)),
    ("GPT-4 模型在中文上的表现", ["GPT 4 在中文任务上的表现研究"], (0.75, 0.545455, 0.75)),
]


@pytest.mark.parametrize(("language", "rows"), [("en", EN), ("zh", ZH)])
def test_each_row_has_the_numbers_of_rouge_score(language, rows):
    found = rouge_rows([given for given, _, _ in rows], [due for _, due, _ in rows], language)
    for i, (given, _, numbers) in enumerate(rows):
        assert [found[name][i] for name in ("rouge_1", "rouge_2", "rouge_l")] == pytest.approx(numbers, abs=1e-6), given


def test_stems_are_compared_where_asked():
    given, due, _ = EN[3]
    found = rouge_rows([given], [due], stem=True)
    assert [found[name][0] for name in ("rouge_1", "rouge_2", "rouge_l")] == pytest.approx([0.727273, 0, 0.363636], abs=1e-6)


def test_a_word_keeps_its_letters_in_languages_other_than_english():
    assert words("Über den Fluß, 3.5 km!", "de") == ["über", "den", "fluß", "3", "5", "km"]
    assert words("東京タワー went up", "ja") == ["東", "京", "タ", "ワ", "ー", "went", "up"]


def test_two_texts_without_any_word_share_nothing():
    assert rouge_rows(["?!"], [["..."]])["rouge_1"][0] == 0


def test_the_longest_common_subsequence_is_that_of_the_textbook():
    rng = random.Random(0)
    for _ in range(200):
        a, b = ([rng.choice("abcd") for _ in range(rng.randint(0, 90))] for _ in range(2))
        row = [0] * (len(b) + 1)
        for x in a:
            before = row[:]
            for j, y in enumerate(b, 1):
                row[j] = before[j - 1] + 1 if x == y else max(before[j], row[j - 1])
        assert longest_common(a, b) == row[-1]
