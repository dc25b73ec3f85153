"""Networks: the parameter counts of the papers, any small image, what a stage is, dropout, other people's networks."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from engine.contract.errors import UserError
from engine.contract.models import KNOWN
from engine.models.deep_resnet import deep_resnet
from engine.models.densenet import DenseNet
from engine.models.dropout import set_dropout
from engine.models.preact_resnet import preact_resnet
from engine.models.registry import build
from engine.models.resnet import ResNet
from engine.models.resnext import preact_resnext29, resnext29
from engine.models.staged import Staged, conv
from engine.models.wideresnet import WideResNet

#: A small member of every family of ours, made for `channels` and `classes`.
SMALL = {
    "resnet": lambda channels, classes: ResNet(8, channels, classes),
    "deep_resnet": lambda channels, classes: deep_resnet((1, 1, 1, 1), channels, classes),
    "deep_resnet of bottlenecks": lambda channels, classes: deep_resnet(
        (1,) * 4, channels, classes, bottlenecks=True
    ),
    "preact_resnet": lambda channels, classes: preact_resnet((2, 1, 1, 1), channels, classes),
    "preact_resnet of bottlenecks": lambda c, k: preact_resnet((1,) * 4, c, k, bottlenecks=True),
    "wideresnet": lambda channels, classes: WideResNet(16, 2, channels, classes),
    "resnext": lambda channels, classes: resnext29(2, 8, channels, classes),
    "preact_resnext": lambda channels, classes: preact_resnext29(2, 8, channels, classes),
    "densenet": lambda channels, classes: DenseNet((2, 2, 2), 8, channels, classes),
}


def parameters(name: str, classes: int) -> int:
    with torch.device("meta"):
        return sum(p.numel() for p in build(name, channels=3, classes=classes).parameters())


@pytest.mark.parametrize(
    ("name", "millions"),
    [("resnet20", 0.27), ("resnet32", 0.46), ("resnet44", 0.66), ("resnet56", 0.85), ("resnet110", 1.7)],
)
def test_parameters_are_those_of_the_resnet_papers_table_6(name: str, millions: float) -> None:
    assert round(parameters(name, classes=10) / 1e6, 1 if millions > 1 else 2) == millions


@pytest.mark.parametrize(
    ("name", "stated", "on_cifar100"),
    [
        ("preact_resnext29_8x64d", 34.4, 34_515_364),
        ("resnext29_8x64d", 34.4, 34_518_948),
        ("wideresnet28_10", 36.5, 36_536_884),
        ("wideresnet40_2", 2.2, 2_255_156),
        ("densenet121", 7.0, 7_048_676),
        ("resnet18", 11.2, 11_220_132),
        ("preact_resnet18", 11.2, 11_218_340),
        ("resnet34", 21.3, 21_328_292),
        ("densenet201", 18.1, 18_277_348),
        ("densenet169", 12.5, 12_643_300),
        ("resnet50", 23.5, 23_705_252),
    ],
)
def test_parameters_are_those_the_expert_experiments_state(name: str, stated: float, on_cifar100: int) -> None:
    """Their table is of CIFAR-100, and yet its counts are those of ten classes: of all but the next test's two."""
    assert round(parameters(name, classes=10) / 1e6, 1) == stated
    assert parameters(name, classes=100) == on_cifar100


def test_where_the_expert_experiments_table_is_wrong_or_vague() -> None:
    # It gives resnext29_16x64d the 34.4 million of 8x64d. The paper says 68.1, ours is 68.155.
    assert parameters("resnext29_16x64d", classes=10) == 68_155_210
    # No published network has the 2.5 million of its "compact DenseNet variant"; ours comes near on CIFAR-100.
    assert round(parameters("efficient_densenet", classes=100) / 1e6, 1) == 2.5


def test_two_names_are_aliases() -> None:
    assert parameters("resnet112", classes=10) == parameters("resnet110", classes=10)
    assert parameters("baby", classes=10) == parameters("resnet8", classes=10)


