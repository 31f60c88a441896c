"""The exact category: Para, D, Dual and Learn over symbolic expressions.

SymPy is imported with the first use of the engine: most of what is here, and whatever imports it, does without.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verified_cat.reference.engine import SympyEngine

    Engine = SympyEngine

__all__ = ["Engine", "SympyEngine"]


def __getattr__(name: str) -> Any:
    """The engine, by either of its names. Raises AttributeError for any other."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from verified_cat.reference.engine import SympyEngine

    return SympyEngine
