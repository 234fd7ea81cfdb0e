"""A lens: recorded traffic, judged by the model; nothing is sent (docs/check.md)."""