@pytest.mark.parametrize("name", [*KNOWN, "wideresnet10_1", "timm:mobilenetv3_small_050"])
def test_every_name_builds_and_takes_a_backward_step(name: str) -> None:
    network = build(name, channels=3, classes=5)
    logits = network(torch.randn(2, 3, 8, 8))
    assert logits.shape == (2, 5)
    logits.sum().backward()
    assert all(p.grad is not None for p in network.parameters())
    assert name.startswith("timm") or isinstance(network, Staged)


@pytest.mark.parametrize("side", [8, 9, 28, 32])
@pytest.mark.parametrize("family", SMALL)
def test_any_image_from_8x8_up_gives_one_logit_a_class(family: str, side: int) -> None:
    assert SMALL[family](1, 7)(torch.randn(2, 1, side, side)).shape == (2, 7)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("resnet8", [(16, 16), (16, 16), (32, 8), (64, 4)]),
        ("resnet18", [(64, 16), (64, 16), (128, 8), (256, 4), (512, 2)]),
        ("preact_resnet50", [(64, 16), (256, 16), (512, 8), (1024, 4), (2048, 2)]),
        ("wideresnet40_2", [(16, 16), (32, 16), (64, 8), (128, 4)]),
        ("resnext29_8x64d", [(64, 16), (256, 16), (512, 8), (1024, 4)]),
        ("preact_resnext29_8x64d", [(64, 16), (256, 16), (512, 8), (1024, 4)]),
        ("densenet121", [(64, 16), (256, 16), (512, 8), (1024, 4), (1024, 2)]),
        ("efficient_densenet", [(48, 16), (384, 16), (528, 8), (600, 4)]),
    ],
)
def test_stages_are_the_stem_and_every_group(name: str, shapes: list[tuple[int, int]]) -> None:
    with torch.device("meta"):
        network = build(name, channels=3, classes=100)
        assert isinstance(network, Staged)
        stages = network.stages(torch.empty(2, 3, 16, 16))
    assert [tuple(stage.shape) for stage in stages] == [(2, width, side, side) for width, side in shapes]
    assert network.pool(stages[-1]).shape == (2, shapes[-1][0])


