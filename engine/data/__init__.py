"""Data sets: where they come from, their cache on disk, batches on the device."""
