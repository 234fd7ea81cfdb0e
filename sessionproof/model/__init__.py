"""Judges what many clients saw of a session API from the history alone; pure, without I/O, clock and chance."""

from sessionproof.model.judge import Part, Shard, join, judge
from sessionproof.model.judgement import ANOMALIES, Anomaly, Judgement, Outcome
from sessionproof.model.rules import Rules
from sessionproof.model.seen import Seen, seen

__all__ = ["ANOMALIES", "Anomaly", "Judgement", "Outcome", "Part", "Rules", "Seen", "Shard", "join", "judge", "seen"]
