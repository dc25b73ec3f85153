"""The queues' processes that this app has started, and what became of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from cockpit.launch.supervisor import STEPPED_BACK, Begun, log_of_queue
from cockpit.logs import tail

#: How many lines of a failed queue's log are told.
TOLD_LINES = 6


class Launched:
    """Looks after them: one that ended well, or stepped back for another, is told by its runs."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._queues: list[subprocess.Popen[bytes]] = []

    def look_after(self, queue: subprocess.Popen[bytes] | None) -> None:
        """Tell of this one if it comes to nothing."""
        if queue:
            self._queues.append(queue)

    def complaints(self) -> list[str]:
        """What is to be told of those that have ended badly since this was last asked."""
        told = []
        for queue in list(self._queues):
            code = queue.poll()
            if code is None:
                continue
            self._queues.remove(queue)
            # One that was ended by a signal was ended by somebody, who knows.
            if code > 0 and code != STEPPED_BACK:
                since = queue.logged if isinstance(queue, Begun) else 0
                last = "\n".join(tail(log_of_queue(self._root), TOLD_LINES, since=since)) or "It said nothing."
                told.append(f"the queue's process ended with code {code}\n{last}")
        return told
