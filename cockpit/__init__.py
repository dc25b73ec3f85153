"""Shows, launches, compares. Never imports torch."""
