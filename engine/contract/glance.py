"""A first look at a long metric stream: its beginning, places all over it, and its end.

What is read of these is a few megabytes whatever the stream's length, so that the whole of a curve can be seen in its
outline long before every record was read.
"""

from __future__ import annotations

from pathlib import Path

from engine.contract.records import AnyRecord, from_lines

#: A stream of more than so many bytes is long: to read it takes longer than a person waits.
LONG = 16 << 20
#: So many places are looked at, each of so many bytes: some forty records.
PLACES, PLACE = 256, 16 << 10
#: Of its end more is read: the newest epochs are what slopes and paces are told from.
END = 256 << 10


def glance(path: Path) -> list[AnyRecord]:
    """Records of a long stream, in their order; none of one that is not long, is packed, or cannot be read.

    Lines that are no record are left to who reads all of it.
    """
    try:
        size = path.stat().st_size
        if size <= LONG:
            return []
        with path.open("rb") as file:
            found = []
            for place in range(PLACES):
                file.seek(place * (size - END) // PLACES)
                found += _within(file.read(PLACE), begins=place == 0)
            file.seek(size - END)
            return found + _within(file.read(END), begins=False)
    except OSError:
        return []


def _within(data: bytes, *, begins: bool) -> list[AnyRecord]:
    """The records that stand whole within some bytes, which may begin in the middle of one."""
    start = 0 if begins else data.find(b"\n") + 1
    return from_lines(data[start : data.rfind(b"\n") + 1])[0]
