"""A pseudo-terminal that counts what is sent through it and knows what would be seen."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence

from rich.cells import cell_len

#: What comes between texts: a control sequence, a string for the terminal itself, another escape, a control character.
_CONTROL = re.compile(
    r"\x1b\[(?P<given>[0-?]*)[ -/]*(?P<final>[@-~])|\x1b[\]P_^X].*?(?:\x07|\x1b\\)|\x1b[ -/]*[0-OQ-WYZ\\`-~]|[\x00-\x1a]",
    re.DOTALL,
)


class Screen:
    """The cells of a terminal, as far as our apps use one: texts, moves of the cursor, erasing; no scrolling."""

    def __init__(self, columns: int, lines: int) -> None:
        self.cells = [[" "] * columns for _ in range(lines)]
        self._x = self._y = 0
        self._rest = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, data: bytes) -> None:
        """Take what was sent."""
        text = self._rest + self._decoder.decode(data)
        place = 0
        while place < len(text):
            control = _CONTROL.search(text, place)
            escape = text.find("\x1b", place)
            if escape >= 0 and (control is None or control.start() > escape):
                control = None  # Its end is still to come.
            end = control.start() if control else escape if escape >= 0 else len(text)
            self._write(text[place:end])
            if control is None:
                break
            self._obey(control)
            place = end = control.end()
        self._rest = text[end:] if place < len(text) else ""

    def text(self) -> str:
        """Its lines."""
        return "\n".join("".join(line).rstrip() for line in self.cells)

    def _write(self, text: str) -> None:
        for character in text:
            if self._y < len(self.cells) and self._x < len(self.cells[0]):
                self.cells[self._y][self._x] = character
            self._x += cell_len(character)

    def _obey(self, control: re.Match[str]) -> None:
        given, final = control["given"] or "", control["final"]
        if control[0] == "\r":
            self._x = 0
        elif control[0] == "\n":
            self._x, self._y = 0, self._y + 1
        elif final and final in "Hf":
            row, _, column = given.partition(";")
            self._y, self._x = int(row or 1) - 1, int(column or 1) - 1
        elif final == "J":
            self.cells = [[" "] * len(line) for line in self.cells]


class Terminal:
    """A command under a pseudo-terminal of (columns, lines). `sent` counts the bytes it has sent."""

    def __init__(self, command: Sequence[str], size: tuple[int, int], environment: Mapping[str, str]) -> None:
        self.screen = Screen(*size)
        self.sent = 0
        self._data = bytearray()
        self._handle, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **environment},
        )
        os.close(theirs)

    def take(self, seconds: float) -> int:
        """Wait so long for something to be sent, and take it; how many bytes there were."""
        if not select.select([self._handle], [], [], max(0.0, seconds))[0]:
            return 0
        try:
            data = os.read(self._handle, 1 << 16)
        except OSError:
            return 0
        self.sent += len(data)
        self._data += data
        self.screen.feed(data)
        return len(data)

    def until(self, wanted: str | Callable[[str], bool], seconds: float = 20.0) -> float:
        """Take until it is seen; when that was, seconds since the start."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            if self.take(0.05):
                now, shown = time.perf_counter(), self.screen.text()
                if (wanted in shown) if isinstance(wanted, str) else wanted(shown):
                    return now - self.began
        raise AssertionError(f"never seen: {wanted!r} in\n{self.screen.text()}")

    def settle(self, quiet: float, seconds: float = 20.0) -> float:
        """Take until nothing has been sent for `quiet` seconds; when the last byte came, seconds since the start."""
        last = time.perf_counter()
        end = last + seconds
        while (now := time.perf_counter()) - last < quiet:
            if self.take(0.02):
                last = time.perf_counter()
            if now > end:
                raise AssertionError(f"still sending after {seconds} s")
        return last - self.began

    def watch(self, seconds: float) -> int:
        """How many bytes are sent in so many seconds."""
        before, end = self.sent, time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.take(left)
        return self.sent - before

    @property
    def printed(self) -> str:
        """All that was sent."""
        return self._data.decode("utf-8", "replace")

    def ended(self, seconds: float = 60.0) -> int:
        """Take until it has ended by itself; its exit code."""
        end = time.perf_counter() + seconds
        while self.process.poll() is None:
            self.take(0.05)
            if time.perf_counter() > end:
                raise AssertionError(f"not ended after {seconds} s:\n{self.screen.text()}")
        while self.take(0.0):
            pass
        return self.process.returncode

    def press(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._handle, keys)

    def close(self) -> None:
        """End it at once."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self._handle)
