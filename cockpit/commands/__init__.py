"""The commands, a file for each group of them. Heavy imports stand inside the command that needs them."""
