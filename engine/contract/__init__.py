"""What the engine and its readers agree on: specs, schedules, run folders, the metric stream.

Nothing here imports torch or numpy, and `cockpit` imports nothing of `engine` but this package.
"""
