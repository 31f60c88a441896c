"""The kinds of things that a schema file can name, each with its options: data, networks, fixed maps, adversaries, …

A kind is a word and a table of options, each with what it may be. ``Settings`` are a kind with every option given a
value. What a kind *does* is said where it is built; what may be written down is said here, once, for files and Python.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from verified_cat.errors import SchemaError, near

LARGEST = 10**12
"""No number of a schema is larger, in size; none but 0 is smaller than its inverse."""


class Misfit(SchemaError):
    """An option that does not fit: which one ("kind" for the kind itself, None for what is missing), and why."""

    def __init__(self, key: str | None, reason: str) -> None:
        super().__init__(reason)
        self.key, self.reason = key, reason


@dataclass(frozen=True, slots=True)
class Option:
    """What may stand there in words, and how it is read; ``default`` is None where it must be given."""

    says: str
    read: Callable[[Any], Any]
    default: Any = None


@dataclass(frozen=True, slots=True)
class Settings:
    """A kind of ``family`` and a value for each of its options; the empty tuple where an option is left out."""

    family: str
    kind: str
    options: tuple[tuple[str, Any], ...] = ()

    def __getitem__(self, name: str) -> Any:
        return dict(self.options)[name]

    @property
    def given(self) -> dict[str, Any]:
        """The options whose values are not the defaults."""
        table = KINDS[self.family][self.kind]
        return {name: value for name, value in self.options if value != table[name].default}


def settings(family: str, kind: str, /, **options: Any) -> Settings:
    """The settings of a kind: ``settings("data", "ring", modes=8)``. Raises Misfit, a SchemaError."""
    kinds = KINDS[family]
    if not isinstance(kind, str) or kind not in kinds:
        raise Misfit("kind", f"no {FAMILIES[family]} is called {kind!r}; {near(str(kind), list(kinds))}")
    return Settings(family, kind, fitted(f"{FAMILIES[family]} {kind!r}", kinds[kind], options))


def fitted(where: str, table: Mapping[str, Option], given: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Each option of the table with its value. Raises Misfit for unknown, missing and unfit ones."""
    for name in given:
        if name not in table:
            hint = near(name, list(table)) if table else "it has no options"
            raise Misfit(name, f"{where} has no option {name!r}; {hint}")
    found = []
    for name, option in table.items():
        if name not in given and option.default is None:
            raise Misfit(None, f"{where} needs {name!r}: {option.says}")
        found.append((name, _value(where, name, option, given[name]) if name in given else option.default))
    return tuple(found)


def _value(where: str, name: str, option: Option, value: Any) -> Any:
    try:
        return option.read(value)
    except (ValueError, TypeError, ArithmeticError):
        raise Misfit(name, f"{name!r} of {where} is {option.says}, not {shown(value)}") from None


def shown(value: Any) -> str:
    """A value from a file, cut short."""
    text = repr(value) if not isinstance(value, Decimal | Fraction) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


# ------------------------------------------------------------------------------------------------ what may be there


def number(value: Any) -> Fraction:
    """A number as it is written: 0.1 is 1/10. Raises ValueError for another thing, and out of range."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | Fraction):
        raise ValueError
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal) and (not value.is_finite() or abs(value.adjusted()) > 40):
        raise ValueError
    exact = Fraction(value)
    if abs(exact) > LARGEST or (exact and abs(exact) < Fraction(1, LARGEST)):
        raise ValueError
    return exact


def _number(says: str, fits: Callable[[Fraction], bool], default: Any = None) -> Option:
    def read(value: Any) -> Fraction:
        exact = number(value)
        if not fits(exact):
            raise ValueError
        return exact

    return Option(says, read, None if default is None else Fraction(default))


def any_number(default: Any = None) -> Option:
    """Any number."""
    return _number("a number", lambda _: True, default)


def positive(default: Any = None) -> Option:
    """A number above 0."""
    return _number("a number above 0", lambda x: x > 0, default)


def not_negative(default: Any = None) -> Option:
    """A number that is not below 0."""
    return _number("a number that is not below 0", lambda x: x >= 0, default)


def share(default: Any = None) -> Option:
    """A number in [0, 1)."""
    return _number("a number in [0, 1)", lambda x: 0 <= x < 1, default)


def whole(least: int, most: int, default: int | None = None) -> Option:
    """A whole number between two."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError
        return value

    return Option(f"a whole number from {least} to {most}", read, default)


def many(inner: Option, says: str, default: Any = None, least: int = 1) -> Option:
    """A list."""

    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple) or len(value) < least:
            raise ValueError
        return tuple(map(inner.read, value))

    return Option(says, read, default)


def numbers(default: Any = None) -> Option:
    """A list of numbers."""
    return many(any_number(), "a list of numbers", default)


def table_of_numbers(default: Any = None) -> Option:
    """A list of rows of numbers, all of one length."""
    rows = many(numbers(), "a list of rows of numbers, all of one length", default)

    def read(value: Any) -> Any:
        found = rows.read(value)
        if len({len(row) for row in found}) != 1:
            raise ValueError
        return found

    return Option(rows.says, read, default)


