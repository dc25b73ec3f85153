"""From planned runs to engines at work: folders, slots, the queue, the local executor."""
