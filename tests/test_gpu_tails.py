"""The normal distribution function far below 0, where 1 + erf loses every digit."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
pytest.importorskip("flint", reason="not run: python-flint not installed (pip install verified-cat[balls])")

from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.primitives import Primitive  # noqa: E402
from verified_cat.reference.stepwise import measured  # noqa: E402


@pytest.mark.parametrize(("precision", "lowest"), [("float32", -13.0), ("float64", -37.0)])
def test_the_tail_has_all_its_digits(precision: str, lowest: float) -> None:
    engine, operation = TorchEngine(precision), Primitive("gaussian_cdf", ((400,),))
    x = torch.linspace(lowest, 8, 400, dtype=engine.dtype)
    at = tuple(x.tolist())
    found = engine.lower(operation.cod, engine.operation(operation)(x))
    assert measured(operation, at, found, precision).share <= 1
    assert measured(operation, at, tuple(torch.special.ndtr(x).tolist()), precision).share > 1000  # torch's own
