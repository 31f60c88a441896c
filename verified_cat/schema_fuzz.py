"""Damaged schema files, made from sound ones: each is read, or refused with a line and a reason, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from verified_cat.schema_checks import findings
from verified_cat.schema_file import SchemaFileError, read

SOUND = (
    """name = "GAN"
adversary = "energy"
[objects.Z]
shape = [2]
data = "normal"
[objects.X]
shape = [2]
data = { kind = "ring", modes = 8, width = 0.05 }
[arrows.h]
from = "Z"
to = "X"
network = { kind = "mlp", hidden = [32, 32], activation = "tanh" }
[training]
steps = 100
rate = 1e-3
[[targets]]
figure = "modes of h"
at_least = 8
""",
    """name = "Product"
adversary = { kind = "wgan-gp", penalty = 10.0 }
[objects.AB]
shape = [3]
data = { kind = "csv", path = "points.csv" }
[objects.A]
shape = [2]
data = { kind = "mixture", centres = [[0, 1], [1, 0]], width = 0.1 }
[objects.B]
shape = [1]
data = { kind = "uniform", low = 0, high = 1 }
[objects."A * B"]
product = ["A", "B"]
data = "factors"
adversary = "factors"
[arrows]
d = { from = "AB", to = "A * B", network = { kind = "coupling" } }
c = { from = "A * B", to = "AB", inverse_of = "d" }
p = { from = "A * B", to = "A", factors = [1] }
[[equations]]
left = "d ; c"
right = "id_AB"
weight = "auto"
[[equations]]
left = 'c ; d'
right = '''id_A * B'''
cost = "l2"
on = "mix"
[truth.p]
kind = "affine"
matrix = [
  [1, 0, 0],  # a comment
  [0, 1, 0],
]
[families]
A = ["box 0 1", "segment 0,1/3 1,0.5"]
"A * B" = "data * box 0.25 1"
""",
)
WORDS = (
    "[",
    "]",
    "{",
    "}",
    '"',
    "'",
    "=",
    ";",
    "\n",
    "#",
    "0",
    "-1",
    "1e999",
    "nan",
    "inf",
    "true",
    "[]",
    "{}",
    "\\",
    "id_",
)
STRANGE = ("\x00", "\u2028", "é", "⊗", "\t", "\r", "\ud7ff", "1979-05-27", "9" * 30, "..", "[[[[", '"""', "a.b.c")


def damaged(draw: Random) -> str:
    """A sound file with a few changes: of a character, a line, a word, a value."""
    text = draw.choice(SOUND)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 8))):
        text = draw.choice(CHANGES)(text, draw)
    return text


def _at(text: str, draw: Random) -> int:
    return draw.randrange(len(text) + 1)


def _cut(text: str, draw: Random) -> str:
    start = _at(text, draw)
    return text[:start] + text[start + draw.choice((1, 1, 2, 5, 40)) :]


def _put(text: str, draw: Random) -> str:
    start = _at(text, draw)
    return text[:start] + draw.choice(WORDS + STRANGE) + text[start:]


def _line(text: str, draw: Random) -> str:
    """A line dropped, doubled, or moved."""
    lines = text.split("\n")
    taken = lines.pop(draw.randrange(len(lines)))
    for _ in range(draw.randrange(3)):
        lines.insert(draw.randrange(len(lines) + 1), taken)
    return "\n".join(lines)


def _swapped(text: str, draw: Random) -> str:
    """Two words changed for one another."""
    words = sorted({word for word in text.replace("\n", " ").split(" ") if word})
    one, other = draw.choice(words), draw.choice(words)
    return other.join(text.split(one, 1))


def _value(text: str, draw: Random) -> str:
    """The value of a key replaced."""
    lines = text.split("\n")
    place = draw.randrange(len(lines))
    key, equals, _ = lines[place].partition(" = ")
    values = (
        "3",
        "-1",
        '""',
        '"x"',
        "[1, 2]",
        "[[1], [1, 2]]",
        "{}",
        "true",
        "1e400",
        "nan",
        "[[]]",
        "0.1",
        "07:32:00",
    )
    lines[place] = f"{key} = {draw.choice(values)}" if equals else lines[place]
    return "\n".join(lines)


CHANGES: tuple[Callable[[str, Random], str], ...] = (_cut, _put, _line, _swapped, _value, _value)


@dataclass
class Fuzzed:
    """How many were read and how many refused, the most frequent reasons, and what was neither."""

    read: int = 0
    refused: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The figures."""
        common = [f"{count:>6}  {reason}" for reason, count in self.reasons.most_common(12)]
        end = f"{self.read} read, {self.refused} refused with a line and a reason, {len(self.wrong)} neither"
        return [*common, *self.wrong[:5], end]


def fuzzed(count: int, seed: int) -> Fuzzed:
    """So many damaged files, read and then checked."""
    found = Fuzzed()
    for number in range(count):
        text = damaged(Random(f"{seed} {number}"))
        try:
            findings(read(text), 6)
            found.read += 1
        except SchemaFileError as refused:
            last = text.count("\n") + 1
            if all(1 <= line <= last and reason.strip() for line, reason in refused.faults):
                found.refused += 1
                found.reasons[" ".join(refused.faults[0][1].split()[:4])] += 1
            else:
                found.wrong.append(f"number {number}: {refused.faults}")
        except Exception as other:  # the finding of this search
            found.wrong.append(f"number {number}: {type(other).__name__}: {other}")
    return found
