"""Judges what many clients saw of a session API from the history alone; pure, without I/O, clock and chance."""

from sessionproof.model.judge import Closed, Part, Shard, join, judge
from sessionproof.model.judgement import ANOMALIES, Anomaly, Judgement, Outcome
from sessionproof.model.resumption import Key, Span
from sessionproof.model.rules import Rules
from sessionproof.model.seen import Seen, brief, seen

__all__ = [
    "ANOMALIES", "Anomaly", "Closed", "Judgement", "Key", "Outcome", "Part", "Rules", "Seen", "Shard", "Span", "brief",
    "join", "judge", "seen",
]  # fmt: skip
