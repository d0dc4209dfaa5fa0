"""Protocols and metrics of the experiments."""
