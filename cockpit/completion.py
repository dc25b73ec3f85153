"""What can stand next in a line of settings such as `lr=0.05 augmentation=crop+flip`: names, then values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import pairwise

import msgspec

from engine.contract import augmentation, dataset, models
from engine.contract.spec import Spec

#: Where one setting ends and the next begins: at spaces or a comma before `name=`, so that a list may hold both.
_NEXT = re.compile(r"(?:\s*,\s*|\s+)(?=[\w.]+\s*=)")


def settings(line: str) -> list[str]:
    """The settings of a line as overrides: `lr=0.05` is `run.lr=0.05`. What stands in brackets is not parted."""
    line = line.strip()
    cuts = [found.end() for found in _NEXT.finditer(line) if not _depth(line[: found.start()])]
    parts = [line[start:end].strip(" \t,") for start, end in pairwise([0, *cuts, len(line)])]
    parts = [part for part in parts if part]
    return [part if re.match(r"(run|grid|gap|target)\.", part) else f"run.{part}" for part in parts]


def _depth(text: str) -> int:
    """How many brackets are open at the end of a text."""
    return sum(text.count(bracket) for bracket in "[{") - sum(text.count(bracket) for bracket in "]}")


def completions(line: str, names: Iterable[str] = Spec.__struct_fields__) -> list[str]:
    """What the last word of a line could become, each whole; none where nothing fits or it is whole already."""
    word = re.split(r"\s", line)[-1]
    name, equals, begun = word.partition("=")
    bare = name.removeprefix("run.")
    if not equals:
        held = name[: len(name) - len(bare)]
        return [f"{held}{each}=" for each in names if each.startswith(bare) and bare] if word else []
    return [f"{name}={value}" for value in values(bare) if value.startswith(begun) and value != begun]


@cache
def values(name: str) -> tuple[str, ...]:
    """The values a setting can have, where they can be told."""
    if name == "data":
        return tuple(dict.fromkeys([*dataset.BUILT_IN, *dataset.PREPARABLE, *dataset.available()]))
    if name == "model":
        return tuple(models.KNOWN)
    if name == "augmentation":
        return tuple(augmentation.POLICIES)
    return _choices().get(name, ())


@cache
def _choices() -> dict[str, tuple[str, ...]]:
    found = {}
    described = msgspec.inspect.type_info(Spec)
    assert isinstance(described, msgspec.inspect.StructType)
    for field in described.fields:
        held = field.type.type if isinstance(field.type, msgspec.inspect.Metadata) else field.type
        if isinstance(held, msgspec.inspect.LiteralType):
            found[field.name] = tuple(map(str, held.values))
        elif isinstance(held, msgspec.inspect.BoolType):
            found[field.name] = ("true", "false")
    return found
