"""Layers of networks are those of torch.nn.functional, values and gradients; what does not fit is refused by name.

Both sides are float64. Each is a composite of at most some hundred roundings, so that they differ by far less than 2⁻³⁸
of the largest number in a result, unless one of them computes something else.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import activations, axes, images, norms  # noqa: E402
from verified_cat import primitives as p  # noqa: E402
from verified_cat.errors import BoundaryError, ShapeError, UsageError  # noqa: E402
from verified_cat.functions import Functions  # noqa: E402
from verified_cat.gad import reverse_mode  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.networks import Network, dense, entrywise  # noqa: E402
from verified_cat.objects import flatten, leaves, unflatten  # noqa: E402
from verified_cat.terms import Term  # noqa: E402

F = torch.nn.functional
ENGINE = TorchEngine()
NEAR = 2.0**-38
IMAGE = (2, 4, 7, 6)


def inside(made: Term | Network) -> Term:
    return made.map.inside if isinstance(made, Network) else made


CASES: dict[str, tuple[Term | Network, Callable[..., Any]]] = {
    "conv2d": (
        images.conv2d(IMAGE, 6, (3, 2), (2, 1), (1, 2), (1, 2), 2),
        lambda k, b, x: F.conv2d(x, k, b, (2, 1), (1, 2), (1, 2), 2),
    ),
    "conv2d without bias": (images.conv2d(IMAGE, 3, (4, 4), bias=False), lambda k, x: F.conv2d(x, k)),
    "conv_transpose2d": (
        images.conv_transpose2d(IMAGE, 6, (3, 2), (2, 3), (1, 0), (1, 2), (1, 2), 2),
        lambda k, b, x: F.conv_transpose2d(x, k, b, (2, 3), (1, 0), (1, 2), 2, (1, 2)),
    ),
    "average_pool": (
        images.average_pool(IMAGE, (3, 2), (2, 2), (1, 1)),
        lambda x: F.avg_pool2d(x, (3, 2), (2, 2), (1, 1)),
    ),
    "average_pool, side by side": (images.average_pool(IMAGE, (2, 3)), lambda x: F.avg_pool2d(x, (2, 3))),
    "max_pool": (images.max_pool(IMAGE, (2, 3)), lambda x: F.max_pool2d(x, (2, 3))),
    "max_pool, framed": (
        images.max_pool(IMAGE, (3, 2), (2, 1), (1, 1), (2, 1)),
        lambda x: F.max_pool2d(x, (3, 2), (2, 1), (1, 1), (2, 1)),
    ),
    "pad": (images.pad(IMAGE, (1, 2)), lambda x: F.pad(x, (2, 2, 1, 1))),
    "reflect": (images.reflect(IMAGE, (3, 1)), lambda x: F.pad(x, (1, 1, 3, 3), mode="reflect")),
    "resize_nearest up": (
        images.resize_nearest(IMAGE, (14, 9)),
        lambda x: F.interpolate(x, (14, 9), mode="nearest"),
    ),
    "resize_nearest down": (images.resize_nearest(IMAGE, (3, 4)), lambda x: F.interpolate(x, (3, 4), mode="nearest")),
    "resize_bilinear up": (
        images.resize_bilinear(IMAGE, (11, 12)),
        lambda x: F.interpolate(x, (11, 12), mode="bilinear"),
    ),
    "resize_bilinear down": (
        images.resize_bilinear(IMAGE, (3, 4)),
        lambda x: F.interpolate(x, (3, 4), mode="bilinear"),
    ),
    "layer_norm": (norms.layer_norm((3, 4, 5), 2), lambda g, b, x: F.layer_norm(x, (4, 5), g, b)),
    "group_norm": (norms.group_norm(IMAGE, 2), lambda g, b, x: F.group_norm(x, 2, g, b)),
    "instance_norm": (norms.instance_norm(IMAGE), F.instance_norm),
    "batch_norm": (norms.batch_norm(IMAGE), lambda g, b, x: F.batch_norm(x, None, None, g, b, True)),
    "batch_norm of vectors": (norms.batch_norm((5, 3)), lambda g, b, x: F.batch_norm(x, None, None, g, b, True)),
    "leaky_relu": (activations.leaky_relu((4, 5), Fraction(1, 5)), lambda x: F.leaky_relu(x, 0.2)),
    "gelu": (activations.gelu((4, 5)), F.gelu),
    "silu": (activations.silu((4, 5)), F.silu),
    "softplus": (p.softplus((4, 5)), lambda x: F.softplus(x, threshold=50)),
    "softmax": (p.softmax((4, 5), 0), lambda x: F.softmax(x, 0)),
    "log_softmax": (p.log_softmax((4, 5), 1), lambda x: F.log_softmax(x, 1)),
    "clamp": (activations.clamp((4, 5), Fraction(-1, 2), 1), lambda x: x.clamp(-0.5, 1)),
    "dropout": (activations.dropout((4, 5), Fraction(1, 4)), lambda m, x: m * x / 0.75),
    "cross_entropy": (activations.cross_entropy(4, 5), F.cross_entropy),
    "mean_absolute": (activations.mean_absolute((4, 5)), F.l1_loss),
    "mean_squared": (activations.mean_squared((4, 5)), F.mse_loss),
    "attention": (activations.attention(2, 3, 4, 5, 6, 2), F.scaled_dot_product_attention),
    "causal attention": (
        activations.attention(2, 1, 4, 4, 4, 3, causal=True),
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
    ),
    "concatenate": (axes.concatenate((2, 3, 4), (2, 1, 4), 1), lambda x, y: torch.cat((x, y), 1)),
    "part": (axes.part((2, 5, 3), 1, 1, 4), lambda x: x[:, 1:4]),
    "einsum": (
        axes.einsum("batch query width, batch key width -> key batch query", (2, 3, 4), (2, 5, 4)),
        lambda x, y: torch.einsum("bqw,bkw->kbq", x, y),
    ),
    "einsum, summed first": (
        axes.einsum("a b c, c d -> b a", (2, 3, 4), (4, 5)),
        lambda x, y: torch.einsum("abc,cd->ba", x, y),
    ),
    "einsum of one": (axes.einsum("a b c -> c a", (2, 3, 4)), lambda x: torch.einsum("abc->ca", x)),
}


def given(term: Term, seed: int = 0) -> list[Any]:
    """Numbers of both signs and size at most 2, distinct enough that no two largest are equal."""
    made = torch.Generator().manual_seed(seed)
    shapes = [leaf.shape for leaf in leaves(term.dom)]  # type: ignore[attr-defined]
    return [torch.rand(shape, generator=made, dtype=torch.float64) * 4 - 2 for shape in shapes]


def near(found: Any, expected: Any) -> None:
    found = ENGINE.dense(found)
    assert found.shape == expected.shape
    assert float((found - expected).abs().max()) <= NEAR * max(1.0, float(expected.abs().max()))


@pytest.mark.parametrize("name", CASES)
def test_a_layer_is_that_of_torch(name: str) -> None:
    """Values, and the cotangents of all parameters and inputs against autograd's."""
    made, theirs = CASES[name]
    term = inside(made)
    inputs = given(term)
    expected_inputs = [x.clone().requires_grad_() for x in inputs]
    expected = theirs(*expected_inputs)
    value, pullback = reverse_mode(ENGINE).differentiate(term)(unflatten(term.dom, inputs))
    near(value, expected.detach())
    weight = torch.rand(expected.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64) - 0.5
    expected.backward(weight)
    for ours, leaf in zip(flatten(term.dom, pullback(weight)), expected_inputs, strict=True):
        near(ours, leaf.grad)


