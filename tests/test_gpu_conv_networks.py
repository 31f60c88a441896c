"""Networks and critics of convolutions, against torch.nn; the schema of CelebA, its size and its two kinds of steps."""

from __future__ import annotations

from math import prod
from pathlib import Path as File
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from torch.nn import functional  # noqa: E402

from verified_cat.gpu import conv_networks  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.functor import evaluations  # noqa: E402
from verified_cat.gpu.schema_networks import first_weights  # noqa: E402
from verified_cat.gpu.schema_task import built  # noqa: E402
from verified_cat.gpu.wasserstein import input_gradient  # noqa: E402
from verified_cat.machine import evaluate  # noqa: E402
from verified_cat.networks import Network  # noqa: E402
from verified_cat.objects import Ob, Pair, Space, leaves, space, unflatten  # noqa: E402
from verified_cat.schema_file import SchemaFileError, load, read  # noqa: E402
from verified_cat.schema_kinds import settings  # noqa: E402

ENGINE = TorchEngine("float64")
ROOT = File(__file__).parent.parent
CELEBA = ROOT / "examples" / "schemas" / "celeba.toml"


def random(*shape: int) -> Any:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(sum(shape)))


def shapes(ob: Ob) -> list[tuple[int, ...]]:
    return [leaf.shape for leaf in leaves(ob) if isinstance(leaf, Space)]


def parameters(network: Network) -> tuple[Any, dict[str, Any]]:
    """Random parameters, as a value and by name."""
    known = [random(*shape) / 3 for shape in shapes(network.map.param)]
    return unflatten(network.map.param, known), dict(zip(network.names, known, strict=True))


