"""Networks: one family a file, plain nn.Modules, and the registry that builds them by name."""
