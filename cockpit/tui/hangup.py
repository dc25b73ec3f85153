"""What the app does when its terminal is gone."""

from __future__ import annotations

import os
import termios


def leave_with_the_terminal() -> None:
    """End at once when the terminal is gone.

    A hang-up ends a process by itself, unless hang-ups are ignored (nohup, some job runners): then the app
    would go on for ever, drawing for nobody. It has nothing to save; whatever it launched lives apart from it.
    """
    try:
        termios.tcgetattr(0)
    except termios.error:
        os._exit(129)
