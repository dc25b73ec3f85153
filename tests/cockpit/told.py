"""What a command that was typed came to, and whether it was told as a mistake."""

from __future__ import annotations


class Told:
    """What one command came to."""

    def __init__(self, code: object, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


def is_mistake(told: Told, *words: str) -> bool:
    return (
        told.code == 2
        and told.err.startswith("error: ")
        and told.err.count("\n") == 2
        and all(word in told.err for word in words)
    )
