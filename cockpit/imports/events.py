"""The scalars in an event file's records: as much of the protocol buffers as that takes, and nothing of them more.

The messages are TensorFlow's Event (core/util/event.proto), Summary (core/framework/summary.proto) and TensorProto
(core/framework/tensor.proto); the wire format is protobuf.dev/programming-guides/encoding. A scalar stands as a
`simple_value` (torch, TensorFlow 1) or as a tensor of one element (TensorFlow 2, Keras).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from msgspec import Struct

#: TensorProto's dtype -> how one element stands in tensor_content, and the field that holds it otherwise.
_DTYPES = {1: ("<f", 5), 2: ("<d", 6), 3: ("<i", 7), 9: ("<q", 10), 14: ("<H", 13), 19: ("<e", 13)}
_FLOAT, _DOUBLE, _BFLOAT16, _HALF = 1, 2, 14, 19
_RESTART = 1  # SessionLog.SessionStatus.START


class Scalar(Struct, frozen=True):
    """One figure: what it is called, at which step, when it was written (seconds since 1970)."""

    tag: str
    step: int
    time: float
    value: float


class Restart(Struct, frozen=True):
    """A writer began anew at a step: what was written before of this step and later ones is void."""

    step: int
    time: float


def decode(record: bytes) -> list[Scalar | Restart]:
    """The scalars of one record, and whether it tells of a restart.

    Raises:
        ValueError: it is no Event.
    """
    time, step, found = 0.0, 0, []
    for number, value in _fields(record):
        if number == 1 and isinstance(value, bytes):
            time = _unpacked("<d", value)
        elif number == 2 and isinstance(value, int):
            step = _signed(value)
        elif number == 5 and isinstance(value, bytes):
            found += [named for n, v in _fields(value) if n == 1 and isinstance(v, bytes) and (named := _value(v))]
        elif number == 7 and isinstance(value, bytes) and (1, _RESTART) in list(_fields(value)):
            found.append(("", None))
    return [Restart(step, time) if value is None else Scalar(tag, step, time, value) for tag, value in found]


def _value(data: bytes) -> tuple[str, float | None] | None:
    """A Summary.Value as its tag and figure; None when it is no scalar."""
    tag, figure = "", None
    for number, value in _fields(data):
        if number == 1 and isinstance(value, bytes):
            tag = value.decode("utf-8", "replace")
        elif number == 2 and isinstance(value, bytes):
            figure = shortest(_unpacked("<f", value))
        elif number == 8 and isinstance(value, bytes):
            figure = _tensor(value)
        elif number == 9 and isinstance(value, bytes) and _plugin(value) not in ("", "scalars"):
            return None
    return (tag, figure) if tag and figure is not None else None


def _plugin(metadata: bytes) -> str:
    """Which of TensorBoard's plugins a SummaryMetadata is for."""
    names = [
        v for n, data in _fields(metadata) if n == 1 and isinstance(data, bytes) for k, v in _fields(data) if k == 1
    ]
    return names[0].decode("utf-8", "replace") if names and isinstance(names[0], bytes) else ""


def _tensor(data: bytes) -> float | None:
    """A TensorProto of one number; None for any other."""
    fields = list(_fields(data))
    dtype = next((v for n, v in fields if n == 1), 0)
    elements = 1
    for shape in (v for n, v in fields if n == 2 and isinstance(v, bytes)):
        for dim in (v for n, v in _fields(shape) if n == 2 and isinstance(v, bytes)):
            elements *= next((v for n, v in _fields(dim) if n == 1 and isinstance(v, int)), 0)
    if dtype not in _DTYPES or elements != 1:
        return None
    form, field = _DTYPES[dtype]
    content = next((v for n, v in fields if n == 4 and isinstance(v, bytes) and v), b"")
    held: object = _unpacked(form, content) if content else next((v for n, v in fields if n == field), 0)
    if not content and isinstance(held, bytes):  # one element, packed or by itself
        held = _unpacked(form, held) if dtype in (_FLOAT, _DOUBLE) else next(_varints(held), 0)
    return _number(held, dtype, bool(content))


def _number(held: object, dtype: object, from_content: bool) -> float | None:
    if dtype == _BFLOAT16 and isinstance(held, (int, float)):
        return _unpacked("<f", struct.pack("<I", int(held) << 16))
    if dtype == _HALF and isinstance(held, int) and not from_content:
        return _unpacked("<e", struct.pack("<H", held))
    if isinstance(held, int):
        return float(_signed(held))
    return (shortest(held) if dtype == _FLOAT else held) if isinstance(held, float) else None


def shortest(value: float) -> float:
    """A float32 as the shortest decimal that means it: 0.7119 and not 0.711899995803833."""
    for digits in range(6, 9):
        told = float(f"{value:.{digits}g}")
        if struct.pack("<f", told) == struct.pack("<f", value):
            return told
    return value


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message: number, and a varint's value or the bytes of anything else."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        if kind == 2:
            size, at = _varint(data, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise ValueError(f"wire type {kind}")
        if at + size > len(data):
            raise ValueError("a field reaches past the end")
        yield key >> 3, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for i in range(10):
        if at + i >= len(data):
            break
        value |= (data[at + i] & 0x7F) << 7 * i
        if data[at + i] < 0x80:
            return value, at + i + 1
    raise ValueError("a number does not end")


def _varints(data: bytes) -> Iterator[int]:
    at = 0
    while at < len(data):
        value, at = _varint(data, at)
        yield value


def _signed(value: int) -> int:
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


def _unpacked(form: str, data: bytes) -> float:
    if len(data) < struct.calcsize(form):
        raise ValueError("a number is cut off")
    return float(struct.unpack_from(form, data)[0])


def kept(found: Sequence[Scalar | Restart]) -> dict[str, dict[int, Scalar]]:
    """By tag and step what counts of everything that was written: of two of one step, the later written."""
    restarts = [each for each in found if isinstance(each, Restart)]
    series: dict[str, dict[int, Scalar]] = {}
    for each in found:
        if isinstance(each, Restart) or any(each.step >= r.step and each.time < r.time for r in restarts):
            continue
        known = series.setdefault(each.tag, {}).get(each.step)
        if known is None or each.time >= known.time:
            series[each.tag][each.step] = each
    return {tag: dict(sorted(steps.items())) for tag, steps in series.items() if steps}
