"""Sessions from what other tools have written, so that a person's past comes along."""
