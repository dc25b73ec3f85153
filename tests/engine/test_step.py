"""One step of a set of networks: the loss, what is counted, and that networks do not touch one another."""

from __future__ import annotations

import pytest
import torch

from engine.contract import schedule
from engine.contract.spec import Spec, check_spec
from engine.data.batches import Batch, Data
from engine.data.digits import digits
from engine.measure import measure
from engine.networks import build_networks, set_mode
from engine.objectives.supervised import supervised
from engine.step import step

CPU = torch.device("cpu")


def spec(**settings: object) -> Spec:
    return check_spec({"data": "digits", "model": "resnet8", "epochs": 4, "batch_size": 50} | settings, "test")


def test_label_smoothing_is_pytorchs() -> None:
    logits, labels = torch.randn(8, 10), torch.randint(0, 10, (8,))
    mine = supervised([logits], torch.eye(10)[labels], 0.1)[0]
    theirs = torch.nn.functional.cross_entropy(logits, labels, label_smoothing=0.1)
    assert mine == pytest.approx(theirs.item(), rel=1e-6)


def test_two_networks_side_by_side_learn_as_each_would_alone() -> None:
    pair, alone = spec(nodes=2), spec()
    data = Data(digits(), pair, CPU)
    both, one = build_networks(pair, data), build_networks(alone, data)
    settings = schedule.at(pair, 1)
    for batch in list(data.epoch(1, settings))[:3]:
        step(both, batch, settings, 0.1)
        step(one, batch, settings, 0.1)
    for a, b in zip(both[0].network.parameters(), one[0].network.parameters(), strict=True):
        assert torch.equal(a, b)
    first, second = both[0].network.head.weight, both[1].network.head.weight
    assert isinstance(first, torch.Tensor)
    assert not torch.equal(first, second)  # type: ignore[arg-type]


def test_a_step_moves_with_the_rate_and_decay_it_is_given() -> None:
    data = Data(digits(), spec(), CPU)
    members = build_networks(spec(), data)
    settings = schedule.at(spec(weight_decay=0.25), 1)
    step(members, next(data.epoch(1, settings)), settings, 0.07)
    group = members[0].optimizer.param_groups[0]
    assert (group["lr"], group["weight_decay"]) == (0.07, 0.25)


def test_correct_answers_count_with_their_share_of_the_target() -> None:
    data = Data(digits(), spec(), CPU)
    members = build_networks(spec(), data)
    batch = next(data.epoch(1, schedule.at(spec(), 1)))
    half = Batch(0, batch.images, torch.full_like(batch.targets, 0.1))
    losses, correct = step(members, half, schedule.at(spec(), 1), 0.01)
    assert correct.tolist() == pytest.approx([5.0])
    assert losses.shape == (1,)


def test_measuring_moves_no_running_statistic_and_leaves_training_mode_on() -> None:
    data = Data(digits(), spec(), CPU)
    members = build_networks(spec(), data)
    set_mode(members, training=True)
    before = {name: value.clone() for name, value in members[0].network.state_dict().items()}
    (accuracy, loss) = measure(members, data, data.test)[0]
    assert 0 <= accuracy <= 1 and loss > 0
    assert all(torch.equal(before[name], value) for name, value in members[0].network.state_dict().items())
    assert members[0].network.training
