"""Behaviours: small tests of what a function must do, as plain files that users write. After CheckList (Ribeiro et al. 2020,
https://aclanthology.org/2020.acl-main.442): minimum functionality (MFT), invariance (INV) and direction (DIR).
"""

from hanshuku.evaluation.behaviours.base import Behaviour, Case, Group
from hanshuku.evaluation.behaviours.read import READY, read_behaviours

__all__ = ["READY", "Behaviour", "Case", "Group", "read_behaviours"]
