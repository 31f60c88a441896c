"""Every statement that is proved of the constructions; importing this module registers them all."""

from __future__ import annotations

from verified_cat.proofs import additive, differentiation, learning, monoidal, parametrised
from verified_cat.proofs.statements import STATEMENTS, Statement

MODULES = (monoidal, additive, differentiation, parametrised, learning)
"""Where the statements are made."""

__all__ = ["MODULES", "STATEMENTS", "Statement"]