def conv(p: dict[str, Any], key: str, x: Any, stride: int = 1) -> Any:
    weight = p[f"f.{key}.weight"]
    return functional.conv2d(x, weight, p[f"f.{key}.bias"], stride, weight.shape[-1] // 2)


def dense(p: dict[str, Any], key: str, x: Any) -> Any:
    return x @ p[f"f.{key}.weight"] + p[f"f.{key}.bias"]


def made(source: Ob, target: Ob, **options: Any) -> Network:
    kind = settings("network", "conv", channels=[3, 4], window=3, **options)
    return conv_networks.conv(kind, source, target, "f")


# ------------------------------------------------------------------------------------------------ networks


def test_an_image_to_an_image_and_two_codes() -> None:
    """Down twice from 5 by 6, a head on the middle, up to the same sizes; the codes are parts of one layer."""
    image = space(2, 1, 5, 6)
    target = Pair(space(2, 2), Pair(image, space(2, 1)))
    network = made(image, target, residual=True, code_ending="sigmoid")
    given, p = parameters(network)
    x = random(2, 1, 5, 6)
    one, (y, two) = evaluate(network.map.inside, (given, x), ENGINE)
    h = functional.relu(conv(p, "down2", functional.relu(conv(p, "down1", x, 2)), 2))
    h = functional.relu(conv(p, "middle", h))
    code = torch.sigmoid(dense(p, "head", h.flatten(1)))
    h = functional.relu(conv(p, "up2", functional.interpolate(h, (3, 3))))
    h = functional.relu(conv(p, "up1", functional.interpolate(h, (5, 6))))
    assert torch.allclose(y, x + conv(p, "last", h), rtol=0, atol=1e-12)
    assert torch.allclose(torch.cat([one, two], 1), code, rtol=0, atol=1e-14)


@pytest.mark.parametrize("way", ["film", "channels"])
def test_an_image_and_a_code_to_an_image(way: str) -> None:
    image, code = space(2, 3, 4, 4), space(2, 5)
    network = made(Pair(image, code), space(2, 2, 4, 4), code=way, ending="tanh")
    given, p = parameters(network)
    x, z = random(2, 3, 4, 4), random(2, 5)
    y = evaluate(network.map.inside, (given, (x, z)), ENGINE)

    def film(key: str, h: Any) -> Any:
        if way == "channels":
            return functional.relu(conv(p, key, h))
        scale, shift = dense(p, f"{key}_code", z)[:, :, None, None].chunk(2, 1)
        return functional.relu((1 + scale) * conv(p, key, h) + shift)

    h = functional.relu(conv(p, "down2", functional.relu(conv(p, "down1", x, 2)), 2))
    if way == "channels":
        h = torch.cat([h, z[:, :, None, None].expand(-1, -1, 1, 1)], 1)
    h = film("middle", h)
    h = film("up2", functional.interpolate(h, (2, 2)))
    h = film("up1", functional.interpolate(h, (4, 4)))
    assert torch.allclose(y, torch.tanh(conv(p, "last", h)), rtol=0, atol=1e-12)


def test_a_code_to_an_image_and_back() -> None:
    code, image = space(2, 5), space(2, 3, 4, 4)
    network = made(code, image)
    given, p = parameters(network)
    z = random(2, 5)
    h = functional.relu(conv(p, "middle", dense(p, "start", z).reshape(2, 4, 1, 1)))
    h = functional.relu(conv(p, "up2", functional.interpolate(h, (2, 2))))
    h = functional.relu(conv(p, "up1", functional.interpolate(h, (4, 4))))
    assert torch.allclose(evaluate(network.map.inside, (given, z), ENGINE), conv(p, "last", h), rtol=0, atol=1e-12)
    back = made(image, code)
    assert back.map.cod == code and not any("up" in name or "last" in name for name in back.names)


def test_the_critic_of_the_appendix_and_its_gradient() -> None:
    """Strides 2, 1, 2: values and gradients by the image against autograd."""
    image = space(2, 3, 8, 8)
    kind = settings("critic", "conv", channels=[4, 5, 6], strides=[2, 1, 2])
    network = conv_networks.critic(kind, image, "f")
    given, p = parameters(network)
    x = random(2, 3, 8, 8).requires_grad_()

    def scores(x: Any) -> Any:
        h = x
        for number, stride in ((1, 2), (2, 1), (3, 2)):
            h = functional.relu(conv(p, f"conv{number}", h, stride))
        return dense(p, "last", h.flatten(1))

    assert torch.allclose(evaluate(network.map.inside, (given, x.detach()), ENGINE), scores(x), rtol=0, atol=1e-12)
    (wanted,) = torch.autograd.grad(scores(x).sum(), x)
    assert torch.allclose(evaluate(input_gradient(network.map), (given, x.detach()), ENGINE), wanted, atol=1e-12)


def test_a_joint_critic_of_an_image_and_a_code() -> None:
    image, code = space(2, 1, 4, 4), space(2, 3)
    kind = settings("critic", "conv", channels=[2, 3], strides=[2, 2], window=3)
    network = conv_networks.critic(kind, Pair(code, image), "f")
    given, p = parameters(network)
    x, z = random(2, 1, 4, 4), random(2, 3)
    h = functional.relu(conv(p, "conv2", functional.relu(conv(p, "conv1", x, 2)), 2))
    h = functional.relu(dense(p, "hidden", torch.cat([h.flatten(1), z], 1)))
    got = evaluate(network.map.inside, (given, (z, x)), ENGINE)
    assert torch.allclose(got, dense(p, "last", h), rtol=0, atol=1e-12)


def test_first_weights_of_kernels() -> None:
    """N(0, 2/inputs) for kernels, 1/inputs for matrices, less in the layer that gives the image."""
    network = made(space(2, 3, 32, 32), Pair(space(2, 3, 32, 32), space(2, 40)))
    known = dict(zip(network.names, first_weights(network.map.param, network.names, 0), strict=True))
    less = dict(zip(network.names, first_weights(network.map.param, network.names, 0, settings_last()), strict=True))
    head, down = known["f.head.weight"], known["f.down2.weight"]
    assert (
        abs(head.std() * len(head) ** 0.5 - 1) < 0.05 and abs(down.std() * (prod(down.shape[1:]) / 2) ** 0.5 - 1) < 0.3
    )
    assert np.allclose(10 * less["f.last.weight"], known["f.last.weight"]) and (less["f.head.weight"] == head).all()


def settings_last() -> Any:
    return settings("network", "conv", last=0.1)["last"]


# ------------------------------------------------------------------------------------------------ in schema files

SCHEMA = """name = "Two"
adversary = "lsgan"
critic = { kind = "conv", channels = [4, 4], strides = [2, 2], window = 3 }
[objects.A]
shape = [3, 8, 8]
data = "textured"
[objects.B]
shape = [3, 8, 8]
data = { kind = "textured", disc = false }
[arrows.f]
from = "A"
to = "B"
network = { kind = "conv", channels = [4], window = 3 }
"""


@pytest.mark.parametrize(
    ("change", "line", "reason"),
    [
        (('shape = [3, 8, 8]\ndata = "t', 'shape = [3, 6, 6]\ndata = "t'), 13, "f goes from [3, 6, 6] to [3, 8, 8]"),
        (("channels = [4], ", "channels = [4, 4, 4, 4], "), 13, "4 widths of f halve the sides as often: 8 by 8"),
        (("window = 3 }\n[objects", "window = 4 }\n[objects"), 7, "the window of the critic of B is odd"),
        (("[4], window = 3", "[4], window = 4"), 13, "the window of f is odd"),
        (("strides = [2, 2]", "strides = [2]"), 7, "the critic of B has 2 widths and 1 strides"),
        (("[4], window", "[4], widow"), 13, "has no option 'widow'; did you mean window?"),
        (("channels = [4], ", "channels = [4], code = 'channels', "), 13, "the option 'code' is of a vector beside"),
        (("channels = [4], ", "channels = [4], code_ending = 'tanh', "), 13, "the option 'code_ending' is of a vector"),
        (("channels = [4], ", "channels = [0], "), 13, "'channels' of kind of network 'conv' is a list of widths"),
    ],
)
def test_networks_that_do_not_fit(change: tuple[str, str], line: int, reason: str) -> None:
    with pytest.raises(SchemaFileError) as caught:
        read(SCHEMA.replace(*change, 1))
    assert any(reason in why for _, why in caught.value.faults), caught.value.faults


def test_residuals_and_spaces_of_other_axes() -> None:
    grey = SCHEMA.replace("[3, 8, 8]", "[1, 8, 8]", 1).replace('data = "textured"', 'data = "uniform"')
    assert read(grey)
    with pytest.raises(SchemaFileError, match=r"one shape at both ends; f goes from \[1, 8, 8\] to \[3, 8, 8\]"):
        read(
            grey.replace("window = 3 }", "window = 3, residual = true }").replace(
                "[2, 2], window = 3, residual = true", "[2, 2]"
            )
        )
    with pytest.raises(
        SchemaFileError, match=r"images \[channels, height, width\] and vectors \[n\]; f goes from \[8, 8\]"
    ):
        read(grey.replace("[1, 8, 8]", "[8, 8]", 1))
    flat = grey.replace("[1, 8, 8]", "[5]", 1)
    assert read(flat)
    with pytest.raises(SchemaFileError, match=r"a conv critic looks at one image .*; A is"):
        read(flat + '[arrows.g]\nfrom = "B"\nto = "A"\nnetwork = "mlp"\n')


# ------------------------------------------------------------------------------------------------ CelebA


def test_the_size_of_the_schema_of_celeba() -> None:
    """41.9 million: 10.33 and 9.81 for the arrows, 10.86 for each critic of an image, 0.09 for that of the latent."""
    job = built(load(CELEBA), 2)

    def count(ob: Ob, names: tuple[str, ...], start: str) -> int:
        sizes = dict(zip(names, map(prod, shapes(ob)), strict=True))
        return sum(size for name, size in sizes.items() if name.startswith(start))

    arrows = [count(job.task.architecture.parameters, job.names, start) for start in ("d.", "c.")]
    starts = ("critic_F", "critic_A * Z.A", "critic_A * Z.Z")
    critics = [count(job.task.critic_params, job.critic_names, start) for start in starts]
    assert arrows == [10_326_631, 9_803_651] and critics == [10_862_721, 10_862_721, 91_905]
    assert sum(arrows) + sum(critics) == 41_947_629
    assert evaluations(job.task) == {"d": 2, "c": 2}


def test_a_step_of_it_is_that_of_pytorch() -> None:
    """Narrow, in float64: three steps, each of two updates of the critics and one of the arrows, give equal losses."""
    from benchmarks.celeba_step import agree

    assert agree() < 1e-12
