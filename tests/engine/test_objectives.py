"""Objectives on real networks and real digits: every method learns, peers and teachers stay apart.

Chance is 10 %. A teacher of two epochs has about 95 %; what is asked of a student after one to four epochs, 50 %,
no method reaches whose gradient is broken or drowns the labels.
"""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.contract import schedule
from engine.contract.errors import UserError
from engine.contract.models import KNOWN, groups
from engine.contract.objective import COMPARES_FEATURES, DISTILLING, PUBLISHED
from engine.contract.spec import Spec, check_spec
from engine.data.batches import Data
from engine.data.digits import digits
from engine.measure import measure
from engine.models.registry import build
from engine.networks import Member, build_networks, set_mode
from engine.objectives.factor_transfer import FactorTransfer
from engine.objectives.objective import Mutual, Objective, objective_of
from engine.step import step
from engine.trained import Trained

CPU = torch.device("cpu")
LEARNED = 0.5


def spec(**settings: object) -> Spec:
    table = {"data": "digits", "model": "resnet8", "epochs": 4, "batch_size": 64, "lr": 0.05} | settings
    return check_spec(table, "test")


def train(mine: Spec, members: list[Member], objective: Objective, data: Data, epochs: int) -> float:
    """Some epochs of the real step; the mean test accuracy of the members."""
    set_mode(members, training=True)
    for epoch in range(1, epochs + 1):
        held = schedule.at(mine, epoch)
        for batch in data.epoch(epoch, held):
            rate = schedule.lr(mine, epoch - 1 + batch.step / data.steps_per_epoch)
            step(members, objective, batch, mine, held, rate)
    each = measure([member.measured for member in members], data, data.test).each
    return sum(accuracy for accuracy, _ in each) / len(each)


@pytest.fixture(scope="module")
def teacher() -> Trained:
    """ResNet-14 after two epochs."""
    mine = spec(model="resnet14", epochs=2)
    data = Data(digits(), mine, CPU)
    members = build_networks(mine, data)
    assert train(mine, members, Objective(), data, 2) > 0.9
    return Trained(members[0].network.eval().requires_grad_(False), "resnet14", "group/teacher", 2, "0" * 64)


@pytest.mark.parametrize("method", sorted(DISTILLING))
def test_every_method_learns_from_a_teacher(method: str, teacher: Trained) -> None:
    # A weight of 1000 on maps of 2x2 and 4x4 leaves the labels less room: attention transfer takes four epochs.
    mine = spec(objective=method, teacher="group/teacher", epochs=4)
    data = Data(digits(), mine, CPU)
    members = build_networks(mine, data, teacher)
    before = copy.deepcopy(teacher.network.state_dict())
    assert train(mine, members, objective_of(mine, teacher.network), data, 4) > LEARNED
    for name, value in teacher.network.state_dict().items():
        assert torch.equal(value, before[name]), f"the teacher's {name} moved"


def test_mutual_learning_learns_with_networks_of_different_shapes() -> None:
    mine = spec(objective="mutual", model=["resnet8", "wideresnet10_1"], epochs=2)
    data = Data(digits(), mine, CPU)
    assert train(mine, build_networks(mine, data), Mutual(mine), data, 2) > LEARNED


@pytest.mark.parametrize("nodes", [2, 4])
def test_a_mutual_step_equals_pairwise_losses_computed_one_network_at_a_time(nodes: int) -> None:
    mine = spec(objective="mutual", nodes=nodes, label_smoothing=0.1)
    data = Data(digits(), mine, CPU)
    together, apart = build_networks(mine, data), build_networks(mine, data)
    batch = next(data.epoch(1, schedule.at(mine, 1)))
    held = schedule.at(mine, 1)
    step(together, Mutual(mine), batch, mine, held, 0.0)
    logits = [member.network(batch.images) for member in apart]
    labels = batch.targets.argmax(1)
    for i, member in enumerate(apart):
        loss: Tensor = F.cross_entropy(logits[i], labels, label_smoothing=0.1)
        for j in range(nodes):
            if j != i:
                peer = logits[j].detach().softmax(1)
                loss = loss + F.kl_div(logits[i].log_softmax(1), peer, reduction="batchmean") / (nodes - 1)
        torch.autograd.backward(loss)
        for mine_too, theirs in zip(together[i].network.parameters(), member.network.parameters(), strict=True):
            assert mine_too.grad is not None and theirs.grad is not None
            assert torch.allclose(mine_too.grad, theirs.grad, atol=1e-5)


def test_parts_of_the_loss_are_told_unweighted_and_the_loss_is_their_weighted_sum(teacher: Trained) -> None:
    mine = spec(objective="logit", teacher="group/teacher", ce_weight=0.3, kd_weight=0.6)
    data = Data(digits(), mine, CPU)
    members = build_networks(mine, data, teacher)
    batch = next(data.epoch(1, schedule.at(mine, 1)))
    seen = step(members, objective_of(mine, teacher.network), batch, mine, schedule.at(mine, 1), 0.0)
    assert set(seen.parts) == {"loss_ce", "loss_kd"}
    assert seen.losses.item() == pytest.approx(
        0.3 * seen.parts["loss_ce"].item() + 0.6 * seen.parts["loss_kd"].item()
    )


