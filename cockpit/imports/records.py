"""The records of an event file: TensorFlow's TFRecord, read by itself, so that no TensorFlow is needed.

A file is records one after the other (tensorflow.org/tutorials/load_data/tfrecord, "TFRecords format details"):

    uint64 length, uint32 masked_crc32c(length), byte data[length], uint32 masked_crc32c(data)

all little-endian, masked_crc = ((crc >> 15) | (crc << 17)) + 0xa282ead8. CRC-32C is Castagnoli's (RFC 3720, B.4).
"""

from __future__ import annotations

import re
import struct
from pathlib import Path

from msgspec import Struct

_HEADER, _FOOTER = struct.Struct("<QI"), struct.Struct("<I")
_MASK = 0xA282EAD8
#: Records up to this size are checked byte by byte; a larger one is a picture or a graph, and only its length is.
CHECKED_BYTES = 1 << 16
#: A header of zeros alone begins no record: the sum of a length of zero is not zero.
_NO_HEADER = bytes(_HEADER.size)
_NOT_ZERO = re.compile(rb"[^\0]")


class Found(Struct, frozen=True):
    """The records of a file that can be read, and in words what cannot."""

    records: tuple[bytes, ...]
    damage: tuple[str, ...] = ()


def read(path: Path) -> Found:
    """Every sound record of a file. After a damaged one it goes on with the next that is sound.

    Raises:
        OSError: the file cannot be read.
    """
    data = path.read_bytes()
    records: list[bytes] = []
    damage: list[str] = []
    at = 0
    while at < len(data):
        length = _length_at(data, at)
        if length is None:
            found = _next(data, at + 1)
            what = "bytes" if found is not None else "bytes up to its end"
            end = found if found is not None else len(data)
            # A writer that was killed, or one that still writes, leaves the last record cut off.
            cut = found is None and len(data) - at < _HEADER.size
            damage.append("its last record is cut off" if cut else f"{end - at} {what} from byte {at} are no record")
            at = end
            continue
        begin, end = at + _HEADER.size, at + _HEADER.size + length
        if end + _FOOTER.size > len(data):
            damage.append("its last record is cut off")
            break
        record = data[begin:end]
        if length > CHECKED_BYTES or masked(record) == _FOOTER.unpack_from(data, end)[0]:
            records.append(record)
        else:
            damage.append(f"the record at byte {at} is damaged")
        at = end + _FOOTER.size
    return Found(tuple(records), tuple(damage))


def _length_at(data: bytes, at: int) -> int | None:
    """How long the record that begins here is; None where none begins."""
    if at + _HEADER.size > len(data):
        return None
    length, told = _HEADER.unpack_from(data, at)
    return int(length) if told == masked(data[at : at + 8]) else None


def _next(data: bytes, at: int) -> int | None:
    """Where the next record begins: no length has anything in its upper four bytes, which are quickly looked for.

    A sum takes long, and files of zeros are common after a crash: it is made only of a length that the file has room
    for, and never within a run of zeros.
    """
    while (zeros := data.find(b"\0\0\0\0", at + 4)) >= 0:
        at = zeros - 4
        if data.startswith(_NO_HEADER, at):
            beyond = _NOT_ZERO.search(data, at + len(_NO_HEADER))
            if beyond is None:
                return None
            at = beyond.start() - len(_NO_HEADER) + 1
            continue
        length = int.from_bytes(data[at : at + 4], "little")
        if at + _HEADER.size + length + _FOOTER.size <= len(data) and _length_at(data, at) is not None:
            return at
        at += 1
    return None


def _table() -> tuple[int, ...]:
    """What each byte does to the sum: Castagnoli's polynomial, bits reversed."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return tuple(table)


_TABLE = _table()


def masked(data: bytes) -> int:
    """The masked CRC-32C of some bytes, as it stands behind them in a file."""
    crc, table = 0xFFFFFFFF, _TABLE
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + _MASK) & 0xFFFFFFFF