@pytest.mark.parametrize("family", SMALL)
def test_stages_are_activated_and_left_alone_by_the_next(family: str) -> None:
    network = SMALL[family](3, 10).eval()
    images = torch.randn(2, 3, 8, 8)
    stages = network.stages(images)
    assert all(stage.min() == 0 for stage in stages)
    assert all(torch.equal(group(x), y) for group, x, y in zip(network.groups, stages, stages[1:], strict=False))
    assert torch.equal(network.classify(network.pool(stages[-1])), network(images))


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "densenet121"])
def test_timms_network_of_the_same_name_computes_the_same(name: str) -> None:
    """Parameters come in the same order in both, so that they can be copied; only the stem must be made equal."""
    ours, theirs = build(name, channels=3, classes=10).eval(), build(f"timm:{name}", channels=3, classes=10).eval()
    stem = (theirs.features, "conv0", "pool0") if name == "densenet121" else (theirs, "conv1", "maxpool")
    setattr(stem[0], stem[1], conv(3, 64, 3))
    setattr(stem[0], stem[2], nn.Identity())
    images = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            other.copy_(mine)
        torch.testing.assert_close(ours(images), theirs(images), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("family", SMALL)
def test_dropout_is_off_until_it_is_set_and_only_ever_in_training(family: str) -> None:
    network = SMALL[family](3, 10)
    images = torch.randn(4, 3, 8, 8)
    assert torch.equal(network(images), network(images))
    assert set_dropout(network, 0.5) > 0
    assert not torch.equal(network(images), network(images))
    network.eval()
    assert torch.equal(network(images), network(images))
    network.train()
    set_dropout(network, 0.0)
    assert torch.equal(network(images), network(images))


def test_a_wide_resnet_drops_inside_its_units_and_the_others_before_the_head() -> None:
    wide = build("wideresnet16_1", channels=3, classes=10)
    assert set_dropout(wide, 0.3) == 6  # units
    assert {m.p for m in wide.modules() if isinstance(m, nn.Dropout)} == {0.3}
    for name in ("resnet20", "resnet18", "preact_resnet18", "efficient_densenet"):
        assert set_dropout(build(name, channels=3, classes=10), 0.3) == 1


def test_a_network_that_cannot_drop_tells_so() -> None:
    assert set_dropout(nn.Linear(2, 2), 0.3) == 0
    with pytest.raises(ValueError, match=r"0 to 1, not 1\.5"):
        set_dropout(nn.Linear(2, 2), 1.5)


def test_timms_resnet18_comes_with_its_own_stem_or_with_one_for_small_images() -> None:
    images = torch.randn(2, 1, 32, 32)
    for name, side in (("timm_resnet18", 8), ("timm_resnet18_cifar", 32)):
        network = build(name, channels=1, classes=10)
        seen: list[torch.Size] = []
        network.layer1.register_forward_hook(lambda module, args, y, seen=seen: seen.append(y.shape))
        assert network(images).shape == (2, 10)
        assert seen == [(2, 64, side, side)]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("timm:resnet19", "has none of this name\n  did you mean 'resnet1"),
        ("timm:qqqqqq", "timm.list_models()"),
        ("timm:resnet18.of_nobody", "timm cannot build it"),
    ],
)
def test_a_name_timm_does_not_know_is_told(name: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        build(name, channels=3, classes=10)
    assert words in str(caught.value)
    assert f"network '{name}" in str(caught.value)


OWN = """
from torch import nn

TABLE = {}

def net(channels, classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(64 * channels, classes))

def stubborn(width):
    return nn.Linear(width, width)

def broken(channels, classes):
    return nn.Linear(channels, classes / 0)

def not_a_network(channels, classes):
    return [channels, classes]
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package `lab_of_mine` of the user's, on Python's path."""
    package = tmp_path / "lab_of_mine"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "nets.py").write_text(OWN)
    (package / "needy.py").write_text("import no_such_package_anywhere\n")
    (package / "typo.py").write_text("def net(:\n")
    monkeypatch.syspath_prepend(tmp_path)
    return package


def test_a_network_of_the_users_own_is_called_with_channels_and_classes(own: Path) -> None:
    assert build("lab_of_mine.nets:net", channels=2, classes=3)(torch.randn(4, 2, 8, 8)).shape == (4, 3)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lab_of_yours.nets:net", "no module 'lab_of_yours' is on Python's path\n  install it, or put the folder"),
        ("lab_of_mine.nest:net", "no module 'lab_of_mine.nest'"),
        ("lab_of_mine.nets:nett", "nets.py has no 'nett'"),
        ("lab_of_mine.nets:TABLE", "'TABLE' cannot be called"),
        (
            "lab_of_mine.nets:stubborn",
            "failed: TypeError: stubborn() got an unexpected keyword argument 'channels'\n",
        ),
        ("lab_of_mine.nets:broken", "failed: ZeroDivisionError: division by zero"),
        ("lab_of_mine.nets:broken", "nets.py, line 13)"),
        ("lab_of_mine.nets:not_a_network", "returned list, no torch.nn.Module"),
        (
            "lab_of_mine.needy:net",
            "importing it failed: ModuleNotFoundError: No module named 'no_such_package_anywhere'",
        ),
        ("lab_of_mine.typo:net", "importing it failed: SyntaxError"),
    ],
)
def test_what_is_wrong_with_a_network_of_the_users_own_is_told(own: Path, name: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        build(name, channels=3, classes=10)
    assert words in str(caught.value)
    assert caught.value.where == f"network {name!r}"


def test_a_name_that_is_none_and_a_depth_that_is_none_are_refused() -> None:
    with pytest.raises(UserError, match="unknown network 'perceptron'"):
        build("perceptron", channels=3, classes=10)
    with pytest.raises(ValueError, match="6n\\+2"):
        ResNet(33, 3, 10)
    with pytest.raises(ValueError, match="6n\\+4"):
        WideResNet(30, 2, 3, 10)
