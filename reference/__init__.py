"""The exact category: Para, D, Dual and Learn over symbolic expressions."""

from verified_cat.reference.engine import SympyEngine

Engine = SympyEngine

__all__ = ["Engine", "SympyEngine"]
