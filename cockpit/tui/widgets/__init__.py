"""What screens are made of. Widgets take snapshots, never files."""
