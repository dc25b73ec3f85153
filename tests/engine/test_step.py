"""One step of a set of networks: the loss, what is counted, and that networks do not touch one another."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from engine.contract import schedule
from engine.contract.spec import Spec, check_spec
from engine.data.batches import Batch, Data
from engine.data.digits import digits
from engine.measure import measure
from engine.models.dropout import set_dropout
from engine.networks import Member, build_networks, set_mode
from engine.objectives.objective import Objective
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
        step(both, Objective(), batch, pair, settings, 0.1)
        step(one, Objective(), batch, alone, settings, 0.1)
    for a, b in zip(both[0].network.parameters(), one[0].network.parameters(), strict=True):
        assert torch.equal(a, b)
    first, second = both[0].network.head.weight, both[1].network.head.weight
    assert isinstance(first, torch.Tensor)
    assert not torch.equal(first, second)  # type: ignore[arg-type]


def test_a_step_moves_with_the_rate_and_decay_it_is_given() -> None:
    data = Data(digits(), spec(), CPU)
    members = build_networks(spec(), data)
    settings = schedule.at(spec(weight_decay=0.25), 1)
    step(members, Objective(), next(data.epoch(1, settings)), spec(), settings, 0.07)
    group = members[0].optimizer.param_groups[0]
    assert (group["lr"], group["weight_decay"]) == (0.07, 0.25)


def test_correct_answers_count_with_their_share_of_the_target() -> None:
    data = Data(digits(), spec(), CPU)
    members = build_networks(spec(), data)
    batch = next(data.epoch(1, schedule.at(spec(), 1)))
    half = Batch(0, batch.images, torch.full_like(batch.targets, 0.1))
    seen = step(members, Objective(), half, spec(), schedule.at(spec(), 1), 0.01)
    assert seen.correct.tolist() == pytest.approx([5.0])
    assert seen.losses.shape == (1,)


def test_measuring_moves_no_running_statistic_and_leaves_training_mode_on() -> None:
    data = Data(digits(), spec(), CPU)
    members = build_networks(spec(), data)
    set_mode(members, training=True)
    before = {name: value.clone() for name, value in members[0].network.state_dict().items()}
    (accuracy, loss) = measure([member.measured for member in members], data, data.test).each[0]
    assert 0 <= accuracy <= 1 and loss > 0
    assert all(torch.equal(before[name], value) for name, value in members[0].network.state_dict().items())
    assert members[0].network.training


def after_steps(count: int = 2, **settings: object) -> list[torch.Tensor]:
    """The weights after a few steps under some settings, from the same start."""
    mine = spec(**settings)
    data = Data(digits(), mine, CPU)
    members = build_networks(mine, data)
    held = schedule.at(mine, 1)
    for batch in list(data.epoch(1, held))[:count]:
        step(members, Objective(), batch, mine, held, 0.05)
    return [p.detach().clone() for p in members[0].measured.parameters()]


def test_a_batch_cut_in_parts_makes_the_same_gradient_but_for_batch_norm() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    data = Data(digits(), spec(), CPU)
    batch = next(data.epoch(1, schedule.at(spec(), 1)))
    gradients = []
    for parts in (1, 3):
        member = build_networks(spec(), data)[0]
        mine = copy.deepcopy(network)
        optimizer = torch.optim.SGD([{"params": list(mine.parameters()), "decays": True}], lr=0.1)
        member = Member(0, "linear", mine, optimizer, member.scaler)
        step([member], Objective(), batch, spec(accumulation=parts), schedule.at(spec(), 1), 0.0)
        gradients.append([p.grad for p in mine.parameters()])
    for a, b in zip(*gradients, strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_clipping_bounds_each_networks_own_gradient() -> None:
    mine = spec(nodes=2, clip_norm=0.01)
    data = Data(digits(), mine, CPU)
    members = build_networks(mine, data)
    step(members, Objective(), next(data.epoch(1, schedule.at(mine, 1))), mine, schedule.at(mine, 1), 0.0)
    for member in members:
        norm = torch.cat([p.grad.flatten() for p in member.network.parameters() if p.grad is not None]).norm()
        assert float(norm) == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_goes_nearly_the_same_way_and_weights_stay_single(precision: str) -> None:
    half, single, start = after_steps(precision=precision), after_steps(), after_steps(0)
    moved = torch.cat([(a - b).flatten() for a, b in zip(single, start, strict=True)])
    other = torch.cat([(a - b).flatten() for a, b in zip(half, start, strict=True)])
    assert all(p.dtype == torch.float32 for p in half)
    assert float(torch.cosine_similarity(moved, other, dim=0)) > 0.95


def test_an_overflow_in_fp16_costs_a_step_that_is_counted_and_no_weight() -> None:
    mine = spec(precision="fp16")
    data = Data(digits(), mine, CPU)
    members = build_networks(mine, data)
    before = [p.detach().clone() for p in members[0].network.parameters()]
    batch = next(data.epoch(1, schedule.at(mine, 1)))
    broken = Batch(0, batch.images * 1e6, batch.targets)
    assert step(members, Objective(), broken, mine, schedule.at(mine, 1), 0.1).skipped == 1
    assert all(torch.equal(a, b) for a, b in zip(before, members[0].network.parameters(), strict=True))


def test_the_average_follows_the_weights_by_its_decay_and_is_what_is_measured() -> None:
    start, moved, mean = after_steps(0), after_steps(1), after_steps(1, ema=0.9)
    for a, b, c in zip(start, moved, mean, strict=True):
        assert torch.allclose(c, 0.9 * a + 0.1 * b, atol=1e-6)


def test_norms_and_biases_can_be_spared_decay_by_either_optimiser() -> None:
    for optimizer in ("sgd", "adamw"):
        mine = spec(optimizer=optimizer, decay_norms=False, weight_decay=0.3)
        data = Data(digits(), mine, CPU)
        members = build_networks(mine, data)
        step(members, Objective(), next(data.epoch(1, schedule.at(mine, 1))), mine, schedule.at(mine, 1), 0.1)
        groups = members[0].optimizer.param_groups
        assert [(g["decays"], g["weight_decay"]) for g in groups] == [(True, 0.3), (False, 0.0)]
        assert all(p.ndim == 1 for p in groups[1]["params"])


def test_dropout_can_change_while_it_trains_and_draws_from_the_step() -> None:
    mine = spec(model="wideresnet10_1", dropout=0.5)
    data = Data(digits(), mine, CPU)
    network = build_networks(mine, data)[0].network
    assert set_dropout(network, 0.5) > 0
    images = data.normalised(data.train.images[:20])
    outputs = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        outputs.append(network(images))
    # Batch norm's running statistics move, its output in training mode does not depend on them.
    assert torch.equal(outputs[0], outputs[1])
    assert not torch.equal(outputs[0], outputs[2])
