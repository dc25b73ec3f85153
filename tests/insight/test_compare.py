"""Sessions side by side: who is compared with whom, ranks, differences, crossings."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from comparable import session

from cockpit.insight.compare import MEASURES, TEST, compare, crossings, labels, letter, standings


def test_each_run_is_a_contender_with_a_letter():
    made = compare([session([0.5], "plain"), session([0.6], "mixed", mixup=0.2)])
    assert [(one.letter, one.label) for one in made.contenders] == [("A", "plain"), ("B", "mixed")]
    assert made.base.letter == "A" and [letter(i) for i in (0, 25, 26, 51, 52)] == ["A", "Z", "AA", "AZ", "BA"]


def test_seeds_of_one_point_are_one_contender():
    made = compare(
        [
            *(session([0.5 + seed / 100, 0.6 + seed / 100], f"plain-seed{seed}", seed=seed) for seed in range(3)),
            session([0.7, 0.8], "mixed-seed0", mixup=0.2),
        ]
    )
    plain, mixed = made.contenders
    assert (plain.label, plain.seeds) == ("plain", (0, 1, 2))
    found = plain.value(TEST, 2)
    assert (found.mean, found.std, found.n) == (pytest.approx(0.61), pytest.approx(0.01), 3)
    assert mixed.value(TEST, 1).std is None


def test_seeds_alone_are_compared_with_one_another():
    made = compare([session([0.5], f"plain-seed{seed}", seed=seed) for seed in range(3)])
    assert [one.label for one in made.contenders] == ["plain seed0", "plain seed1", "plain seed2"]


def test_a_mean_never_counts_other_seeds_than_the_epoch_before():
    slow, fast = session([0.5, 0.6], "plain-seed0"), session([0.7, 0.8, 0.9], "plain-seed1", seed=1)
    broken = session([0.1], "plain-seed2", seed=2, status="failed")
    one = compare([slow, fast, broken, session([0.5], "mixed-seed0", mixup=0.2)]).contenders[0]
    assert one.epochs == [1, 2] and one.left_out == (broken,)


def test_a_run_that_stands_in_two_groups_is_no_second_seed():
    made = compare([session([0.5], group="g"), session([0.6], group="h"), session([0.7], "m", mixup=0.2)])
    assert [len(one.runs) for one in made.contenders] == [1, 1, 1]


def test_figures_that_are_written_alike_share_a_rank():
    made = compare([session([0.6], "a"), session([0.60001], "b", lr=0.2), session([0.59], "c", lr=0.3)])
    assert [each.rank for each in standings(made, TEST, 1)] == [1, 1, 3]


def test_labels_say_what_differs():
    def called(*names):
        return labels([[session([], name, path=Path(name))] for name in names])

    assert called("cifar10-teacher-seed0", "cifar10-pure-seed0") == ["teacher", "pure"]
    assert called("mixup0-seed0", "mixup0.2-seed0") == ["mixup0", "mixup0.2"]
    assert called("session-02-stable", "session-04-aggressive") == ["02-stable", "04-aggressive"]


def test_labels_of_one_run_in_two_groups():
    assert labels([[session([], "a", group="g")], [session([], "a", group="h")]]) == [
        "g/a abcdef seed0",
        "h/a abcdef seed0",
    ]


def test_ranks_and_differences():
    made = compare(
        [session([0.5], "a"), session([0.7], "b", lr=0.2), session([0.7], "c", lr=0.3), session([], "d", lr=0.4)]
    )
    stand = standings(made, TEST, 1)
    assert [each.rank for each in stand] == [3, 1, 1, None]
    assert [each.difference for each in stand] == [0.0, pytest.approx(0.2), pytest.approx(0.2), None]
    assert all(each.value is None for each in standings(made, TEST, 2))


def test_a_lower_gap_ranks_first_and_a_learning_rate_not_at_all():
    made = compare(
        [
            session([0.5], "a", fields={"train_acc": [0.9], "lr": [0.1]}),
            session([0.5], "b", momentum=0.8, fields={"train_acc": [0.6], "lr": [0.2]}),
        ]
    )
    assert [each.rank for each in standings(made, MEASURES["gap"], 1)] == [2, 1]
    assert [each.rank for each in standings(made, MEASURES["lr"], 1)] == [None, None]


def test_what_is_no_number_has_no_rank():
    made = compare([session([math.nan], "a"), session([0.5], "b", lr=0.2)])
    assert [each.rank for each in standings(made, TEST, 1)] == [None, 1]


def cross(first, second):
    made = compare([session(first, "a"), session(second, "b", lr=0.2)])
    return [(each.position, each.epoch, made.contenders[each.above].letter) for each in crossings(made)]


def test_curves_cross_on_the_line_between_two_epochs():
    assert cross([0.5, 0.5, 0.5], [0.4, 0.8, 0.7]) == [(pytest.approx(1.25), 2, "B")]


def test_a_crossing_between_epochs_far_apart():
    assert cross({5: 0.2937, 10: 0.4760}, {5: 0.2871, 10: 0.5111}) == [(pytest.approx(5.791, abs=1e-3), 10, "B")]


def test_what_was_not_measured_is_passed_over():
    assert cross([0.5, None, math.nan, 0.5], [0.4, 0.9, 0.9, 0.6]) == [(pytest.approx(2.5), 4, "B")]


def test_touching_is_not_crossing():
    assert cross([0.5, 0.5, 0.5], [0.4, 0.5, 0.4]) == []
    assert cross([0.5, 0.5, 0.5], [0.4, 0.5, 0.6]) == [(2.0, 3, "B")]
    assert cross([0.5, 0.5], [0.5, 0.5]) == []
