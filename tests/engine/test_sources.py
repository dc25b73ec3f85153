"""The data sets that can be prepared: which they are, and what of them is published."""

from __future__ import annotations

import pytest

from engine.contract.dataset import BUILT_IN, PREPARABLE, Outline
from engine.contract.errors import UserError
from engine.data.digits import digits
from engine.data.prepare import SOURCES, source_of

pytestmark = pytest.mark.usefixtures("no_pause")


def test_the_published_sizes_and_checksums_are_those_of_the_authors_files() -> None:
    cs, sv, tiny = (
        "https://www.cs.toronto.edu/~kriz/",
        "http://ufldl.stanford.edu/housenumbers/",
        "http://cs231n.stanford.edu/",
    )
    assert {s.base + a.name: (a.size, a.md5) for s in SOURCES.values() for a in s.archives} == {
        f"{cs}cifar-10-binary.tar.gz": (170052171, "c32a1d4ab5d03f1284b67883e8d87530"),
        f"{cs}cifar-100-binary.tar.gz": (168513733, "03b5dce01913d631647c71ecec9e9cb8"),
        f"{sv}train_32x32.mat": (182040794, "e26dedcc434d2e4c54c9b2d4a06d8373"),
        f"{sv}test_32x32.mat": (64275384, "eb5a983be6a315427106f1b164d9cef3"),
        f"{tiny}tiny-imagenet-200.zip": (248100043, "90528d7ca1a48142e341f4ef8d21d0de"),
    }


def test_the_contract_lists_what_the_engine_can_prepare_and_has_built_in() -> None:
    assert {name: source.outline for name, source in SOURCES.items()} == PREPARABLE
    mine = digits()
    sizes = (len(mine.classes), mine.train_images.shape[1:], len(mine.train_labels), len(mine.test_labels))
    assert {"digits": Outline(*sizes)} == BUILT_IN


def test_a_name_that_cannot_be_prepared_is_told() -> None:
    with pytest.raises(UserError, match="did you mean 'cifar100'"):
        source_of("cifar-100")
    with pytest.raises(UserError, match="built in"):
        source_of("digits")
