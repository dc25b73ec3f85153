"""What a network may be called: names, patterns, and what is said of a name that is none."""

from __future__ import annotations

import pytest

from engine.contract.errors import UserError
from engine.contract.models import KNOWN, PATTERNS, check_model


@pytest.mark.parametrize(
    "name",
    [
        *KNOWN,
        "wideresnet10_1",
        "wideresnet16_8",
        "wideresnet22_12",
        "timm:resnet18",
        "timm:vit_tiny_patch16_224.augreg_in21k",
        "mine:net",
        "my_lab.vision.nets:SmallNet",
    ],
)
def test_a_network_may_be_called(name: str) -> None:
    check_model(name, "my.toml", "run.model")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("resnet33", "did you mean 'resnet32'?"),
        ("resnet30", "did you mean 'resnet32'?"),
        ("resnet101", "did you mean 'resnet110'?"),
        ("resnet152", "did you mean 'resnet112'?"),  # never taken for a 6n+2 net of 152 layers
        ("preact_resnet20", "did you mean 'preact_resnet18'?"),
        ("ResNet18", "did you mean 'resnet18'?"),
        ("resnext29_8x64", "did you mean 'resnext29_8x64d'?"),
        ("densenet12", "did you mean 'densenet121'?"),
        ("wideresnet28-10", "did you mean 'wideresnet28_10'?"),
        ("wideresnet30_10", "did you mean 'wideresnet28_10'? the depth must be 6n + 4"),
        ("wideresnet4_2", "did you mean 'wideresnet10_2'?"),
        ("wideresnet28_0", "did you mean 'wideresnet28_10'?"),
        ("perceptron", "known are: PATTERNS and names"),
        ("", "known are: PATTERNS and names"),
        ("timm:", "write timm:NAME or package.module:callable"),
        ("timm:hf-hub:somebody/net", "write timm:NAME"),  # would be downloaded
        ("mine:", "package.module:callable"),
        ("mine.py:net()", "package.module:callable"),
        ("../nets:net", "package.module:callable"),
        ("mine:net\n", "package.module:callable"),
    ],
)
def test_any_other_name_is_refused_with_the_nearest(name: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        check_model(name, "my.toml", "run.model")
    assert (caught.value.where, caught.value.key) == ("my.toml", "run.model")
    assert caught.value.problem == f"unknown network {name!r}"
    if words == "known are: PATTERNS and names":
        assert all(known in caught.value.remedy for known in (*KNOWN, *PATTERNS))
    else:
        assert words in caught.value.remedy


def test_every_name_and_pattern_says_in_a_line_what_it_is() -> None:
    for text in (KNOWN | PATTERNS).values():
        assert 20 < len(text) < 100
        assert "\n" not in text
