"""Every primitive has a certificate that its derivative is that of its function, and a wrong row loses it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

pytest.importorskip("flint", reason="not run: python-flint not installed (pip install verified-cat[balls])")

from verified_cat import primitives as p
from verified_cat.functions import Functions
from verified_cat.objects import size
from verified_cat.primitives import Elementwise
from verified_cat.reference.cases import CASES
from verified_cat.reference.certificates import LAYERS, certificate, certificates, slope_at_kink
from verified_cat.reference.enclosure import EnclosureEngine


def test_every_primitive_and_layer_is_certified() -> None:
    found = {each.name: each for each in certificates()}
    assert set(found) == set(p.TABLE) | set(LAYERS)
    assert {name: each.faults for name, each in found.items() if each.faults} == {}
    assert all(found[name].exact and found[name].balls and found[name].radius < 1e-30 for name in p.TABLE)


def test_the_table_and_the_certificates_have_the_same_keys() -> None:
    assert set(CASES) == set(p.TABLE)


def test_a_new_primitive_needs_a_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(p.TABLE, "cube", p.TABLE["exp"])
    assert "no certificate" in str(certificate("cube"))


@pytest.mark.parametrize("name", ["exp", "tanh", "log"])
def test_a_wrong_row_loses_its_certificate(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    kind: Any = p.TABLE[name]
    wrong = Elementwise(kind.typing, lambda shape: kind.slope(shape) >> p.scale(2, shape), kind.domain)
    monkeypatch.setitem(p.TABLE, name, wrong)
    faults = " ".join(certificate(name).faults)
    assert "different" in faults and "are apart" in faults


def test_the_kinks_are_torchs() -> None:
    """The convention at 0 of the installed torch, by its own autograd: relu as relu, step as the derivative of relu."""
    torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
    kinks = {name for name, kind in p.TABLE.items() if isinstance(kind, Elementwise) and kind.kinks}
    theirs = {"relu": torch.relu, "step": lambda x: torch.sign(torch.relu(x))}
    assert kinks == set(theirs)
    for name, function in theirs.items():
        x = torch.zeros((), dtype=torch.float64, requires_grad=True)
        function(x).backward()
        assert x.grad is not None
        assert slope_at_kink(name) == float(x.grad) == 0, f"{name} at 0 in torch {torch.__version__}"


def test_ties_are_torchs() -> None:
    """Of equal largest entries the first takes the whole gradient in torch's max(dim), argmax and max_pool2d."""
    torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
    shape, entries = (2, 2, 4), [3, 5, 5, 1, 5, 0, 5, 5, -1, -1, -1, -1, -1, -2, -1, -1]
    engine = EnclosureEngine(64)
    for axes, theirs in (
        ((2,), lambda x: x.max(dim=2).values),
        ((1, 2), lambda x: torch.max_pool2d(x[:, None], (2, 4))),
    ):
        x = torch.tensor(entries, dtype=torch.float64).reshape(shape).requires_grad_()
        theirs(x).sum().backward()  # type: ignore[no-untyped-call]
        term = p.reverse(p.Primitive("maximum", (shape, axes)))
        ones = (Fraction(1),) * size(term.dom.right)  # type: ignore[attr-defined]
        at = engine.lift(term.dom, (tuple(map(Fraction, entries)), ones))
        found = engine.lower(term.cod, Functions(engine).meaning(term)(at))
        assert x.grad is not None
        assert list(found) == x.grad.reshape(-1).tolist(), f"ties over {axes} in torch {torch.__version__}"
