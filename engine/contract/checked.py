"""TOML tables into checked structs, with errors that name file, key, what was expected, the nearest key."""

from __future__ import annotations

import math
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from engine.contract.errors import UserError, nearest
from engine.contract.statements import loads

T = TypeVar("T", bound=msgspec.Struct)


def read_toml(path: Path) -> dict[str, Any]:
    """The file's tables.

    Raises:
        UserError: the file is missing, unreadable, or not TOML.
    """
    try:
        return loads(path.read_bytes().decode())
    except FileNotFoundError:
        raise UserError(path, "", "no such file", "check the path") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(path, "", f"cannot be read ({error})", "check that it is a readable text file") from None
    except tomllib.TOMLDecodeError as error:
        raise UserError(path, "", f"not valid TOML: {error}", "mend the line it names") from None


def check(table: object, struct: type[T], where: object, prefix: str) -> T:
    """`table` as a `struct`, every key known and every value of its type.

    Raises:
        UserError: names `where`, the key's dotted path, what was expected and what was found.
    """
    if not isinstance(table, dict):
        raise UserError(where, prefix, f"expected a table, found {shown(table)}", f"write it as [{prefix}]")
    prefix = f"{prefix}." if prefix else ""
    for key in table:
        if key not in struct.__struct_fields__:
            raise UserError(where, f"{prefix}{key}", "unknown key", nearest(key, struct.__struct_fields__))
    try:
        value = msgspec.convert(table, struct)
    except msgspec.ValidationError as error:
        raise _refusal(error, table, struct, where, prefix) from None
    for key, entry in table.items():
        if isinstance(entry, float) and not math.isfinite(entry):
            raise UserError(where, f"{prefix}{key}", f"{entry} is not a number to train with", "give a finite one")
    return value


def _refusal(
    error: msgspec.ValidationError, table: dict[str, Any], struct: type[T], where: object, prefix: str
) -> UserError:
    """msgspec's message, turned into one that names the key, what is expected, and what was found."""
    message, _, path = str(error).partition(" - at `$")
    path = path.rstrip("`").lstrip(".")
    field = re.split(r"[.\[]", path)[0]
    missing = re.fullmatch(r"Object missing required field `(.+)`", message)
    if missing:
        return UserError(where, f"{prefix}{missing[1]}", "missing", f"add it: {describe(struct, missing[1])}")
    wanted = re.sub(r", got .*", "", message).replace("`", "")
    wanted = wanted[0].lower() + wanted[1:]
    if wanted.startswith("invalid enum value"):
        wanted = "not one of the values it can take"
    if "matching regex" in wanted:
        wanted = "not of the form that it must have"  # which the description shows
    return UserError(where, f"{prefix}{path}", f"{wanted}, found {shown(_at(table, path))}", describe(struct, field))


def _at(table: Any, path: str) -> object:
    """What stands in nested tables and lists at a path such as `runs[0].nodes[1]`."""
    for part in re.findall(r"[^.\[\]]+", path):
        try:
            table = table[int(part)] if isinstance(table, list) else table[part]
        except (KeyError, IndexError, ValueError, TypeError):
            return table
    return table


def shown(value: object) -> str:
    """A value as a person wrote it, with its type: `the text 'abc'`."""
    kinds = {bool: "", str: "the text ", int: "", float: "", list: "the list ", dict: "the table "}
    text = {True: "true", False: "false"}.get(value, "") if isinstance(value, bool) else ""
    text = text or repr(value)
    return kinds.get(type(value), "") + (text if len(text) < 60 else text[:57] + "...")


def describe(struct: type[msgspec.Struct], field: str) -> str:
    """What a setting is, in one line: its meaning, its unit, and the values it can take."""
    hint = get_type_hints(struct, include_extras=True).get(field)
    if get_origin(hint) is not Annotated:
        return f"see {struct.__name__} in engine/contract"
    inner, meta = get_args(hint)[:2]
    unit = (meta.extra or {}).get("unit")
    choices = [repr(a) for a in get_args(inner) if isinstance(a, str)]
    text = f"{field} is {meta.description}"
    if choices:
        return f"{text}: one of {', '.join(choices)}"
    return f"{text}, in {unit}" if unit else text
