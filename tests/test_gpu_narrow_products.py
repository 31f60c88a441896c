"""Products in bfloat16 beside state in float32: what is rounded, what is not, and that a step is validated so."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import primitives  # noqa: E402
from verified_cat.errors import UsageError  # noqa: E402
from verified_cat.gpu import python_lines  # noqa: E402
from verified_cat.gpu.emit_c import emit as emit_c  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.randomness import initial_weights  # noqa: E402
from verified_cat.gpu.step import Step  # noqa: E402
from verified_cat.networks import mean_square, perceptron, supervised  # noqa: E402
from verified_cat.optimiser import Optimiser, adam, gradient_descent, momentum  # noqa: E402
from verified_cat.report import Strength  # noqa: E402
from verified_cat.validation import validate  # noqa: E402

NARROW = TorchEngine("float32", products="bfloat16")
RULES = [gradient_descent(Fraction(1, 10)), momentum(Fraction(1, 10), Fraction(1, 2)), adam(Fraction(1, 100))]


def step(rule: Optimiser, engine: TorchEngine = NARROW, rows: int = 6) -> tuple[Step, tuple[Any, Any]]:
    model = perceptron(rows, (5, 9, 3), primitives.tanh)
    made = Step(supervised(model.map, mean_square(rows, 3)), rule, engine, names=model.names)
    made.start(initial_weights(model.map.param, model.names, 0))
    drawn = torch.Generator().manual_seed(1)
    return made, (torch.randn(rows, 5, generator=drawn), torch.randn(rows, 3, generator=drawn))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_step_is_validated(rule: Optimiser) -> None:
    made, data = step(rule)
    report = validate(made, data)
    assert report.verdict is Strength.SAMPLED, report.summary
    assert 0 < report.kernels["product"].share <= 1 and report.same_run.identical


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_same_step_is_refuted_where_float32_is_claimed(rule: Optimiser) -> None:
    """The bound of float32 is far below the rounding of a bfloat16: who says nothing of it is caught."""
    made, data = step(rule)
    made.engine = TorchEngine("float32")
    lines = python_lines._narrow_product
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(python_lines, "_product", lines)
        report = validate(made, data)
    assert report.verdict is Strength.REFUTED and "product" in report.summary


def test_master_weights_move_by_less_than_a_bfloat16_can_tell() -> None:
    """1 + 2⁻¹² is no bfloat16. The parameters are float32, and so are the sums that update them."""
    made, (x, y) = step(gradient_descent(Fraction(1, 2**14)))
    before = made.saved()
    for _ in range(3):
        made.step(x, y)
    moved = [(new - old).abs().max() for new, old in zip(made.parameters(), before, strict=True)]
    assert all(0 < float(each) < 2**-9 for each in moved)
    assert any(bool((new != new.bfloat16().float()).any()) for new in made.parameters())


def test_it_stays_near_the_wide_step() -> None:
    wide, data = step(RULES[0], TorchEngine("float32"))
    narrow, _ = step(RULES[0])
    losses = [(float(wide.step(*data)), float(narrow.step(*data))) for _ in range(50)]
    assert all(abs(one - other) <= 0.05 * one for one, other in losses) and losses[-1][0] < losses[0][0]
    assert any(one != other for one, other in losses)


def test_what_goes_with_what() -> None:
    assert NARROW.name == "torch-float32-bfloat16-products"
    assert eval(repr(NARROW), {"TorchEngine": TorchEngine}).products == "bfloat16"
    for arguments, message in [
        ({"dtype": "float64", "products": "bfloat16"}, "products in bfloat16 go with float32, not with float64"),
        ({"dtype": "float32", "products": "tf32"}, "tf32 is a format of CUDA devices, not of cpu"),
        ({"dtype": "float32", "products": "int8"}, "in the engine's own dtype, bfloat16 or tf32, not in 'int8'"),
    ]:
        with pytest.raises(UsageError, match=message):
            TorchEngine(**arguments)
    made, _ = step(RULES[0])
    with pytest.raises(UsageError, match="torch-float32-bfloat16-products"):
        emit_c(made.plan, NARROW)
    best, data = step(RULES[0])
    assert Step(best.objective, best.rule, NARROW, backend="best").source == best.source and float(best.step(*data)) > 0
