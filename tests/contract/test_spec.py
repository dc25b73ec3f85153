"""A run's settings: what is accepted, how a mistake is told, what makes two runs the same."""

from __future__ import annotations

import pytest

from engine.contract.checked import describe
from engine.contract.errors import UserError
from engine.contract.spec import IDENTITY, Spec, check_spec, identity

LEAST = {"data": "digits", "model": "resnet8", "epochs": 10}


@pytest.mark.parametrize(
    ("table", "key", "words"),
    [
        ({"epohcs": 3}, "run.epohcs", "did you mean 'epochs'"),
        ({"epochs": "ten"}, "run.epochs", "expected int, found the text 'ten'"),
        ({"epochs": 0}, "run.epochs", "expected int >= 1, found 0"),
        ({"nesterov": 1}, "run.nesterov", "expected bool, found 1"),
        ({"lr": float("nan")}, "run.lr", "found nan"),
        ({"weight_decay": float("inf")}, "run.weight_decay", "finite"),
        ({"lr_schedule": "cosin"}, "run.lr_schedule", "one of 'constant', 'cosine'"),
        ({"model": "resnet33"}, "run.model", "did you mean 'resnet32'"),
        ({"model": []}, "run.model", "name at least one"),
        ({"model": ["resnet8", "resnet8"], "nodes": 3}, "run.nodes", "2 networks are named"),
        ({"device": "gpu"}, "run.device", "one of 'auto', 'cpu', 'cuda'"),
        ({"nesterov": True, "momentum": 0.0}, "run.nesterov", "momentum"),
        ({"phases": [{"mixup": 0.1}]}, "run.phases[0].from_epoch", "missing"),
        ({"phases": [{"from_epoch": 2}]}, "run.phases[0]", "changes nothing"),
        ({"phases": [{"from_epoch": 2, "epochs": 4}]}, "run.phases[0].epochs", "unknown key"),
        ({"phases": [{"from_epoch": 2, "mixup": "off"}]}, "run.phases[0].mixup", "found the text 'off'"),
        ({"phases": [{"from_epoch": 4, "lr": 0.1}, {"from_epoch": 2, "lr": 0.2}]}, "run.phases", "rising"),
    ],
)
def test_a_mistake_is_told_with_its_key_and_a_remedy(table: dict[str, object], key: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        check_spec(LEAST | table, "my.toml")
    assert caught.value.where == "my.toml"
    assert caught.value.key == key
    assert words in str(caught.value)


def test_what_is_missing_is_named_with_its_meaning() -> None:
    with pytest.raises(
        UserError, match=r"run\.epochs: missing\n  add it: epochs is the length of training, in epochs"
    ):
        check_spec({"data": "digits", "model": "resnet8"}, "my.toml")


def test_every_setting_says_what_it_means() -> None:
    for field in Spec.__struct_fields__:
        assert len(describe(Spec, field)) > len(field) + 10


def test_a_list_of_networks_says_how_many_nodes_there_are() -> None:
    spec = check_spec(LEAST | {"model": ["resnet8", "resnet20"]}, "my.toml")
    assert spec.nodes == 2
    assert spec.models == ("resnet8", "resnet20")
    assert check_spec(LEAST | {"nodes": 3}, "my.toml").models == ("resnet8",) * 3


def test_phases_take_every_setting_that_may_change_and_normalise_numbers() -> None:
    spec = check_spec(LEAST | {"phases": [{"from_epoch": 3, "mixup": 1}]}, "my.toml")
    assert spec.phases == ({"from_epoch": 3, "mixup": 1.0},)
    assert isinstance(spec.phases[0]["mixup"], float)


def test_the_identity_is_that_of_the_results() -> None:
    spec = check_spec(LEAST, "my.toml")
    for same in ({"device": "cpu"}, {"threads": 1}, {"checkpoint_epochs": [5]}, {"lr": 0.1}):
        assert identity(check_spec(LEAST | same, "my.toml")) == identity(spec)
    for other in (
        {"epochs": 11},
        {"seed": 1},
        {"phases": [{"from_epoch": 3, "mixup": 0.1}]},
        {"deterministic": True},
    ):
        assert identity(check_spec(LEAST | other, "my.toml")) != identity(spec)


def test_an_identity_given_out_once_never_changes() -> None:
    """Folders in the wild carry it: a new setting, or a reordered one, must leave it as it is."""
    spec = check_spec(LEAST | {"mixup": 0.2, "phases": [{"from_epoch": 5, "lr": 0.01}]}, "my.toml")
    assert identity(spec)[:12] == "bdfdb391fb6e"
    assert {"device", "threads", "checkpoint_epochs"}.isdisjoint(IDENTITY)