def one_of(*words: str, default: str | None = None) -> Option:
    """One of these words."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise ValueError
        return value

    return Option(f"one of {', '.join(words)}", read, default)


def switch(default: bool) -> Option:
    """true or false."""

    def read(value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError
        return value

    return Option("true or false", read, default)


def text(says: str, default: str | None = None) -> Option:
    """A text that is not empty."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise ValueError
        return value

    return Option(says, read, default)


# ------------------------------------------------------------------------------------------------ the kinds


WIDTH = whole(1, 4096)
HIDDEN = many(WIDTH, "a list of widths, each from 1 to 4096", (32, 32), 0)
ACTIVATION = one_of("tanh", "relu", "leaky relu", "silu", default="tanh")
PLACED = {"matrix": table_of_numbers(()), "shift": numbers(()), "points": whole(0, 10**7, 0)}
"""Every made law can be moved by an affine map, and drawn once (``points``) in place of afresh for each batch."""
SHAPES = "a list of whole numbers from 1 to 20"

SEEN = {
    "crop": whole(0, 10**5, 0),
    "box": many(whole(0, 10**5), "a list of left, top, right and bottom", ()),
    "resize": switch(False),
    "limit": whole(0, 10**7, 0),
}
"""Of image files: a square in the middle or a box is cut out, then the size is changed; at most so many; 0 for none."""

DATA: dict[str, dict[str, Option]] = {
    "normal": {"spread": positive(1), **PLACED},
    "uniform": {"low": any_number(-1), "high": any_number(1), **PLACED},
    "beta": {"a": whole(1, 20), "b": whole(1, 20), **PLACED},
    "betas": {"a": many(whole(1, 20), SHAPES), "b": many(whole(1, 20), SHAPES), **PLACED},
    "mosaic": {
        "centres": table_of_numbers(),
        "width": positive(Fraction(1, 20)),
        "shares": many(positive(), "a list of numbers above 0", ()),
        "texture": not_negative(Fraction(1, 10)),
        "points": whole(0, 10**7, 0),
    },
    "ring": {"modes": whole(1, 1000, 8), "radius": positive(1), "width": positive(Fraction(1, 20)), **PLACED},
    "mixture": {
        "centres": table_of_numbers(),
        "width": positive(),
        "shares": many(positive(), "a list of numbers above 0", ()),
        **PLACED,
    },
    "rods": dict(PLACED),
    "circle": {"radius": positive(1), "width": not_negative(0), **PLACED},
    "segment": {"start": numbers(), "end": numbers(), "width": not_negative(0), **PLACED},
    "csv": {"path": text("the path of a CSV file of numbers, one point a line")},
    "circles": {
        "min_contrast": _number("a number from 0 to 1/2", lambda x: 0 <= x <= Fraction(1, 2), 0),
        "channels": table_of_numbers(()),
        "wander": share(0),
        "radii": numbers(()),
        "points": whole(0, 10**7, 0),
    },
    "plain": {"channels": table_of_numbers(()), "points": whole(0, 10**7, 0)},
    "folder": {
        "path": text("the folder that holds the folders trainA, trainB, testA, testB"),
        "domain": text("how the names of the folders end", ""),
        "split": text("how the name of the folder to learn from begins", "train"),
        "held": text("how the name of the held out folder begins", "test"),
        **SEEN,
    },
    "celeba": {
        "path": text("the folder of CelebA"),
        "where": text("attributes, as in 'Eyeglasses and not Male'", ""),
        "split": one_of("train", "valid", "test", default="train"),
        "held": one_of("train", "valid", "test", default="valid"),
        "missing": whole(0, 10**7, 0),
        **SEEN,
        "resize": switch(True),
    },
    "emoji": {
        "path": text("the folder of images that are named by their code points"),
        "tone": one_of("all", "none", "toned", "light", "medium-light", "medium", "medium-dark", "dark", default="all"),
        "background": whole(0, 255, 255),
        **SEEN,
    },
    "npy": {
        "path": text("the path of a .npy file of examples"),
        "held": text("the path of a .npy file of held out examples", ""),
    },
    "tint": {
        "path": text("the folder of the idx files of Fashion-MNIST"),
        "part": one_of("tinted", "garment", "tint", default="tinted"),
        "dark": share(Fraction(1, 4)),
        "classes": many(whole(0, 9), "a list of classes from 0 to 9", ()),
    },
    "textured": {"disc": switch(True)},
    "factors": {},
    "image": {"of": text("the name of an object with data"), "along": text("a path of arrows", ""), **PLACED},
    "pairs": {"arrow": text("the name of an arrow whose truth is given"), "points": whole(1, 10**7, 64)},
}

ENDING = one_of("none", "sigmoid", "tanh", default="none")
CONVOLUTIONS = {
    "channels": many(WIDTH, "a list of widths, each from 1 to 4096", (64, 128, 256, 512, 512)),
    "strides": many(whole(1, 8), "a list of strides from 1 to 8, one for each width", (2, 1, 2, 2, 2)),
    "window": whole(1, 31, 5),
    "activation": one_of("tanh", "relu", "leaky relu", "silu", default="relu"),
}
"""A critic of convolutions; the defaults are those of Gavranović 2020, Appendix A, but for the widths."""

