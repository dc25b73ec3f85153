"""What is done to training images, as one word a person can write: a policy's name, or operations joined by +.

    augmentation = "basic"                      a policy
    augmentation = "crop+flip+trivial+cutout16" operations, in the order they are done

An operation may carry its strength as a number: `crop4` (pixels of black round the image before it is cut),
`rotation15` (degrees either way), `erasing0.25` (probability), `cutout16` (side of the hole in pixels). Without
one, crop takes an eighth of the image's side and cutout half of it, which is 4 and 16 at 32 pixels.
"""

from __future__ import annotations

import re

from msgspec import Struct

from engine.contract.errors import UserError, nearest

#: Operation -> what it does, and the number it takes.
OPERATIONS = {
    "crop": "a random crop after padding with black; the number is the padding in pixels",
    "flip": "a horizontal flip with probability one half",
    "rotation": "a rotation by up to so many degrees either way (default 15)",
    "erasing": "one random rectangle set to the mean colour with this probability (default 0.5; arXiv 1708.04896)",
    "cutout": "a square of mean colour at a random place; the number is its side (arXiv 1708.04552)",
    "trivial": "TrivialAugmentWide: one random operation of random strength an image (arXiv 2103.10158)",
}

#: Policies by the names that the experiments use. basic and advanced are defined by the sweep's document;
#: the progressive sessions name full, reduced and minimal and do not define them, so these three are a choice.
POLICIES = {
    "none": "",
    "crop": "crop",
    "basic": "crop+flip",
    "advanced": "crop+flip+rotation15+erasing0.5",
    "full": "crop+flip+rotation15+cutout",
    "reduced": "crop+flip+rotation10",
    "minimal": "crop+flip",
}

_DEFAULTS = {"rotation": 15.0, "erasing": 0.5}
_NUMBERED = frozenset({"crop", "rotation", "erasing", "cutout"})
_OPERATION = re.compile(r"([a-z]+)(\d+(?:\.\d+)?)?")


class Operation(Struct, frozen=True):
    """One operation; `amount` is its number, None where the image's size decides."""

    name: str
    amount: float | None = None


def operations(text: str, where: object = "spec.toml", key: str = "run.augmentation") -> tuple[Operation, ...]:
    """The operations that a policy's name or a chain stands for, in order.

    Raises:
        UserError: a name that is neither, or a number where none belongs or out of range.
    """
    chain = POLICIES.get(text, text)
    return tuple(_operation(part, where, key) for part in chain.split("+") if chain)


def _operation(part: str, where: object, key: str) -> Operation:
    match = _OPERATION.fullmatch(part)
    if match is None or match[1] not in OPERATIONS:
        remedy = nearest(match[1] if match else part, [*OPERATIONS, *POLICIES])
        raise UserError(where, key, f"unknown augmentation {part!r}", remedy)
    name, number = match[1], match[2]
    if number is not None and name not in _NUMBERED:
        raise UserError(where, key, f"{name} takes no number, found {part!r}", f"write {name}")
    amount = float(number) if number else _DEFAULTS.get(name)
    if amount is not None and (amount == 0 or (name == "erasing" and amount > 1)):
        raise UserError(where, key, f"{part!r} is out of range", OPERATIONS[name])
    return Operation(name, amount)