def test_labels_and_words_are_those_of_torch() -> None:
    x, labels = given(activations.cross_entropy(4, 5))[0], torch.tensor([4, 0, 2, 2])
    term = activations.cross_entropy_of_labels(4, 5)
    theirs = x.clone().requires_grad_()
    F.cross_entropy(theirs, labels).backward()
    value, pullback = reverse_mode(ENGINE).differentiate(term)((x, labels.double()))
    near(value, F.cross_entropy(x, labels))
    back, of_labels = pullback(torch.ones((), dtype=torch.float64))
    near(back, theirs.grad)
    assert not ENGINE.dense(of_labels).any()
    words = axes.embedding((2, 2), 5, 3).map.inside
    table = given(words)[0].requires_grad_()
    chosen = F.embedding(labels.reshape(2, 2), table)
    chosen.sum().backward()
    value, pullback = reverse_mode(ENGINE).differentiate(words)((table.detach(), labels.reshape(2, 2).double()))
    near(value, chosen.detach())
    near(pullback(torch.ones(2, 2, 3, dtype=torch.float64))[0], table.grad)


def test_slopes_at_the_limits_are_torchs() -> None:
    for term, theirs, at in (
        (activations.clamp((4,), -1, 2), lambda x: x.clamp(-1, 2), [-1.0, 2.0, 0.0, 5.0]),
        (activations.leaky_relu((2,), Fraction(1, 4)), lambda x: F.leaky_relu(x, 0.25), [0.0, 1.0]),
        (activations.mean_absolute((2,)), lambda x: F.l1_loss(x, torch.zeros(2)), [0.0, 3.0]),
    ):
        x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
        theirs(x).sum().backward()  # type: ignore[no-untyped-call]
        point = (x.detach(), torch.zeros(2, dtype=torch.float64)) if len(list(leaves(term.dom))) == 2 else x.detach()
        _, pullback = reverse_mode(ENGINE).differentiate(term)(point)
        found = flatten(term.dom, pullback(torch.ones(term.cod.shape, dtype=torch.float64)))  # type: ignore[attr-defined]
        assert torch.equal(ENGINE.dense(found[0]), x.grad)


def test_running_statistics_are_those_of_torch() -> None:
    term = norms.running_statistics(IMAGE, Fraction(1, 4))
    mean, variance, x = given(term)
    variance = variance.abs() + 0.1
    near(
        Functions(ENGINE).meaning(norms.batch_norm_at(IMAGE))(((mean, variance), x)),
        F.batch_norm(x, mean, variance, eps=1e-5),
    )
    ours = Functions(ENGINE).meaning(term)(((mean, variance), x))
    F.batch_norm(x, mean, variance, training=True, momentum=0.25)  # written in place there
    near(ours[0], mean)
    near(ours[1], variance)
    batch = Functions(ENGINE).meaning(norms.batch_statistics(IMAGE))(x)
    near(batch[1], x.var(dim=(0, 2, 3), unbiased=False))


