"""Attacks: the least change of a text, its sense unchanged, that turns a right answer into a wrong one. To add a way: one file, one line in ATTACKS.

The function is asked as a black box: it is told texts and tells scores, and every text it is asked is counted.
"""

from hanshuku.safety.attacks.base import Attack, Attacked, How
from hanshuku.safety.attacks.characters import CHARACTERS
from hanshuku.safety.attacks.run import attack, can_attack
from hanshuku.safety.attacks.words import WORDS

__all__ = ["ATTACKS", "Attack", "Attacked", "How", "attack", "can_attack"]

ATTACKS: dict[str, How] = {"words": WORDS, "characters": CHARACTERS}
