"""The app: screens of widgets, fed with frozen snapshots by one poller."""
