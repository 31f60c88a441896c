"""The suite uses the protocol of an engine alone, and engines of others are held to the same laws."""

from fractions import Fraction

import pytest

from verified_cat.functions import Functions
from verified_cat.laws import engines, suite
from verified_cat.laws.profiles import effort
from verified_cat.objects import SCALAR, space
from verified_cat.primitives import matvec, tanh
from verified_cat.report import Strength

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.laws.strict import ProtocolError

ACROSS = ["CAT-ASSOC", "MON-ISO", "CART-UNIV", "D-RULES", "RD.5", "PARA-2CAT", "LENS-CAT", "LEARN-CAT", "L-ALPHA"]


@pytest.mark.parametrize("law", ACROSS)
def test_the_suite_passes_on_the_strict_engine(law: str) -> None:
    suite.load()
    assert suite.row(law, "strict", effort(examples=5)).strength is Strength.SAMPLED


@pytest.mark.parametrize(
    "law", ["PARA-ASSOC", "D-RULES", "L-FUNCT", "DUAL-ADJ", "OPT-PROD", "FLOAT-COMM-ZERO", "FLOAT-RANGE"]
)
def test_the_engine_of_the_tutorial(law: str) -> None:
    suite.load()
    assert suite.row(law, "examples.numpy_engine:NumpyEngine", effort(examples=8)).strength is Strength.SAMPLED


def test_the_strict_engine_computes_and_tells_nothing() -> None:
    engine = engines.engine("strict")
    layer = matvec(2, 2) >> tanh((2,))
    one = Fraction(1)
    value = Functions(engine).meaning(layer)(engine.lift(layer.dom, ((one, one, one, one), (one, one))))
    assert engine.lower(layer.cod, value) == pytest.approx((0.9640275800758169,) * 2, rel=1e-15)
    for look in (
        lambda: value + value,
        lambda: value.shape,
        lambda: bool(value),
        lambda: value == value,
        lambda: len(value),
        lambda: list(value),
        lambda: float(value),
    ):
        with pytest.raises(ProtocolError):
            look()
    with pytest.raises(ProtocolError):
        engine.lower(SCALAR, 1.0)
    with pytest.raises(ProtocolError):
        engine.lower(space(2) @ space(2), value)
    with pytest.raises(AttributeError):
        engine.dense  # noqa: B018
