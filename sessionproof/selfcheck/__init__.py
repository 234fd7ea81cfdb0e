"""Do the checks catch what they are for? Each fault of the reference server is switched on and looked at."""

from sessionproof.selfcheck.faults import Fault, known_faults
from sessionproof.selfcheck.holes import Hole, Judged, judge
from sessionproof.selfcheck.lenses import LENSES, How, Lens, Seen
from sessionproof.selfcheck.matrix import Clean, Kill, Matrix, Outcome
from sessionproof.selfcheck.running import Plan, selfcheck

__all__ = [
    "LENSES",
    "Clean",
    "Fault",
    "Hole",
    "How",
    "Judged",
    "Kill",
    "Lens",
    "Matrix",
    "Outcome",
    "Plan",
    "Seen",
    "judge",
    "known_faults",
    "selfcheck",
]
