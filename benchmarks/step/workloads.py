"""What is trained: networks, losses by player, data and optimiser, as data. Every implementation is built from these.

A game has several players; each moves its own networks down the gradient of its own loss, all at once, from the same
parameters. A supervised task is a game with one player. The loss of a player is a sum of terms, and a term names the
paths of networks it looks along: a path written twice may be run once, which is what sharing is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
BATCHES = 8
"""How many different batches are drawn; step i takes batch i mod 8."""

# ------------------------------------------------------------------------------------------------------ layers


@dataclass(frozen=True, slots=True)
class Dense:
    """x ↦ x W + b, W in R[inputs,outputs]."""

    name: str
    inputs: int
    outputs: int


@dataclass(frozen=True, slots=True)
class Convolution:
    """As torch's conv2d (weights R[filters,channels,k,k]), or conv_transpose2d (weights R[channels,filters,k,k])."""

    name: str
    channels: int
    filters: int
    window: int
    stride: int = 1
    padding: int = 0
    bias: bool = True
    transposed: bool = False


@dataclass(frozen=True, slots=True)
class GroupNorm:
    """(x - mean) / √(variance + 1/100000) over each group of channels, then a weight and a bias for each channel."""

    name: str
    channels: int
    groups: int


@dataclass(frozen=True, slots=True)
class Activation:
    """ "relu", "sigmoid", "tanh", or "leaky_relu" with the slope 1/5 below 0."""

    function: str


@dataclass(frozen=True, slots=True)
class Reshape:
    """Each row of the batch in another shape."""

    shape: tuple[int, ...]


Layer = Dense | Convolution | GroupNorm | Activation | Reshape
Network = tuple[Layer, ...]

# ------------------------------------------------------------------------------------------------------ losses

Path = tuple[str, ...]
"""Networks, the first applied first."""


@dataclass(frozen=True, slots=True)
class HalfSquares:
    """½ Σ (path(source) - target)²."""

    path: Path
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class CrossEntropy:
    """-mean over rows of log softmax(path(source)) at the label."""

    path: Path
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Score:
    """mean softplus(sign · path(source)): the loss of a critic that wants -sign (Goodfellow et al. 2014, section 3)."""

    path: Path
    source: str
    sign: int


@dataclass(frozen=True, slots=True)
class Cycle:
    """weight · mean |path(source) - source| (Zhu et al. 2017, equation 2)."""

    path: Path
    source: str
    weight: int


@dataclass(frozen=True, slots=True)
class Penalty:
    """weight · mean over rows of (‖∇critic(x̂)‖₂ - 1)², x̂ = u real + (1 - u) fake (Gulrajani et al. 2017, section 4).

    fake = path(source) is a constant of this loss; u is drawn with the data and is in ``mixture``.
    """

    critic: str
    real: str
    path: Path
    source: str
    mixture: str
    weight: int


LossTerm = HalfSquares | CrossEntropy | Score | Cycle | Penalty


@dataclass(frozen=True, slots=True)
class Player:
    """Who moves ``networks`` to make the sum of ``terms`` small."""

    networks: tuple[str, ...]
    terms: tuple[LossTerm, ...]


@dataclass(frozen=True, slots=True)
class Descent:
    """p ↦ p - ε g."""

    rate: Fraction


@dataclass(frozen=True, slots=True)
class Adam:
    """Kingma and Ba 2015, Algorithm 1, with the decays 9/10 and 999/1000 and δ = 10⁻⁸."""

    rate: Fraction


@dataclass(frozen=True, slots=True)
class Draw:
    """How a part of a batch is drawn: "normal", "uniform", "pixels" (normal, clipped to [-1, 1]) or "labels"."""

    kind: str
    shape: tuple[int, ...]
    classes: int = 0


@dataclass(frozen=True, slots=True)
class Workload:
    """One row of the benchmark. With ``copies`` > 0: as many networks with parameters of their own on the same data."""

    name: str
    networks: dict[str, Network]
    players: dict[str, Player]
    data: dict[str, Draw]
    optimiser: Descent | Adam
    deviation: float = 0.05
    orthogonal: bool = False
    copies: int = 0

    @property
    def supervised(self) -> LossTerm | None:
        """The one term of the one player, where that is all."""
        terms = [term for player in self.players.values() for term in player.terms]
        return terms[0] if len(terms) == 1 else None

    def owner(self, network: str) -> str:
        return next(name for name, player in self.players.items() if network in player.networks)


# --------------------------------------------------------------------------------------------------- parameters


def shapes(workload: Workload) -> dict[str, tuple[int, ...]]:
    """The parameters of one copy by name, ``network.layer.weight`` and ``network.layer.bias``, in order."""
    found: dict[str, tuple[int, ...]] = {}
    for network, layers in workload.networks.items():
        for layer in layers:
            for part, shape in layer_shapes(layer).items():
                found[f"{network}.{layer.name}.{part}"] = shape  # type: ignore[union-attr]
    return found


