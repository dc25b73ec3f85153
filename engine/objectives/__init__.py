"""What a step minimises, one objective a file: each takes the whole set of networks at once."""
