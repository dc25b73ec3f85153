"""The fast way to read TOML gives what Python's own gives, or gives way to it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from cockpit.presets import shipped
from engine.contract import statements
from engine.contract.folder import SpecFile, write_spec
from engine.contract.spec import Spec

WRITTEN = """title = "a [b] = c"
[run]
epochs = 3
model = [
    "resnet8",
    "resnet20",
]
phases = [
    { from_epoch = 2, augmentation = "none" },
]
lr = 1e-3

[sources]
"run.epochs" = "command line"
"""


def test_what_we_write_ourselves_is_read_a_line_at_a_time(tmp_path: Path) -> None:
    spec = Spec(data="digits", model=("resnet8",), epochs=3, batch_size=8, phases=({"from_epoch": 2, "mixup": 0.1},))
    write_spec(tmp_path, spec, SpecFile(run={}, preset='a "b"', sources={"run.epochs": "command line"}))
    for text in (WRITTEN, (tmp_path / "spec.toml").read_text()):
        assert statements._by_lines(text) == tomllib.loads(text)


@pytest.mark.parametrize("path", sorted(shipped().glob("*.toml")), ids=lambda path: path.stem)
def test_every_preset_is_read_as_python_reads_it(path: Path) -> None:
    assert statements.loads(path.read_text()) == tomllib.loads(path.read_text())


@pytest.mark.parametrize(
    "text",
    [
        'a = """\n[run]\nb = 1\n"""',
        "a = '''\nb = 1\n'''",
        "[[runs]]\na = 1\n[[runs]]\na = 2",
        "[run.inner]\na = 1",
        "run.a = 1\nrun.b = 2",
        "a = [1,\nb]",
        "a = [\n  [\n    1,\n  ],\n]\nb = 2",
        "  a = 1\n[ run ]\nb = 2 # said [so]",
        "a = [ # all\n1]\nb = 2",
        '"a.b" = 1\n"a\\u0041" = 2',
    ],
)
def test_any_other_toml_is_read_as_python_reads_it(text: str) -> None:
    try:
        expected = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        with pytest.raises(tomllib.TOMLDecodeError):
            statements.loads(text)
    else:
        assert statements.loads(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "a = 1\na = 2",
        "[a]\n[a]",
        "[a]\nb = 1\n[a]\nc = 1",
        "a = 1\n[a]",
        "a = [\n1,",
        "a = 1 b = 2",
        "a =",
        "[a",
        "x",
    ],
)
def test_what_is_no_toml_is_refused_as_python_refuses_it(text: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as theirs:
        tomllib.loads(text)
    with pytest.raises(tomllib.TOMLDecodeError) as ours:
        statements.loads(text)
    assert str(ours.value) == str(theirs.value)


def test_one_file_s_tables_are_not_another_s() -> None:
    first = statements.loads(WRITTEN)
    first["run"]["epochs"] = 9
    assert statements.loads(WRITTEN)["run"]["epochs"] == 3
