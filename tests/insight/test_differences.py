"""Which settings of compared sessions differ."""

from __future__ import annotations

from comparable import session
from msgspec.structs import replace

from cockpit.insight.compare import compare
from cockpit.insight.differences import differing, rows, unknown
from engine.contract.spec import Inputs


def told(*runs):
    return {row.name: row.texts for row in differing(compare(runs))}


def test_only_what_differs():
    plain, mixed = session([], "a"), session([], "b", mixup=0.2, model="resnet20", nesterov=True)
    assert told(plain, mixed) == {
        "model": ("resnet8", "resnet20"),
        "mixup": ("off", "0.2"),
        "nesterov": ("no", "yes"),
    }
    assert len(rows(compare([plain, mixed]))) > 30


def test_a_setting_that_changes_on_the_way_is_told_with_its_epochs():
    phases = ({"from_epoch": 11, "dropout": 0.2}, {"from_epoch": 21, "dropout": 0.0})
    assert told(session([], "a", dropout=0.3), session([], "b", dropout=0.3, phases=phases)) == {
        "dropout": ("0.3", "0.3 > 0.2@11 > off@21")
    }


def test_data_of_one_name_with_other_images():
    first, second = session([], "a", inputs=Inputs(data="1111")), session([], "b", inputs=Inputs(data="2222"))
    assert told(first, second) == {"data content": ("1111", "2222")}


def test_teachers_are_told_without_what_the_seed_says():
    def student(name, teacher, setting, seed=0):
        inputs = Inputs(teacher=f"{teacher}{seed}", setting=setting)
        return session(
            [], name, objective="logit", teacher=f"g/{teacher}-seed{seed}-abcdef", seed=seed, inputs=inputs
        )

    first, second = student("s", "big", "11", 0), student("s", "big", "11", 1)
    assert told(first, second) == {"seed": ("0", "1")}
    assert told(first, student("t", "small", "22"))["teacher"] == ("g/big", "g/small")
    assert told(first, student("t", "big", "22"))["teacher"] == ("g/big 11", "g/big 22")


def test_seeds_of_a_mean():
    seeds = [session([], f"a-seed{seed}", seed=seed) for seed in range(2)]
    assert told(*seeds, session([], "b-seed0", mixup=0.2)) == {"mixup": ("off", "0.2"), "seed": ("0, 1", "0")}


def test_settings_that_are_not_known_are_no_difference():
    known, lost = session([], "a"), replace(session([], "b"), spec=None)
    assert told(known, lost) == {}
    assert told(known, lost, session([], "c", lr=0.3)) == {"max lr": ("0.1", "?", "0.3")}
    assert unknown(compare([known, lost])) == ["B"]