def layer_shapes(layer: Layer) -> dict[str, tuple[int, ...]]:
    match layer:
        case Dense(_, inputs, outputs):
            return {"weight": (inputs, outputs), "bias": (outputs,)}
        case Convolution():
            ends = (layer.channels, layer.filters) if layer.transposed else (layer.filters, layer.channels)
            kernel = {"weight": (*ends, layer.window, layer.window)}
            return kernel | ({"bias": (layer.filters,)} if layer.bias else {})
        case GroupNorm(_, channels, _):
            return {"weight": (channels,), "bias": (channels,)}
        case _:
            return {}


def first_parameters(workload: Workload, seed: int = 0) -> dict[str, Array]:
    """The parameters before the first step, in float32; those of the copies one above the other."""
    generator = np.random.default_rng([seed, 1])
    norms = {f"{n}.{x.name}.weight" for n, layers in workload.networks.items() for x in layers if type(x) is GroupNorm}

    def one(name: str, shape: tuple[int, ...]) -> Array:
        if name in norms or name.endswith(".bias"):
            return np.full(shape, 1.0 if name in norms else 0.0)
        normal = generator.standard_normal(shape)
        return np.asarray(np.linalg.qr(normal)[0]) if workload.orthogonal else normal * workload.deviation

    def all_copies(name: str, shape: tuple[int, ...]) -> Array:
        return np.stack([one(name, shape) for _ in range(workload.copies)]) if workload.copies else one(name, shape)

    return {name: all_copies(name, shape).astype(np.float32) for name, shape in shapes(workload).items()}


def batches(workload: Workload, seed: int = 0) -> list[dict[str, Array]]:
    """The data: float32, and labels as int64."""
    generator = np.random.default_rng([seed, 2])

    def part(draw: Draw) -> Array:
        match draw.kind:
            case "labels":
                return generator.integers(0, draw.classes, draw.shape)
            case "uniform":
                return generator.random(draw.shape).astype(np.float32)
            case "pixels":
                return np.clip(generator.standard_normal(draw.shape), -1, 1).astype(np.float32)
            case _:
                return generator.standard_normal(draw.shape).astype(np.float32)

    return [{name: part(draw) for name, draw in workload.data.items()} for _ in range(BATCHES)]


def parameter_count(workload: Workload) -> int:
    return max(1, workload.copies) * sum(prod(shape) for shape in shapes(workload).values())


# ---------------------------------------------------------------------------------------------------- the rows


def _dense_chain(widths: tuple[int, ...], between: str, last: str = "") -> Network:
    layers: list[Layer] = []
    for index, (inputs, outputs) in enumerate(pairwise(widths), start=1):
        layers.append(Dense(f"layer{index}", inputs, outputs))
        function = between if index < len(widths) - 1 else last
        layers += [Activation(function)] if function else []
    return tuple(layers)


def iris(batch: int, copies: int = 0) -> Workload:
    """4-20-3 with sigmoid, ½ Σ of squares, descent."""
    return Workload(
        f"ensemble-{copies}" if copies else f"iris-{batch}",
        {"model": _dense_chain((4, 20, 3), "sigmoid", "sigmoid")},
        {"learner": Player(("model",), (HalfSquares(("model",), "x", "y"),))},
        {"x": Draw("normal", (batch, 4)), "y": Draw("uniform", (batch, 3))},
        Descent(Fraction(1, 20)),
        deviation=0.5,
        copies=copies,
    )


def perceptron(name: str, optimiser: Descent | Adam) -> Workload:
    """784-512-512-10 with relu, mean cross-entropy, batches of 64."""
    return Workload(
        name,
        {"model": _dense_chain((784, 512, 512, 10), "relu")},
        {"learner": Player(("model",), (CrossEntropy(("model",), "x", "y"),))},
        {"x": Draw("normal", (64, 784)), "y": Draw("labels", (64,), 10)},
        optimiser,
    )


def chain(count: int) -> Workload:
    """``count`` dense layers of 64 with tanh from orthogonal weights, ½ Σ of squares, batches of 32, descent.

    Orthogonal, so that the gradient of the first layer neither vanishes nor explodes at a depth of 1,024.
    """
    return Workload(
        f"chain-{count}",
        {"model": _dense_chain((64,) * (count + 1), "tanh", "tanh")},
        {"learner": Player(("model",), (HalfSquares(("model",), "x", "y"),))},
        {"x": Draw("normal", (32, 64)), "y": Draw("uniform", (32, 64))},
        Descent(Fraction(1, 1000)),
        orthogonal=True,
    )


