"""The first verdict never says more than the figures do."""

from __future__ import annotations

from comparable import session
from msgspec.structs import replace

from cockpit.insight.compare import compare
from cockpit.insight.verdict import verdict
from engine.contract.spec import Fork, Inputs


def told(*runs, baseline=0):
    said: dict[str, str] = {}
    for each in verdict(compare(runs, baseline)):
        said[each.about] = f"{said[each.about]} | {each.text}" if each.about in said else each.text
    return said


def seeds(name, values, **settings):
    return [session([0.3, value], f"{name}-seed{i}", seed=i, **settings) for i, value in enumerate(values)]


def test_before_anything_is_measured():
    assert told(session([]), session([0.5], "b", lr=0.2)) == {
        "nothing yet": "fewer than two of them have measured an epoch"
    }


def test_one_seed_each_cannot_be_told_apart():
    said = told(session([0.70], "a"), session([0.99], "b", mixup=0.2))
    assert said["seeds"] == "one seed each: cannot be told apart from the noise of seeds"
    assert said["differs"] == "nothing but mixup"
    assert "0.46 points" in said["test set"]


def test_shared_seeds_are_paired():
    said = told(*seeds("a", [0.700, 0.720, 0.710]), *seeds("b", [0.711, 0.730, 0.721], mixup=0.2))
    assert said["seeds"].startswith("B - A +1.07 points at the last epoch, 95% interval +0.92 to +1.21, p 0.00098")
    assert said["seeds"].endswith("paired by seed, 3 pairs: told apart at 5%")
    assert said["peak"].startswith("B, +1.07 points: 72.07 ±0.95, the mean of 3 seeds")


def test_what_overlaps_is_not_told_apart():
    said = told(*seeds("a", [0.70, 0.72]), *seeds("b", [0.73, 0.71], mixup=0.2))
    assert said["seeds"].endswith("2 pairs: not told apart at 5%")


def test_one_seed_against_several():
    said = told(*seeds("a", [0.70, 0.72]), session([0.3, 0.9], "b-seed0", mixup=0.2))
    assert "nothing can be told from the noise of seeds" in said["seeds"]


def test_several_tests_are_corrected_for_their_number():
    runs = [*seeds("a", [0.70, 0.72, 0.71]), *seeds("b", [0.71, 0.73, 0.722], mixup=0.2)]
    said = told(*runs, *seeds("c", [0.70, 0.73, 0.70], mixup=0.4))
    assert said["seeds"].count("Holm, of 2 tests") == 2 and "B - A" in said["seeds"] and "C - A" in said["seeds"]


def test_seeds_against_one_another_show_noise_alone():
    said = told(*seeds("a", [0.70, 0.72]))
    assert said["seeds"] == "they differ in nothing but their seed: what is seen is the noise of seeds"
    assert "differs" not in said


def test_other_data_are_not_comparable():
    said = told(session([0.7], "a"), session([0.6], "b", data="cifar10"))
    assert said["data"] == "they are measured on different data: their accuracies cannot be compared"


def test_every_other_difference_is_a_confound():
    said = told(session([0.7], "a"), session([0.6], "b", mixup=0.2, lr=0.2, seed=3))
    assert said["differs"] == (
        "2 settings at once (max lr, mixup): no one of them is the cause shown | their seeds differ, too"
    )


def test_unequal_ends_and_what_still_trains():
    said = told(session([0.5, 0.6, 0.7], "a"), session([0.55, 0.65], "b", lr=0.2, status="running"))
    assert said["epochs"] == (
        "not the same number of them: A 3, B 2; at epoch 2, the last all have: A 60.00, B 65.00"
    )
    assert said["at epoch 2"].startswith("B, +5.00 points: 65.00 at epoch 2") and "ended early" not in said
    assert said["not over"] == "B still to train: this can change"


