"""The commands of `e2tad`, one module each; each has `register(app)`."""
