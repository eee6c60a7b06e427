"""Two samples from one source are not accused, two from different ones are told apart; label shares and accuracy are recovered without labels."""

import numpy as np
import pytest

from hanshuku.metrics.foretold import as_sure, as_sure_less, sure_enough
from hanshuku.metrics.label_shift import black_box, by_em, label_shares
from hanshuku.metrics.two_samples import f_tail, kolmogorov, means_differ, shares_differ, tell_apart

DRAWS = 150
MOST = 15  # alarms in 150 draws at 5%: 7.5 on average, more than 15 by chance in 2 of 1,000


def test_the_classifier_keeps_its_level():
    rng = np.random.default_rng(0)
    alarms = sum(tell_apart(rng.normal(size=(30, 8)), rng.normal(size=(45, 8)), permutations=59, seed=i).p <= 0.05 for i in range(DRAWS))
    assert alarms <= MOST


def test_a_planted_difference_is_found_with_an_interval_around_the_auc():
    rng = np.random.default_rng(1)
    found = tell_apart(rng.normal(size=(200, 10)), rng.normal(size=(150, 10)) + 0.5, permutations=99)
    assert found.p == 0.01
    assert 0.7 < found.auc.low < found.auc.value < found.auc.high < 1
    assert found.scores[200:].mean() > found.scores[:200].mean()


def test_the_auc_is_that_of_scikit_learn_on_the_same_scores():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(2)
    found = tell_apart(rng.normal(size=(40, 5)), rng.normal(size=(30, 5)) + 0.3, permutations=9)
    assert found.auc.value == pytest.approx(metrics.roc_auc_score([0] * 40 + [1] * 30, found.scores))


def test_more_features_than_rows_give_what_the_rows_span():
    rng = np.random.default_rng(9)
    rows = rng.normal(size=(40, 10))
    wide = np.concatenate([rows, rows, rows, rows, rows], axis=1)  # 50 features; a ridge on them is one on 10 with a fifth of the penalty
    assert tell_apart(wide[:20], wide[20:], permutations=9).auc.value == pytest.approx(tell_apart(wide[:20, :39], wide[20:, :39], permutations=9).auc.value, abs=0.06)


def test_too_few_rows_and_constant_features_do_no_harm():
    assert tell_apart(np.zeros((9, 3)), np.zeros((50, 3))) is None
    alarms = sum(tell_apart(np.zeros((20, 3)), np.zeros((20, 3)), permutations=19, seed=i).p <= 0.05 for i in range(DRAWS))
    assert alarms <= MOST  # rows that are all alike have no order that tells them apart


def test_kolmogorovs_p_is_that_of_scipy_for_many_rows_and_keeps_its_level():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(3)
    first, second = rng.normal(size=300), rng.normal(size=200) + 0.2
    distance, p = kolmogorov(first, second)
    exact = stats.ks_2samp(first, second)
    assert distance == pytest.approx(exact.statistic)
    assert p == pytest.approx(exact.pvalue, abs=0.01)
    assert sum(kolmogorov(rng.integers(0, 9, 60), rng.integers(0, 9, 60))[1] <= 0.05 for _ in range(DRAWS)) <= MOST


def test_fishers_f_tail_is_that_of_scipy():
    stats = pytest.importorskip("scipy.stats")
    for value in (0.5, 1.0, 1.6, 2.4):
        assert f_tail(value, 32, 400) == pytest.approx(stats.f.sf(value, 32, 400), abs=0.002)


def test_means_of_one_source_are_not_accused_and_moved_ones_are():
    rng = np.random.default_rng(4)

    def sample(n, move=0.0):
        rows = rng.normal(size=(n, 6)) + move
        return rows.mean(axis=0), np.cov(rows.T), n

    assert sum(means_differ(sample(80), sample(60))[1] <= 0.05 for _ in range(DRAWS)) <= MOST
    assert means_differ(sample(80), sample(60, 0.5))[1] < 1e-4