PATCHES = {
    "patch": whole(1, 64, 4),
    "width": whole(1, 4096, 16),
    "hidden": whole(1, 4096, 96),
    "activation": one_of("tanh", "relu", "leaky relu", "silu", default="relu"),
}
"""Pictures that are cut into square patches, and the features of them."""

NETWORKS: dict[str, dict[str, Option]] = {
    "mlp": {
        "hidden": HIDDEN,
        "activation": ACTIVATION,
        "residual": switch(False),
        "ending": one_of("none", "sigmoid", "tanh", default="none"),
        "last": positive(1),
    },
    "affine": {"residual": switch(False), "last": positive(1)},
    "patches": {**PATCHES, "painter": one_of("patches", "dense", default="patches"), "last": positive(Fraction(1, 10))},
    "coupling": {"layers": whole(1, 32, 4), "hidden": HIDDEN, "activation": ACTIVATION, "last": positive(1)},
    "conv": {
        "channels": many(WIDTH, "a list of widths, each from 1 to 4096", (32, 64)),
        "window": whole(1, 31, 5),
        "activation": one_of("tanh", "relu", "leaky relu", "silu", default="relu"),
        "residual": switch(False),
        "ending": ENDING,
        "code": one_of("film", "channels", default="film"),
        "code_ending": ENDING,
        "last": positive(1),
    },
}

LINEAR: dict[str, dict[str, Option]] = {
    "affine": {"matrix": table_of_numbers(), "shift": numbers(())},
    "turn": {"degrees": any_number(), "shift": numbers(())},
    "hue": {"degrees": any_number(), "shift": numbers(())},
    "pool": {"size": whole(1, 1024, 2)},
    "luma": {"weights": numbers((Fraction(299, 1000), Fraction(587, 1000), Fraction(114, 1000)))},
}
"""Affine maps: what each is as a matrix and a shift stands in ``linear_maps``."""

FIXED: dict[str, dict[str, Option]] = {
    **LINEAR,
    "polynomial": {"terms": table_of_numbers()},
    "identity": {},
}

ADVERSARIES: dict[str, dict[str, Option]] = {
    "none": {},
    "wgan-gp": {"penalty": not_negative(10)},
    "lsgan": {},
    "non-saturating": {"penalty": not_negative(1)},
    "hinge": {},
    "energy": {},
    "mmd": {"widths": many(positive(), "a list of numbers above 0", (Fraction(1, 4), Fraction(1), Fraction(4)))},
    "factors": {},
}

UP_TO = {"up_to": one_of("nothing", "signed permutations", default="nothing")}
"""Symmetries of the source or the target up to which the truth is as good: the error is that of the best of them."""

TRUTH: dict[str, dict[str, Option]] = {
    **{kind: {**options, **UP_TO} for kind, options in LINEAR.items()},
    "curve": {"terms": table_of_numbers(), "low": any_number(-1), "high": any_number(1)},
    "circles": {"inverse": text("the name of the arrow that puts a disc on a picture")},
    "tint": {},
}

TRAINING: dict[str, Option] = {
    "steps": whole(1, 10**9, 1000),
    "batch": whole(1, 10**6, 64),
    "rate": positive(Fraction(1, 1000)),
    "critic_rate": not_negative(0),
    "critic_steps": whole(0, 1000, 5),
    "head_start": whole(0, 10**6, 0),
    "head_start_critic_steps": whole(1, 1000, 50),
    "beta1": share(0),
    "beta2": share(Fraction(9, 10)),
    "decay": one_of("none", "linear", "half", default="half"),
    "average": share(0),
    "balance": positive(1),
    "balance_every": whole(0, 10**9, 0),
    "ramp": whole(0, 10**9, 0),
    "arrows": one_of("generators", "reduced", default="generators"),
    "match": many(text("a path"), "a list of paths", ()),
    "held_out": whole(16, 10**6, 2000),
    "look_every": whole(0, 10**9, 0),
    "patience": whole(0, 10**6, 0),
    "patience_by": text("the name of a figure of a look", "validation_loss"),
    "precision": one_of("float32", "float64", default="float32"),
    "backend": one_of("python", "native", "best", default="python"),
    "device": one_of("cpu", "cuda", default="cpu"),
}
"""The options of a training. A rate of critics of 0 stands for twice that of the arrows."""

KINDS: dict[str, dict[str, dict[str, Option]]] = {
    "data": DATA,
    "network": NETWORKS,
    "critic": {
        "mlp": {name: NETWORKS["mlp"][name] for name in ("hidden", "activation")},
        "patches": PATCHES,
        "conv": CONVOLUTIONS,
    },
    "frozen": FIXED,
    "adversary": ADVERSARIES,
    "truth": TRUTH,
    "training": {"training": TRAINING},
}
FAMILIES = {
    "data": "kind of data",
    "network": "kind of network",
    "critic": "kind of critic",
    "frozen": "kind of frozen map",
    "adversary": "adversary",
    "truth": "kind of truth",
    "training": "training",
}