def test_features_and_softened_answers_go_together(teacher: Trained) -> None:
    mine = spec(objective="attention_transfer", teacher="group/teacher", kd_weight=0.5)
    data = Data(digits(), mine, CPU)
    members = build_networks(mine, data, teacher)
    batch = next(data.epoch(1, schedule.at(mine, 1)))
    seen = step(members, objective_of(mine, teacher.network), batch, mine, schedule.at(mine, 1), 0.0)
    assert set(seen.parts) == {"loss_ce", "loss_kd", "loss_feature"}


def test_a_regressor_is_trained_with_its_student_and_a_paraphraser_is_not(teacher: Trained) -> None:
    mine = spec(objective="fitnets", teacher="group/teacher")
    data = Data(digits(), mine, CPU)
    member = build_networks(mine, data, teacher)[0]
    trained = {id(p) for group in member.optimizer.param_groups for p in group["params"]}
    assert member.companion is not None
    assert {id(p) for p in member.companion.parameters()} <= trained
    other = build_networks(spec(objective="factor_transfer", teacher="group/teacher"), data, teacher)[0]
    trained = {id(p) for group in other.optimizer.param_groups for p in group["params"]}
    assert isinstance(other.companion, FactorTransfer)
    assert {id(p) for p in other.companion.translator.parameters()} <= trained
    assert not {id(p) for p in other.companion.paraphraser.parameters()} & trained


def test_a_student_starts_as_it_would_without_a_teacher(teacher: Trained) -> None:
    """So that pure and distilled students of one seed differ in what they are taught, not in their draw."""
    data = Data(digits(), spec(), CPU)
    alone = build_networks(spec(), data)[0].network.state_dict()
    taught = build_networks(spec(objective="fitnets", teacher="group/teacher"), data, teacher)[0].network.state_dict()
    assert all(torch.equal(alone[name], taught[name]) for name in alone)


def test_networks_that_show_no_features_or_other_stages_are_refused(teacher: Trained) -> None:
    data = Data(digits(), spec(), CPU)
    plain = Trained(nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), "mine:net", "group/teacher", 2, "0" * 64)
    with pytest.raises(UserError, match="mine:net shows none"):
        build_networks(spec(objective="rkd", teacher="group/teacher"), data, plain)
    deep = Trained(build("resnet18", channels=1, classes=10), "resnet18", "group/teacher", 2, "0" * 64)
    with pytest.raises(UserError, match="3 groups and its teacher 4"):
        build_networks(spec(objective="nst", teacher="group/teacher"), data, deep)


def test_several_networks_are_measured_as_an_ensemble_and_for_their_agreement() -> None:
    class Says(nn.Module):
        def __init__(self, *answers: int) -> None:
            super().__init__()
            self.logits = F.one_hot(torch.tensor(answers), 10).float() * 3

        def forward(self, images: Tensor) -> Tensor:
            return self.logits

    data = Data(digits(), spec(), CPU)
    labels = data.test.labels
    truth = labels.tolist()
    wrong = [(label + 1) % 10 for label in truth]
    half = [t if i % 2 else w for i, (t, w) in enumerate(zip(truth, wrong, strict=True))]
    found = measure([Says(*truth), Says(*truth), Says(*half)], data, data.test)
    right = sum(i % 2 for i in range(len(truth))) / len(truth)
    assert [accuracy for accuracy, _ in found.each] == pytest.approx([1, 1, right])
    assert found.ensemble_acc == 1
    assert found.agreement == pytest.approx((1 + 2 * right) / 3)
    alone = measure([Says(*half)], data, data.test)
    assert (alone.ensemble_acc, alone.agreement) == (None, None)


def test_the_contract_counts_stages_as_the_networks_do() -> None:
    for name in KNOWN:
        if groups(name) is not None and not name.startswith(
            ("wideresnet28", "densenet", "resnext", "preact_resnext")
        ):
            network = build(name, channels=3, classes=10)
            assert len(network.groups) == groups(name), name  # type: ignore[arg-type]


def test_every_objective_that_distils_has_weights_of_its_own() -> None:
    assert set(PUBLISHED) == DISTILLING | {"mutual"}
    for name in COMPARES_FEATURES:
        assert PUBLISHED[name].feature_weight > 0  # type: ignore[index]


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"objective": "mutual"}, "run.nodes"),
        ({"objective": "logit"}, "run.teacher"),
        ({"teacher": "a/b"}, "run.teacher"),
        ({"teacher_checkpoint": "best"}, "run.teacher_checkpoint"),
        ({"kd_weight": 0.5}, "run.kd_weight"),
        ({"objective": "logit", "teacher": "a/b", "feature_weight": 2.0}, "run.feature_weight"),
        ({"objective": "logit", "teacher": "a/b", "ce_weight": -1.0}, "run.ce_weight"),
        ({"objective": "logit", "teacher": "a/b", "temperature": 0.0}, "run.temperature"),
        ({"objective": "rkd", "teacher": "a/b", "model": "timm_resnet18"}, "run.model"),
        ({"objective": "logits", "teacher": "a/b"}, "run.objective"),
    ],
)
def test_settings_that_make_no_objective_are_refused(settings: dict[str, object], key: str) -> None:
    with pytest.raises(UserError) as caught:
        spec(**settings)
    assert caught.value.key == key


def test_published_weights_hold_where_none_is_named() -> None:
    assert spec(objective="logit", teacher="a/b").kd_weight == 0.9
    assert spec(objective="logit", teacher="a/b", kd_weight=0.5).kd_weight == 0.5
    assert (spec(objective="mutual", nodes=2).temperature, spec().ce_weight) == (1.0, None)