# ------------------------------------------------------------------------------------------------ what is refused

REFUSED: list[tuple[Callable[[], Any], str]] = [
    (
        lambda: images.conv2d((2, 3, 4), 2, (1, 1), name="first"),
        "first: it takes images (batch, channels, height, width), not the shape",
    ),
    (lambda: images.conv2d((2, 3, 4, 4), 2, (5, 1), name="first"), "first: convolve of (2, 3, 4, 4) with (2, 3, 5, 1)"),
    (lambda: images.conv2d((2, 3, 4, 4), 2, (1, 1), groups=2, name="first"), "3 channels to 2 in 2 groups"),
    (
        lambda: images.conv_transpose2d((1, 2, 3, 3), 1, (2, 2), output_padding=(1, 0), name="up"),
        "up: an output padding of (1, 0) does",
    ),
    (
        lambda: images.max_pool(IMAGE, (2, 2), padding=(2, 0)),
        "a padding of (2, 0) is more than half",
    ),
    (lambda: images.reflect(IMAGE, (7, 0)), "7 entries cannot be mirrored at the edge of a length of 7"),
    (lambda: norms.group_norm(IMAGE, 3, name="g"), "g: the 4 channels of (2, 4, 7, 6) are not in 3 groups"),
    (lambda: norms.layer_norm((3,), 2, name="l"), "l: (3,) has no 2 last axes"),
    (lambda: axes.einsum("a b, b c -> a c", (2, 3), (4, 5)), "the axis 'b' has length 3 in (2, 3) and 4 in (4, 5)"),
    (lambda: axes.einsum("a b, b -> c", (2, 3), (3,)), "the result has an axis 'c' that no argument has"),
    (lambda: axes.einsum("a a -> a", (2, 2)), "a name stands twice in 'a a'"),
    (lambda: axes.einsum("a -> a", (2, 2)), "1 names, 'a', for the shape (2, 2)"),
    (lambda: axes.einsum("a, a", (2,), (2,)), "does not name the axes of 2 arrays and, after '->', a result"),
    (lambda: axes.concatenate((2, 3), (3, 3), 1), "(2, 3) and (3, 3) differ elsewhere than along axis 1"),
    (lambda: axes.part((2, 3), 1, 2, 4), "2:4 along axis 1 is not within (2, 3)"),
]


@pytest.mark.parametrize(("make", "words"), REFUSED, ids=[words[:30] for _, words in REFUSED])
def test_what_does_not_fit_is_refused_when_it_is_built(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(ShapeError) as caught:
        make()
    assert words in str(caught.value)


def test_layers_that_do_not_meet_are_named_with_both_shapes() -> None:
    first = images.conv2d(IMAGE, 3, (2, 2), name="first") >> entrywise(p.relu, 2, 3, 6, 5)
    with pytest.raises(BoundaryError, match=r"last takes R\[2,9\], and relu before it gives R\[2,3,6,5\]"):
        first >> dense(2, 9, 4, "last")
    with pytest.raises(UsageError, match="lower limit 2 exceeds"):
        activations.clamp((2,), 2, 1)
    with pytest.raises(UsageError, match="a rate of 1 is not in"):
        activations.dropout((2,), Fraction(1))


def test_second_derivatives_of_layers_are_ordinary_terms() -> None:
    """R[R[f]] of a convolution, a pool and a softmax, against autograd through its own gradient."""
    from verified_cat.lens import reverse_derivative

    net = images.conv2d((1, 2, 5, 5), 2, (2, 2), (2, 1), (1, 0)).map.inside
    term = net >> images.max_pool((1, 2, 3, 4), (1, 2)) >> p.reshape((1, 2, 3, 2), (12,))
    term = term >> p.log_softmax((12,), 0) >> p.sum_axes((12,))
    twice = reverse_derivative(reverse_derivative(term))
    x = given(term)
    leaves_ = [each.clone().requires_grad_() for each in x]
    y = (
        F.max_pool2d(F.conv2d(leaves_[2], leaves_[0], leaves_[1], (2, 1), (1, 0)), (1, 2))
        .flatten()
        .log_softmax(0)
        .sum()
    )
    grads = torch.autograd.grad(y, leaves_, create_graph=True)
    along = given(term, 3)
    total = sum((g * v).sum() for g, v in zip(grads, along, strict=True))
    expected = torch.autograd.grad(total, leaves_)
    one = torch.ones((), dtype=torch.float64)
    (found, _) = Functions(ENGINE).meaning(twice)(((unflatten(term.dom, x), one), unflatten(term.dom, along)))
    for ours, theirs in zip(flatten(term.dom, found), expected, strict=True):
        near(ours, theirs)
    assert any(bool(each.abs().max() > 1e-3) for each in expected)
