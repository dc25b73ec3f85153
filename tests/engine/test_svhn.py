"""SVHN from its MATLAB files, and every way one of them can be wrong."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from archives import SVHN_OUTLINE, by_hand, mat, pixels, quiet, refused
from web import Server

from engine.contract.dataset import data_home
from engine.contract.errors import UserError
from engine.data import cache
from engine.data.prepare import SOURCES, prepare

pytestmark = pytest.mark.usefixtures("no_pause")


def test_svhn_comes_from_its_matlab_files_and_ten_is_the_digit_zero() -> None:
    prepare(by_hand(SOURCES["svhn"], SVHN_OUTLINE, mat(1, 30), mat(2, 20)), quiet)
    arrays = cache.load("svhn")
    assert arrays.classes == tuple("0123456789")
    assert arrays.train_labels.tolist() == [(i + 1) % 10 for i in range(30)]
    assert (arrays.train_images == pixels(30, 1)).all()
    assert (arrays.test_images == pixels(20, 2)).all()


@pytest.mark.parametrize(
    ("train", "words"),
    [
        (mat(1, 30)[:5000], "not a readable MATLAB file"),
        (b"<html>moved</html>", "not a readable MATLAB file"),
        (b"", "not a readable MATLAB file"),
        (mat(1, 30, y=None), "holds no variable y"),
        (mat(1, 29), "not numbers [32, 32, 3, 30]"),
        (mat(1, 30, y=np.array([["a"] * 30]).T), "y is <U1"),
        (mat(1, 30, y=np.full((30, 1), 11)), "a label is 11, beyond 1..10"),
        (mat(1, 30, y=np.full((30, 1), 0)), "a label is 0, beyond 1..10"),
        (mat(1, 30, y=np.full((30, 1), 4)), "no training image of 9 of the classes: 0, 1, 2, 3, 5"),
        (mat(1, 30, X=np.zeros((32, 32, 3, 30))), "X is float64, not uint8"),
    ],
)
def test_an_svhn_file_that_holds_something_else_is_told(train: bytes, words: str) -> None:
    assert words in refused(by_hand(SOURCES["svhn"], SVHN_OUTLINE, train, mat(2, 20)))


def test_svhn_without_scipy_names_the_package_before_anything_is_fetched(
    monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    with pytest.raises(UserError) as error:
        prepare(replace(SOURCES["svhn"], base=server.base), quiet)
    assert "the package scipy, which cannot be imported" in str(error.value)
    assert f"install scipy for {sys.executable}" in str(error.value)
    assert server.asked == []
    assert not data_home().exists()
