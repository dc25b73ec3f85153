from __future__ import annotations

import pytest

from cockpit.completion import completions, settings


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", []),
        ("epo", ["epochs="]),
        ("lr=0.1 run.mom", ["run.momentum="]),
        ("objective=fit", ["objective=fitnets"]),
        ("run.lr_schedule=cosine_", ["run.lr_schedule=cosine_restarts"]),
        ("deterministic=t", ["deterministic=true"]),
        ("data=dig", ["data=digits"]),
        ("data=digits", []),
        ("nonsense=1", []),
    ],
)
def test_the_last_word_is_completed(line, found):
    assert completions(line) == found


def test_names_come_before_values():
    assert "lr=" in completions("lr") and "lr_schedule=" in completions("lr")
    assert "model=resnet32" in completions("model=resnet3")


def test_a_line_is_taken_apart_into_overrides():
    assert settings("lr=0.05  run.epochs=10 grid.run.seed=[0, 1] augmentation=crop+flip") == [
        "run.lr=0.05", "run.epochs=10", "grid.run.seed=[0, 1]", "run.augmentation=crop+flip",
    ]  # fmt: skip
    assert settings("lr=0.05, epochs=10,run.model=resnet8") == ["run.lr=0.05", "run.epochs=10", "run.model=resnet8"]
    assert settings("  ") == []
