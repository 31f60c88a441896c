"""The errors of the package: each says what failed, where, and what was expected, in the caller's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class VerifiedCatError(Exception):
    """Base of every error that a caller may want to catch."""


class BoundaryError(VerifiedCatError, TypeError):
    """Two morphisms do not meet, or a morphism does not have the boundary that a construction needs."""


class ShapeError(VerifiedCatError, TypeError):
    """An operation was given shapes that its typing rule refuses."""


class MissingOperation(VerifiedCatError, LookupError):
    """An engine or category was asked for an operation that it does not have."""


class MissingExtra(VerifiedCatError, ImportError):
    """A part needs an optional dependency that is not installed; the message gives the command that installs it."""


class GaveUp(VerifiedCatError, RuntimeError):
    """A judge ended without an answer, neither for nor against: what it was asked stays undecided."""


class DataError(VerifiedCatError, ValueError):
    """Data that cannot be used: empty, not numeric, not finite, or of the wrong shape."""


class SchemaError(VerifiedCatError, ValueError):
    """A schema, a path in it, or a functor out of it that is not one: the message names the object or edge at fault."""


class ReplicaError(VerifiedCatError, ConnectionError):
    """Replicas of one training that do not answer, or that do not agree on what they run or hold."""


class UsageError(VerifiedCatError, ValueError):
    """A name, option or file given by the user is not one that exists."""


def must_meet(layer: str, first: object, second: object, middle: object, other: object) -> None:
    """cod(first) = dom(second), or BoundaryError in the words of ``layer``."""
    if middle != other:
        raise BoundaryError(
            f"{layer}: {first} does not compose with {second}: the first ends in {middle}, "
            f"the second starts from {other}"
        )


@contextmanager
def inside(file: object) -> Iterator[None]:
    """What is refused in here is refused with the name of the file that it stands in."""
    try:
        yield
    except (UsageError, DataError) as fault:
        raise type(fault)(f"{file}: {fault}") from fault


def near(name: str, known: list[str]) -> str:
    """A hint for an unknown name: the closest known ones, or the first of them all."""
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=3)
    if close:
        return f"did you mean {', '.join(close)}?"
    shown = ", ".join(sorted(known)[:12])
    return f"known: {shown}" + (f" and {len(known) - 12} more" if len(known) > 12 else "")
