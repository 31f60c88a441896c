"""Images with their channels last: the same map, each call in its bound, laid out as planned, and refused in C."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
pytest.importorskip("flint", reason="not run: python-flint not installed (pip install verified-cat[balls])")

from verified_cat import primitives  # noqa: E402
from verified_cat.errors import UsageError  # noqa: E402
from verified_cat.gpu import emit_python, python_lines  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.lowering import CONVOLUTIONS, _Lowering  # noqa: E402
from verified_cat.gpu.randomness import initial_weights  # noqa: E402
from verified_cat.gpu.step import Step  # noqa: E402
from verified_cat.gpu.views import View, pixel_by_pixel, row_major  # noqa: E402
from verified_cat.images import conv2d, conv_transpose2d  # noqa: E402
from verified_cat.loss import total  # noqa: E402
from verified_cat.networks import Network, entrywise, supervised  # noqa: E402
from verified_cat.norms import group_norm  # noqa: E402
from verified_cat.objects import Space, leaves  # noqa: E402
from verified_cat.optimiser import adam  # noqa: E402
from verified_cat.report import Strength  # noqa: E402
from verified_cat.terms import Copy  # noqa: E402
from verified_cat.validation import validate  # noqa: E402

RULE = adam(Fraction(1, 100))
SHAPE, CODE, BACK = (2, 3, 6, 6), (2, 4, 3, 3), (2, 3, 6, 6)
LAST = "channels last"


def there_and_back(norm: bool = True) -> Network:
    """Images to smaller ones with more channels, normed, and back."""
    down = conv2d(SHAPE, 4, (4, 4), (2, 2), (1, 1), name="down")
    up = conv_transpose2d(CODE, 3, (4, 4), (2, 2), (1, 1), name="up")
    between = group_norm(CODE, 2) >> entrywise(primitives.tanh, *CODE) if norm else entrywise(primitives.relu, *CODE)
    return down >> between >> up


def made(dtype: str = "float64", layout: str = LAST, network: Network | None = None, **options: Any) -> Step:
    """A step at its first weights: the distance of what comes back from another image."""
    network = network or there_and_back()
    cod = Space(network.map.cod.shape)
    square = Copy(cod) >> primitives.multiply_on(cod) >> total(cod)
    objective = supervised(network.map, primitives.subtract_on(cod) >> square)
    step = Step(objective, RULE, TorchEngine(dtype, layout=layout), **options)
    weights = initial_weights(network.map.param, network.names, 1)
    step.start({name: value + 0.01 for name, value in weights.items()})
    return step


def batch(step: Step) -> list[Any]:
    numbers = torch.Generator().manual_seed(0)
    shapes = [leaf.shape for leaf in leaves(step.objective.data)]  # type: ignore[attr-defined]
    return [torch.randn(shape, dtype=step.engine.dtype, generator=numbers) for shape in shapes]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("norm", [True, False])
def test_a_step_with_channels_last_passes(dtype: str, norm: bool) -> None:
    step = made(dtype, network=there_and_back(norm))
    report = validate(step, batch(step))
    assert report.verdict is Strength.SAMPLED, report.findings + report.reasons
    assert report.same_run.identical and report.kernels["convolve"].terms >= 1


def test_convolutions_read_and_write_pixel_by_pixel() -> None:
    step = made(network=there_and_back(norm=False))
    calls = [call for call in step.plan.calls if call.kernel in CONVOLUTIONS]
    assert {call.kernel for call in calls} == CONVOLUTIONS
    for call in calls:
        for view in call.args:
            assert view.compact == View(view.buffer, view.shape, pixel_by_pixel(view.shape)).compact
        expected = row_major if call.kernel == "convolve_weight" else pixel_by_pixel
        assert call.out.compact == View(call.out.buffer, call.out.shape, expected(call.out.shape)).compact
    between = [call for call in step.plan.calls if call.kernel in ("relu", "relu_backward")]
    assert between and all(call.out.strides == pixel_by_pixel(CODE) for call in between)  # no copies around them
    tensors = [step.emitted.memory(call.out) for call in between]  # type: ignore[attr-defined]
    assert all(tensor.is_contiguous(memory_format=torch.channels_last) for tensor in tensors)
    assert all(tensor.is_contiguous() for tensor in step.parameters())


def test_the_layout_changes_no_step_by_more_than_rounding() -> None:
    steps = [made(layout=layout) for layout in ("", LAST)]
    data = batch(steps[0])
    losses = [float(step.step(*data)) for step in steps]
    assert losses[0] == pytest.approx(losses[1], rel=1e-13)
    for one, other in zip(steps[0].state(), steps[1].state(), strict=True):
        assert torch.allclose(one, other, rtol=1e-9, atol=1e-12)


def test_recomputing_does_not_change_a_bit() -> None:
    steps = [made(memory=memory) for memory in ("stored", "square root")]
    data = batch(steps[0])
    assert torch.equal(*[step.step(*data) for step in steps])
    assert all(map(torch.equal, steps[0].state(), steps[1].state()))


def test_the_native_backend_says_that_it_cannot() -> None:
    with pytest.raises(UsageError, match="native backend reads images channel by channel; the layout 'channels last'"):
        made(backend="native")
    assert isinstance(made(backend="best").emitted, emit_python.Emitted)
    with pytest.raises(UsageError, match="with their channels last, not 'channels first'"):
        TorchEngine(layout="channels first")


def test_the_engine_says_its_layout() -> None:
    engine = TorchEngine("float32", layout=LAST)
    assert engine.name == "torch-float32-channels-last"
    assert repr(engine) == "TorchEngine(dtype='float32', device='cpu', layout='channels last')"
    assert "channels_last" in made().source and "channels_last" not in made(layout="").source


# ------------------------------------------------------------------------------------------------ what is wrong


def relabelled(patch: pytest.MonkeyPatch) -> None:
    """Images are taken to lie pixel by pixel, and were not brought there."""
    patch.setattr(_Lowering, "arranged", lambda self, view, strides: replace(view, strides=strides))


def emitted_by_channels(patch: pytest.MonkeyPatch) -> None:
    """The tensors that convolutions make lie channel by channel, where the plan has them pixel by pixel."""
    patch.setitem(python_lines.FUNCTIONS, "channels_last", torch.contiguous_format)


def rows_and_columns(patch: pytest.MonkeyPatch) -> None:
    """The results of convolutions are read with rows and columns exchanged."""
    right = _Lowering.by_pixels

    def wrong(self: Any, wire: Any, args: Any, choice: Any) -> Any:
        view = right(self, wire, args, choice)
        batches, channels, rows, columns = view.strides
        return replace(view, strides=(batches, channels, columns, rows))

    patch.setattr(_Lowering, "by_pixels", wrong)


@pytest.mark.parametrize("plant", [relabelled, emitted_by_channels, rows_and_columns])
def test_a_wrong_layout_is_refuted(plant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    step = made(network=there_and_back(norm=False))
    report = validate(step, batch(step))
    assert report.verdict is Strength.REFUTED, report.summary
