"""What the figures mean: pure functions of snapshots."""