def dcgan(batch: int = 16) -> Workload:
    """Images of 3 by 32 by 32 from 64 normal numbers, and a critic; Adam for both, at once (Radford et al. 2016)."""
    up, down = {"bias": False, "transposed": True}, {"bias": False}
    generator = (
        Dense("dense", 64, 1024), Reshape((64, 4, 4)), GroupNorm("norm0", 64, 8), Activation("relu"),
        Convolution("conv1", 64, 64, 4, 2, 1, **up), GroupNorm("norm1", 64, 8), Activation("relu"),
        Convolution("conv2", 64, 32, 4, 2, 1, **up), GroupNorm("norm2", 32, 8), Activation("relu"),
        Convolution("conv3", 32, 3, 4, 2, 1, transposed=True), Activation("tanh"),
    )  # fmt: skip
    critic = (
        Convolution("conv0", 3, 32, 4, 2, 1), Activation("leaky_relu"),
        Convolution("conv1", 32, 64, 4, 2, 1, **down), GroupNorm("norm1", 64, 8), Activation("leaky_relu"),
        Convolution("conv2", 64, 64, 4, 2, 1, **down), GroupNorm("norm2", 64, 8), Activation("leaky_relu"),
        Convolution("conv3", 64, 1, 4), Reshape(()),
    )  # fmt: skip
    made = ("generator", "critic")
    return Workload(
        "dcgan",
        {"generator": generator, "critic": critic},
        {
            "generator": Player(("generator",), (Score(made, "noise", -1),)),
            "critic": Player(("critic",), (Score(("critic",), "image", -1), Score(made, "noise", 1))),
        },
        {"noise": Draw("normal", (batch, 64)), "image": Draw("pixels", (batch, 3, 32, 32))},
        Adam(Fraction(1, 10_000)),
    )


def functor_loss(
    name: str, generator: Network, critic: Network, point: tuple[int, ...], batch: int, deviation: float
) -> Workload:
    """A ⇄ B with g ∘ f = id = f ∘ g up to L1, and a critic with a gradient penalty at each end (Zhu et al. 2017)."""
    generators = (Score(("f", "at_b"), "a", -1), Score(("g", "at_a"), "b", -1))
    cycles = (Cycle(("f", "g"), "a", 10), Cycle(("g", "f"), "b", 10))
    critics = (
        Score(("at_b",), "b", -1), Score(("f", "at_b"), "a", 1), Penalty("at_b", "b", ("f",), "a", "mixture", 10),
        Score(("at_a",), "a", -1), Score(("g", "at_a"), "b", 1), Penalty("at_a", "a", ("g",), "b", "mixture", 10),
    )  # fmt: skip
    kind = "pixels" if len(point) == 3 else "normal"
    return Workload(
        name,
        {"f": generator, "g": generator, "at_a": critic, "at_b": critic},
        {
            "generators": Player(("f", "g"), generators + cycles),
            "critics": Player(("at_a", "at_b"), critics),
        },
        {
            "a": Draw(kind, (batch, *point)),
            "b": Draw(kind, (batch, *point)),
            "mixture": Draw("uniform", (batch, *(1 for _ in point))),
        },
        Adam(Fraction(1, 10_000)),
        deviation=deviation,
    )


def cyclegan() -> Workload:
    """The functor loss on images of 3 by 32 by 32, batches of 8."""
    down, up = {"bias": False}, {"bias": False, "transposed": True}
    generator = (
        Convolution("conv0", 3, 32, 4, 2, 1, **down), GroupNorm("norm0", 32, 8), Activation("relu"),
        Convolution("conv1", 32, 64, 4, 2, 1, **down), GroupNorm("norm1", 64, 8), Activation("relu"),
        Convolution("conv2", 64, 64, 3, 1, 1, **down), GroupNorm("norm2", 64, 8), Activation("relu"),
        Convolution("conv3", 64, 32, 4, 2, 1, **up), GroupNorm("norm3", 32, 8), Activation("relu"),
        Convolution("conv4", 32, 3, 4, 2, 1, transposed=True), Activation("tanh"),
    )  # fmt: skip
    critic = (
        Convolution("conv0", 3, 32, 4, 2, 1), Activation("leaky_relu"),
        Convolution("conv1", 32, 64, 4, 2, 1), Activation("leaky_relu"),
        Convolution("conv2", 64, 1, 4, 2, 1),
    )  # fmt: skip
    return functor_loss("cyclegan", generator, critic, (3, 32, 32), 8, 0.05)


def cyclegan_points() -> Workload:
    """The functor loss on points of the plane with networks 2-64-64-2 and 2-64-64-1, batches of 64."""
    generator, critic = _dense_chain((2, 64, 64, 2), "tanh"), _dense_chain((2, 64, 64, 1), "tanh")
    return functor_loss("cyclegan-points", generator, critic, (2,), 64, 0.3)


WORKLOADS: dict[str, Workload] = {
    workload.name: workload
    for workload in (
        iris(1),
        iris(32),
        perceptron("mlp-sgd", Descent(Fraction(1, 20))),
        perceptron("mlp-adam", Adam(Fraction(1, 10_000))),
        *(chain(count) for count in (4, 16, 64, 256, 1024)),
        dcgan(),
        cyclegan(),
        cyclegan_points(),
        iris(32, copies=64),
    )
}
