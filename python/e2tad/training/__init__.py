"""Training the networks: one JSON document a run, logs, averages of weights, and resuming after a kill."""
