"""Making networks small: INT8 and structured pruning."""