def test_gaps_under_mixup_are_told_as_such():
    trained, clean = {"train_acc": [0.5]}, {"train_acc": [0.5], "train_acc_clean": [0.9]}
    said = told(session([0.6], "a", fields=trained), session([0.6], "b", mixup=0.2, fields=trained))
    assert said["gap"] == (
        "A -10.00, B -10.00 (train as trained less test, last epoch; counted under mixup in B, which hides a gap)"
    )
    said = told(session([0.6], "a", fields=clean), session([0.6], "b", mixup=0.2, fields=clean))
    assert said["clean gap"] == "A +30.00, B +30.00 (clean train less test, last epoch)" and "gap" not in said


def test_a_tie_has_no_winner():
    said = told(session([0.6], "a"), session([0.6], "b", mixup=0.2))
    assert said["production"] == "A and B are level at 60.00. Production is the last epoch's weights"
    said = told(session([0.6], "a"), session([0.59999], "b", mixup=0.2), session([0.6], "c", mixup=0.4))
    assert said["production"].startswith("A, C and B are level at 60.00.")


def test_a_lead_between_epochs_that_lie_far_apart():
    said = told(session({1: 0.5, 9: 0.5}, "a"), session({1: 0.4, 9: 0.6}, "b", lr=0.2))
    assert (
        said["lead"] == "A and B cross once in test accuracy; B is ahead since epoch 9 (not measured between 1 and 9)"
    )


def test_who_is_level_at_the_end_is_not_ahead():
    a = [0.5, 0.7, 0.8, 0.9, 0.9, 0.9]
    b = [0.6, 0.6, 0.7, 0.9, 0.90001, 0.9]
    said = told(session(a, "a"), session(b, "b", lr=0.2))
    assert said["lead"] == "A and B cross once in test accuracy; level since epoch 4, A was ahead before"
    said = told(session([*a, 0.91], "a"), session([*b, 0.9], "b", lr=0.2))
    assert said["lead"] == "A and B cross once in test accuracy; A is ahead or level since epoch 2"


def test_what_is_written_as_no_difference_crosses_nothing():
    a = session([0.5, 0.6, 0.7, 0.8], "a")
    said = told(a, session([0.50001, 0.59999, 0.70001, 0.79999], "b", lr=0.2))
    assert "lead" not in said and said["production"].startswith("A and B are level at 80.00")


def test_means_that_are_level_are_not_told_apart_whatever_their_spread():
    said = told(*seeds("a", [0.700, 0.720]), *seeds("b", [0.70001, 0.72003], mixup=0.2))
    assert "+0.00 points" in said["seeds"] and said["seeds"].endswith("paired by seed, 2 pairs: level")


def test_a_difference_that_every_seed_shares_is_said_to_be_one():
    said = told(*seeds("a", [0.5, 0.75]), *seeds("b", [0.5625, 0.8125], mixup=0.2))
    assert said["seeds"] == (
        "B - A +6.25 points at the last epoch, the same for every seed: there is no noise to test it by"
    )


def test_a_seed_that_broke_off_is_named():
    runs = [*seeds("a", [0.70, 0.72]), session([0.1], "a-seed7", seed=7, status="failed")]
    said = told(*runs, session([0.5], "b", mixup=0.2))
    assert said["left out"] == "A: a-seed7 (failed, epoch 1)"


def test_runs_without_settings_are_compared_without_a_word_on_seeds_they_may_have():
    said = told(session([0.6], "a"), replace(session([0.7], "b"), spec=None, file=None))
    assert said["peak"].startswith("B, +10.00 points")
    assert said["seeds"] == "the seed of B is not known: nothing can be told from their noise"
    assert said["differs"] == "the settings of B are not known, nor what else differs"


def test_a_fork_beside_its_parent():
    parent = session([0.5, 0.6, 0.7], "a")
    fork = Fork(group="g", name="a-abcdef", identity=parent.identity, setting=parent.identity, epoch=2)
    said = told(parent, session([0.5, 0.6, 0.8], "b", lr=0.2, inputs=Inputs(fork=fork)))
    assert said["fork"] == "B was forked from A: up to epoch 2 they are one"
    assert "lead" not in said