def test_shares_of_one_source_are_not_accused_and_moved_ones_are():
    rng = np.random.default_rng(5)
    alarms = sum(shares_differ(rng.multinomial(80, [0.5, 0.3, 0.2]).tolist(), rng.multinomial(60, [0.5, 0.3, 0.2]).tolist())[0] <= 0.05 for _ in range(DRAWS))
    assert alarms <= MOST
    assert shares_differ([50, 30, 0], [20, 30, 20])[0] < 1e-4


RIGHT = np.array([[0.8, 0.15, 0.05], [0.1, 0.8, 0.1], [0.05, 0.15, 0.8]])  # label down, answer across
PRIORS = np.array([0.5, 0.3, 0.2])


def table_of(rng, n=2000):
    return np.stack([rng.multinomial(int(n * share), row) for share, row in zip(PRIORS, RIGHT, strict=True)])


def test_the_black_box_recovers_known_shares_exactly_from_exact_counts():
    exact = PRIORS[:, None] * RIGHT * 1000
    now = np.array([0.1, 0.2, 0.7])
    assert black_box(exact, now @ RIGHT * 1000) == pytest.approx(now)


def test_the_intervals_of_the_shares_hold_the_truth_and_unmoved_labels_are_not_accused():
    rng = np.random.default_rng(6)
    now = np.array([0.2, 0.3, 0.5])
    held = wrong = 0
    for draw in range(60):
        answers = rng.multinomial(600, now @ RIGHT)
        found = label_shares(("a", "b", "c"), table_of(rng), answers, priors=PRIORS, seed=draw)
        held += sum(share.low <= true <= share.high for share, true in zip(found, now, strict=True))
        wrong += found[1].p_holm <= 0.05  # b did not move
    assert held >= 0.9 * 180
    assert wrong <= 9


def test_expectation_maximisation_recovers_the_shares_from_calibrated_probabilities():
    rng = np.random.default_rng(7)
    now = np.array([0.1, 0.3, 0.6])
    answers = np.array([rng.choice(3, p=RIGHT[label]) for label in rng.choice(3, size=4000, p=now)])
    posterior = (PRIORS[:, None] * RIGHT / (PRIORS @ RIGHT)).T  # of the label, given the answer, where it learned
    assert by_em(posterior[answers], PRIORS) == pytest.approx(now, abs=0.05)


def test_a_label_that_never_occurred_and_no_new_rows_of_one_do_no_harm():
    table = np.array([[50, 5, 0], [5, 40, 0], [0, 0, 0]])
    shares = black_box(table, np.array([10, 0, 0]))
    assert shares.sum() == pytest.approx(1)
    assert shares[2] == 0


def test_a_fall_of_accuracy_is_foretold_from_honest_confidence():
    rng = np.random.default_rng(8)

    def rows(n, hard):
        sure = 0.5 + 0.5 * rng.beta(1 + 4 * (1 - hard), 1 + 2 * hard, n)
        return sure, rng.random(n) < sure

    (known, right), (now, truth) = rows(3000, 0.2), rows(3000, 0.9)
    for found in (as_sure_less(known, right, now), as_sure(now)):
        assert found.value == pytest.approx(truth.mean(), abs=0.03)
        assert found.low <= found.value <= found.high
    assert truth.mean() < right.mean() - 0.05


def test_errors_that_stay_below_a_threshold_are_counted_exactly():
    sure = np.linspace(0.5, 1, 100)
    now = np.linspace(0.4, 0.9, 100)
    assert sure_enough(sure, sure > 0.6, now).value == pytest.approx((now > 0.6).mean(), abs=0.011)


def test_perfect_and_hopeless_functions_are_foretold_as_such():
    sure = np.linspace(0.5, 1, 50)
    assert sure_enough(sure, np.ones(50, dtype=bool), sure).value == 1
    assert sure_enough(sure, np.zeros(50, dtype=bool), sure).value == 0
