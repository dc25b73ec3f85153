"""Text from files, made safe to show: a terminal must never obey what a data file says (CWE-150)."""

from __future__ import annotations

import re

# C0 but tab and newline, DEL, C1, the bidirectional controls, and what a name that is no UTF-8 comes as.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: str) -> str:
    """`text` with every control character replaced by its visible name, such as ␛ or <U+202E>."""
    return _UNSAFE.sub(_visible, text)


def reason(error: Exception) -> str:
    """What an error says, made safe to show; its kind where it says nothing."""
    return clean(str(error) or type(error).__name__)


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"<U+{code:04X}>"
