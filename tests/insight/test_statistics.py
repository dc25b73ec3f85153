"""Our statistics against scipy's."""

from __future__ import annotations

import random

import pytest
from scipy import stats

from cockpit.insight import statistics as ours


@pytest.mark.parametrize("df", [1, 2, 3.7, 30, 120.5, 1e4])
@pytest.mark.parametrize("t", [0.0, 1e-6, 0.3, -1.0, 2.1, 12.7, 400.0])
def test_the_chance_of_a_t(t, df):
    assert ours.t_two_sided(t, df) == pytest.approx(2 * stats.t.sf(abs(t), df), rel=1e-9)


@pytest.mark.parametrize("df", [1, 1.3, 2, 5, 29, 1000])
def test_the_quantile_of_t(df):
    assert ours.t_quantile(0.95, df) == pytest.approx(stats.t.ppf(0.975, df), rel=1e-9)


def test_a_mean_and_its_interval():
    values = [0.71, 0.722, 0.705]
    wanted = stats.t.interval(0.95, 2, loc=stats.tmean(values), scale=stats.sem(values))
    found = ours.mean_interval(values)
    assert (found.low, found.high) == pytest.approx(wanted, rel=1e-9)
    assert ours.mean_interval([0.7]) is None


def test_seeds_that_both_have_are_paired():
    first, second = {0: 0.70, 1: 0.72, 2: 0.71}, {2: 0.735, 0: 0.715, 1: 0.73}
    found = ours.contrast(first, second)
    wanted = stats.ttest_rel([second[s] for s in range(3)], [first[s] for s in range(3)])
    assert found.kind == "paired" and found.df == 2
    assert (found.t, found.p) == pytest.approx((wanted.statistic, wanted.pvalue), rel=1e-9)
    span = wanted.confidence_interval(0.95)
    assert (found.interval.low, found.interval.high) == pytest.approx((span.low, span.high), rel=1e-9)


def test_other_seeds_are_compared_by_welch():
    draw = random.Random(4)
    first = {seed: draw.gauss(0.70, 0.01) for seed in range(3)}
    second = {seed: draw.gauss(0.71, 0.002) for seed in range(10, 15)}
    found = ours.contrast(first, second)
    wanted = stats.ttest_ind(list(second.values()), list(first.values()), equal_var=False)
    assert found.kind == "Welch" and found.n == (3, 5)
    assert (found.df, found.p) == pytest.approx((wanted.df, wanted.pvalue), rel=1e-9)
    span = wanted.confidence_interval(0.95)
    assert (found.interval.low, found.interval.high) == pytest.approx((span.low, span.high), rel=1e-9)


def test_one_pair_among_many_seeds_is_not_paired():
    few, many = {0: 0.7, 1: 0.71}, {seed: 0.72 + seed / 1000 for seed in (1, 5, 6, 7, 8)}
    assert ours.contrast(few, many).kind == "Welch"


@pytest.mark.parametrize("second", [{0: 0.72}, {5: 0.72, 6: 0.73}])
def test_a_single_seed_has_no_spread_to_judge_by(second):
    found = ours.contrast({0: 0.7}, second)
    assert found.difference > 0.01 and found.p is None and found.interval is None


def test_without_any_spread_nothing_is_judged():
    assert ours.contrast({0: 0.7, 1: 0.7}, {0: 0.75, 1: 0.75}).p is None
    assert ours.contrast({0: 0.7, 1: 0.7}, {2: 0.75, 3: 0.75}).p is None
    assert ours.contrast({}, {0: 0.7}) is None


def test_several_tests_at_once():
    # statsmodels.stats.multitest.multipletests([.01, .04, .03, .005], method="holm")[1]
    assert ours.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert ours.holm([0.9, 0.8]) == [1.0, 1.0]


def test_the_noise_of_a_test_set():
    assert ours.standard_error(0.712, 10_000) == pytest.approx(stats.binom(10_000, 0.712).std() / 10_000)
    for successes in (7120, 0, 10_000):
        wanted = stats.binomtest(successes, 10_000).proportion_ci(0.95, method="wilson")
        found = ours.wilson(successes / 10_000, 10_000)
        assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high), rel=1e-9, abs=1e-15)
