"""Trains. Knows torch, knows no screen; a process of its own: `python -P -m engine RUN_DIR...`."""
