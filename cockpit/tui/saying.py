"""What the app says in passing: one message at a time, for those before it have had their say."""

from __future__ import annotations

import time

from textual.app import App
from textual.notifications import SeverityLevel


class Saying(App[None]):
    """An app whose messages do not pile up over what is below them."""

    #: The error that is still to be read, and until when it is.
    _error = ("", 0.0)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Say it in the place of what was said before, but beside an error that has not had its time."""
        now = time.monotonic()
        if now > self._error[1] or message == self._error[0]:
            self.clear_notifications()
        if severity == "error":
            self._error = (message, now + (self.NOTIFICATION_TIMEOUT if timeout is None else timeout))
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)
