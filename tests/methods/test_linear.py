"""The linear heads are the optima that they claim to be."""

import numpy as np
import pytest

pytest.importorskip("scipy")

from hanshuku.inference.heads import Head
from hanshuku.methods.linear import BIAS_PENALTY, Penalty, Scaling, Span, fit_logistic, fit_ridge, folds

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 5))
Y = (X[:, 0] + 0.3 * RNG.normal(size=60) > 0).astype(int)


def loss(weight, bias, prior, strength, softmax, targets):
    logits = X @ weight.T + bias
    if softmax:
        each = np.log(np.exp(logits).sum(1)) - (targets * logits).sum(1)
    else:
        each = (np.logaddexp(0, logits) - targets * logits).sum(1)
    return each.mean() + (((weight - prior) ** 2).sum() + BIAS_PENALTY * (bias**2).sum()) / (2 * strength * len(X))


@pytest.mark.parametrize("softmax", [True, False])
def test_no_step_away_from_the_logistic_head_lowers_its_loss(softmax):
    targets, prior = np.eye(2)[Y], RNG.normal(size=(2, 5))
    weight, bias = fit_logistic(X, targets, prior, Penalty(3.0, 1.0), softmax=softmax)
    least = loss(weight, bias, prior, 3.0, softmax, targets)
    for _ in range(50):
        step = 0.05 * RNG.normal(size=(2, 6))
        assert loss(weight + step[:, :5], bias + step[:, 5], prior, 3.0, softmax, targets) > least - 1e-6


def test_without_a_prior_the_softmax_head_is_that_of_scikit_learn():
    linear_model = pytest.importorskip("sklearn.linear_model")
    theirs = linear_model.LogisticRegression(C=1.0, tol=1e-8, max_iter=1000).fit(X, Y)
    # theirs penalises d, ours d/2 and -d/2: half the square, so that half of C is the same
    weight, bias = fit_logistic(X, np.eye(2)[Y], np.zeros((2, 5)), Penalty(0.5, 0.0))
    ours = X @ (weight[1] - weight[0]) + bias[1] - bias[0]
    assert np.allclose(ours, theirs.decision_function(X), atol=0.02)


def test_the_stronger_the_penalty_the_nearer_the_head_stays_to_its_prior():
    prior = RNG.normal(size=(2, 5))
    away = [np.abs(fit_logistic(X, np.eye(2)[Y], prior, Penalty(c, 1.0))[0] - prior).sum() for c in (0.01, 1.0, 100.0)]
    assert away == sorted(away)


@pytest.mark.parametrize("softmax", [True, False])
@pytest.mark.parametrize("sparse", [True, False])
def test_the_head_of_more_features_than_rows_is_the_one_that_a_search_over_all_features_finds(softmax, sparse):
    from scipy.sparse import csr_array

    wide = RNG.normal(size=(12, 80)) * (RNG.random((12, 80)) < 0.3)
    wide[5] = wide[4]  # rows that are alike span less
    targets, prior = np.eye(3)[np.arange(12) % 3], RNG.normal(size=(3, 80))
    direct = fit_logistic(wide, targets, prior, Penalty(3.0, 1.0), softmax=softmax)
    given = csr_array(wide) if sparse else wide
    span = Span.where_worth(given, 3)
    assert span is not None
    found = fit_logistic(given, targets, prior, Penalty(3.0, 1.0), softmax=softmax, span=span)
    again = fit_logistic(given, targets, prior, Penalty(3.0, 1.0), softmax=softmax, start=found, span=span)
    for weight, bias in (found, again):
        assert np.allclose(wide @ weight.T + bias, wide @ direct[0].T + direct[1], atol=0.02)
        assert np.allclose(weight, direct[0], atol=0.01)


def test_rows_without_features_leave_the_prior_and_learn_how_common_the_labels_are():
    prior = RNG.normal(size=(2, 30))
    nothing = np.zeros((4, 30))
    weight, bias = fit_logistic(nothing, np.eye(2)[[0, 0, 0, 1]], prior, Penalty(3.0, 1.0), span=Span.of(nothing))
    assert np.array_equal(weight, prior) and bias[0] > bias[1]


def test_a_label_without_a_row_does_not_run_off_to_infinity():
    _, bias = fit_logistic(X, np.eye(3)[Y], np.zeros((3, 5)), Penalty(5.0, 0.0))
    assert np.abs(bias).max() < 20


def test_ridge_chooses_the_penalty_with_the_least_error_on_rows_left_out():
    targets = X @ np.array([1.0, 0, 0, 0, 0]) + RNG.normal(size=60)
    alphas = (0.1, 3.0, 30.0, 1000.0)

    def left_out(alpha):
        errors = []
        for i in range(60):
            keep = np.arange(60) != i
            centre = X[keep].mean(0)
            z = X[keep] - centre
            weight = np.linalg.solve(z.T @ z + alpha * np.eye(5), z.T @ (targets[keep] - targets[keep].mean()))
            errors.append(targets[i] - targets[keep].mean() - (X[i] - centre) @ weight)
        return np.mean(np.square(errors))

    assert fit_ridge(X, targets, np.zeros(5), alphas)[2] == min(alphas, key=left_out)


def test_ridge_with_a_prior_that_explains_all_gives_the_prior():
    direction = np.array([0.5, -1.0, 0.0, 2.0, 0.0])
    weight, bias, *_ = fit_ridge(X, 3 * X @ direction + 1, direction, (0.1, 1000.0))
    assert np.allclose(weight[0], 3 * direction, atol=1e-6)
    assert np.allclose(bias, 1, atol=1e-6)


def test_scaled_features_have_mean_zero_and_rows_of_mean_square_length_one():
    scaled = Scaling.of(7 + 3 * X[:, :4], blocks=2).apply(7 + 3 * X[:, :4])
    assert np.allclose(scaled.mean(0), 0)
    assert (scaled**2).sum(1).mean() == pytest.approx(1)


def test_a_head_for_scaled_features_is_taken_back_to_raw_ones():
    raw = 7 + 3 * X
    scaling = Scaling.of(raw)
    weight, bias = RNG.normal(size=(2, 5)), RNG.normal(size=2)
    head = scaling.head(weight, bias)
    assert isinstance(head, Head)
    assert np.allclose(head.logits(raw), scaling.apply(raw) @ weight.T + bias, atol=1e-4)


def test_features_that_never_change_are_left_out():
    raw = np.concatenate([X, np.full((60, 5), 3.0)], axis=1)
    assert not Scaling.of(raw, blocks=2).scale[5:].any()


def test_folds_hold_out_each_row_once_and_spread_each_stratum():
    strata = np.array([0] * 20 + [1] * 5 + [2])
    held = [out for _, out in folds(strata, 5, seed=0)]
    assert sorted(np.concatenate(held)) == list(range(26))
    assert all((strata[out] == 0).sum() == 4 and (strata[out] == 1).sum() == 1 for out in held)
