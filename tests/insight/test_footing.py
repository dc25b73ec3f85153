"""Contenders are held against one another at one epoch, and what was cut off is named."""

from __future__ import annotations

import pytest
from comparable import session

from cockpit.insight.compare import compare
from cockpit.insight.footing import even, held_back
from cockpit.insight.grouping import over_seeds
from cockpit.insight.report import markdown
from cockpit.insight.verdict import verdict


def told(*runs):
    said: dict[str, list[str]] = {}
    for each in verdict(compare(runs)):
        said.setdefault(each.about, []).append(each.text)
    return {about: " | ".join(texts) for about, texts in said.items()}


def curve(seed, epochs=40):
    return [0.3 + 0.01 * epoch + 0.001 * seed for epoch in range(1, epochs + 1)]


def some(name, ends, **settings):
    """Runs of one setting by seed, each stopped where it did not come to 40."""
    return [
        session(curve(i, end), f"{name}-seed{i}", seed=i, status="finished" if end == 40 else "stopped", **settings)
        for i, end in enumerate(ends)
    ]


def test_seeds_that_were_stopped_are_not_measured_against_the_end_of_others():
    said = told(*some("a", [40, 40, 40]), *some("b", [40, 10, 10], lr=0.2))
    assert said["at epoch 10"] == "A and B are level at 40.10. That is not where each of them ends"
    assert said["ended early"] == "seeds 1, 2 of B ended at epoch 10 of 40: compared at epoch 10"
    assert said["peak"].startswith("A and B are level at 40.10, up to epoch 10.")
    assert said["seeds"].startswith("B - A +0.00 points at epoch 10")


def test_a_single_run_that_was_stopped_is_named():
    said = told(session(curve(0), "a"), session(curve(0, 10), "b", lr=0.2, status="stopped"))
    assert said["ended early"] == "B ended at epoch 10 of 40: compared at epoch 10"
    assert said["at epoch 10"] == "A and B are level at 40.00. That is not where each of them ends"


def test_a_seed_that_is_behind_is_named():
    b = [session(curve(i, end), f"b-seed{i}", seed=i, status="running", lr=0.2) for i, end in enumerate((20, 15))]
    said = told(*some("a", [40, 40]), *b)
    assert said["ended early"] == "seed 1 of B so far at epoch 15 of 40: compared at epoch 15"


def test_seeds_of_which_some_are_behind_say_how_far_they_are_seen_and_why():
    def back(*ends, status="stopped"):
        runs = [session(curve(i, end), f"b-seed{i}", seed=i, status=status) for i, end in enumerate(ends)]
        return held_back(compare([*runs, session(curve(0), "a", lr=0.2)]).contenders[0])

    assert back(40, 40) == back(1) == ""
    assert back(40, 1) == "to epoch 1, where seed 1 ended: unmark it"
    assert back(40, 10, 10) == "to epoch 10, where seeds 1, 2 ended: unmark them"
    assert back(20, 15, status="running") == "to epoch 15 so far, for seed 1"


def test_runs_that_came_to_their_own_ends_are_taken_there():
    said = told(session(curve(0, 20), "a", epochs=20), session(curve(0), "b"))
    assert said["production"].startswith("B, +20.00 points: 70.00 at epoch 40 against A's 50.00 at epoch 20")
    assert "ended early" not in said


def test_sessions_and_compare_give_one_figure():
    runs = some("b", [40, 10, 10], lr=0.2)
    over = over_seeds(runs)
    one = compare([*some("a", [40]), *runs]).contenders[1]
    assert one.end == over.epoch == 10
    assert over.test is not None and [e.test_acc for e in one.last] == pytest.approx([0.4, 0.401, 0.402])
    assert sum(e.test_acc or 0 for e in one.best) / 3 == pytest.approx(over.best.mean)


def test_ends_that_were_cut_off_have_no_difference_in_the_table():
    whole = compare([*some("a", [40, 40]), *some("b", [40, 40], lr=0.2)])
    cut = compare([*some("a", [40, 40]), *some("b", [40, 10], lr=0.2)])
    assert even(whole) and not even(cut)
    assert _leads(whole) == ["+0.00"] and _leads(cut) == [""]


def _leads(comparison):
    """The last column of the table of ends, of all but the baseline."""
    table = markdown(comparison).partition("to baseline |")[2].partition("\n\n")[0]
    rows = [line for line in table.splitlines() if line.startswith("| B")]
    return [row.split("|")[-2].strip() for row in rows]


def test_the_same_run_twice_is_no_second_draw():
    said = told(session([0.6], "a"), session([0.6], "a", group="h"))
    assert said["seeds"] == "A and B are the same run twice: it is one draw"


def test_a_run_that_ends_in_no_number_is_said_to():
    nan = float("nan")
    said = told(*some("a", [40, 40]), *[session([0.5, nan], f"b-seed{i}", seed=i, lr=0.2) for i in (0, 1)])
    assert "B's test accuracy at epoch 2 is not a number" in said["production"]
    assert said["seeds"] == "nothing is tested of B, whose last epoch is not a number"
