"""Negative controls: engines with one planted fault, each with the law that must refute it, and harmless variants.

A suite that passes a broken engine says nothing of a sound one. ``caught`` runs the law named for a control until an
instance fails by comparison: an exception is no way to be caught. ``laws/kills.py`` holds every law against each.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from verified_cat import crosscheck
from verified_cat.check import LAWS, Law
from verified_cat.deciding import exact
from verified_cat.draw import seeded
from verified_cat.errors import DataError
from verified_cat.laws import engines, faults, suite
from verified_cat.laws.faults import Fault, after, before, flatly, instead, on_left, on_right
from verified_cat.primitives import Primitive, pullback, pushforward
from verified_cat.report import Strength
from verified_cat.sampling import EngineRaised, Tally, try_instance
from verified_cat.terms import Term, operations
from verified_cat.worlds import Mutant, drawing, mutated

CROSSCHECK = "crosscheck"
"""The judge of faults that no law can see: an engine that is wrong consistently satisfies every equation between its
own results, so its numbers are compared with SymPy's, ``verified_cat.crosscheck``."""

DRAWS, TERMS = 40, 600


@dataclass(frozen=True, slots=True)
class Control:
    """``engine`` with the operations of ``planted`` changed ("*" is every operation), and the ``judge`` to refute it.

    ``claims`` is the precision that the engine passes itself off for, "" for its own.
    """

    name: str
    planted: dict[str, Fault]
    judge: str
    engine: str = "torch"
    claims: str = ""
    kind: ClassVar[str] = "operation"

    @property
    def within(self) -> Mutant | None:
        """What is wrong with the constructions of this package: nothing."""
        return None

    def touches(self, world: str, operations: frozenset[str]) -> bool:
        """Whether an instance that applies these operations can meet what is broken."""
        return bool(self.claims or operations & set(self.planted) or (operations and "*" in self.planted))

    def build(self) -> Any:
        """The engine, new each time: a fault may have a memory."""
        inner = engines.ENGINES[self.engine]()
        write_out = getattr(inner, "dense", lambda value: value)

        def dense(value: Any) -> Any:
            return tuple(map(dense, value)) if isinstance(value, tuple) else write_out(value)

        def operation(_: Any, asked: Any) -> Any:
            right = inner.operation(asked)
            fault = self.planted.get(asked.name, self.planted.get("*"))
            if fault is None:
                return right
            run = fault(lambda value: dense(right(value)), asked)
            return lambda value: run(dense(value))

        broken = mutated(inner, {"operation": operation})
        broken.precision = self.claims or inner.precision
        return broken


# ------------------------------------------------------------------------------------------------ judging


def judged(control: Control, judge: str, draws: int = DRAWS) -> str:
    """ "refuted" by a comparison of numbers, "raised" where an exception or a NaN alone was seen, else "survived".

    A law that compares bits says where a NaN belongs, so that there a NaN is a number like others.
    """
    if judge == CROSSCHECK:
        return _compared_with_sympy(control, TERMS)
    suite.load()
    stated = LAWS[judge]
    if control.engine == engines.EXACT:
        cases = ((world, seed) for world in stated.worlds for seed in range(draws))
        return "refuted" if any(_decided(control, stated, world, seed) for world, seed in cases) else "survived"
    outcomes = {_at(control, judge, world, draws) for world in stated.worlds}
    return next((word for word in ("refuted", "raised") if word in outcomes), "survived")


def _decided(control: Control, stated: Law, world: str, seed: int) -> bool:
    """Whether the law is refuted exactly at one draw. A function that leaves a domain raises: that is no refutation."""
    with suppress(DataError):
        return exact(stated, world, control.build(), engines.judge, [seeded(seed)]).strength is Strength.REFUTED
    return False


def _at(control: Control, judge: str, world: str, draws: int) -> str:
    """The law in one world, at the draws of the seeds 0, 1, 2, …, up to the first that fails."""
    stated, engine, raised = LAWS[judge], control.build(), False
    bounds = engines.bounds_for(engine.precision)
    for seed in range(draws):
        tally = Tally()
        try:
            try_instance(stated, world, engine, bounds, drawing(engine, world, seeded(seed), stated.style), tally)
        except EngineRaised:
            raised = True
        if tally.failed is not None:
            if math.isfinite(tally.failed["gap"]) or stated.equality == "bitwise":
                return "refuted"
            raised = True
    return "raised" if raised else "survived"


def _compared_with_sympy(control: Control, terms: int) -> str:
    """The cross-check on the instances that meet the fault, in the term or in its derivatives."""
    engine = control.build()
    for at in (crosscheck.instance(0, index) for index in range(terms)):
        if not control.touches("", _met(at.term)):
            continue
        found = crosscheck.check(at, [engine])
        if any(each.excess is not None and math.isfinite(each.gap) for each in found.comparisons):
            return "refuted"
    return "survived"


def _met(term: Term) -> frozenset[str]:
    """The operations that a term and its derivatives are made of."""
    used = {operation for operation in operations(term) if isinstance(operation, Primitive)}
    return frozenset().union({operation.name for operation in used}, *map(_in_derivatives, used))


@cache
def _in_derivatives(operation: Primitive) -> frozenset[str]:
    return frozenset(each.name for rule in (pullback, pushforward) for each in operations(rule(operation)))


def caught(control: Control) -> bool:
    """Whether the judge named for a control refutes it, by comparison."""
    return judged(control, control.judge) == "refuted"


def passed(harmless: Control, laws: Iterable[str] = (), draws: int = 8) -> bool:
    """Whether a harmless variant survives every law (by default those named as judges) and the crosscheck."""
    survives = all(judged(harmless, each, draws) == "survived" for each in laws or law_judges())
    return survives and _compared_with_sympy(harmless, TERMS // 24) == "survived"


def law_judges() -> list[str]:
    """The laws named for the controls, each once, in the order of ``CONTROLS``."""
    return [name for name in dict.fromkeys(control.judge for control in CONTROLS) if name != CROSSCHECK]


CONTROLS: tuple[Control, ...] = (
    Control("add forgets its right", {"add": instead(lambda xy: xy[0])}, "ADD-HOMCMON"),
    Control("add is biased", {"add": after(lambda z: z + 2**-20)}, "ADD-HOMCMON"),
    Control("add saturates", {"add": after(lambda z: z.clamp(-1, 1))}, "ADD-HOMCMON"),
    Control("add subtracts", {"add": instead(lambda xy: xy[0] - xy[1])}, "ADD-HOMCMON"),
    Control("add is max", {"add": instead(lambda xy: xy[0].maximum(xy[1]))}, "ADD-HOMCMON"),
    Control("add writes into its left", {"add": faults.added_in_place}, "META-PURE"),
    Control("add in half", {"add": after(faults.in_half)}, "DUAL-ADJ"),
    Control("multiply squares its left", {"multiply": instead(lambda xy: xy[0] * xy[0])}, "DUAL-ADJ"),
    Control("multiply meets entries in reverse", {"multiply": on_right(faults.reversed_entries)}, "DUAL-ADJ"),
    Control("multiply in bfloat16", {"multiply": before(lambda xy: tuple(map(faults.in_bfloat16, xy)))}, "DUAL-ADJ"),
    Control("multiply ignores a sign", {"multiply": on_left(abs)}, "DUAL-ADJ"),
    Control("contract reads its left by columns", {"contract": on_left(faults.column_major)}, CROSSCHECK),
    Control("contract reads its right in reverse", {"contract": on_right(faults.reversed_entries)}, "LOSS-DOT-XOR"),
    Control("contract transposes squares", {"contract": on_right(faults.transposed_square)}, CROSSCHECK),
    Control("contract stops one short", {"contract": on_left(faults.last_entry_lost)}, "DUAL-ADJ"),
    Control("contract in half", {"contract": before(lambda xy: tuple(map(faults.in_half, xy)))}, "LOSS-SCE"),
    Control("sum along the other axis", {"sum": before(faults.column_major)}, "CONV-ADJ"),
    Control("sum is the mean", {"sum": faults.mean_for_sum}, "DUAL-ADJ"),
    Control("sum stops one short", {"sum": before(faults.last_entry_lost)}, "DUAL-ADJ"),
    Control("sum in float32", {"sum": after(faults.in_single)}, "DUAL-ADJ"),
    Control("broadcast along the other axis", {"broadcast": after(faults.column_major)}, "CONV-ADJ"),
    Control("broadcast fills one copy", {"broadcast": after(faults.first_entry_alone)}, "DUAL-ADJ"),
    Control("broadcast shares out", {"broadcast": faults.shared_out}, "DUAL-ADJ"),
    Control("reshape by columns", {"reshape": after(faults.column_major)}, CROSSCHECK),
    Control("reshape in reverse", {"reshape": after(faults.reversed_entries)}, CROSSCHECK),
    Control("permute moves nothing", {"permute": faults.not_moved}, CROSSCHECK),
    Control("scale by the square", {"scale": faults.factor_twice}, "ADD-SCALE"),
    Control("scale ignores the sign", {"scale": faults.sign_ignored}, "ADD-SCALE"),
    Control("scale adds", {"scale": faults.factor_added}, "ADD-SCALE"),
    Control("scale to three decimals", {"scale": faults.factor_rounded}, "ADD-SCALE"),
    Control("negate does nothing", {"negate": instead(lambda x: x)}, "ADD-SCALE"),
    Control("negate is 1 - x", {"negate": after(lambda x: x + 1)}, "ADD-SCALE"),
    Control("zero is 1e-30", {"constant": after(faults.zeros_nudged)}, "ADD-HOMCMON"),
    Control("constant repeats its first", {"constant": after(faults.first_entry_everywhere)}, CROSSCHECK),
    Control("constant in float32", {"constant": after(faults.in_single)}, "LR-GD"),
    Control("permute by the inverse order", {"permute": faults.inverse_order}, "CONV-ADJ"),
    Control("log of |x|", {"log": before(abs)}, "FLOAT-SPECIAL"),
    Control("reciprocal of |x|", {"reciprocal": before(abs)}, "FLOAT-SPECIAL"),
    Control("sigmoid overflows", {"sigmoid": instead(lambda x: x.exp() / (1 + x.exp()))}, "FLOAT-RANGE"),
    Control("relu as a product", {"relu": instead(lambda x: x * (x > 0))}, "FLOAT-SPECIAL"),
    Control("NaN is 0", {"*": after(lambda z: z.nan_to_num(0, math.inf, -math.inf))}, "FLOAT-SPECIAL"),
    Control("zeros lose their sign", {"*": after(lambda z: z + 0.0)}, "FLOAT-SPECIAL"),
    Control("infinities are the largest numbers", {"*": after(lambda z: z.nan_to_num(math.nan))}, "FLOAT-SPECIAL"),
    Control("step is 1 at 0", {"step": instead(lambda x: (x >= 0).to(x.dtype))}, "FLOAT-SPECIAL"),
    Control("relu leaks", {"relu": instead(lambda x: x.relu() + 1e-6 * x.clamp(max=0))}, "D-EXT"),
    Control("relu is |x|", {"relu": instead(abs)}, "D-EXT"),
    Control("exp off by 256 ulp", {"exp": after(lambda y: y * (1 + 2**-44))}, CROSSCHECK),
    Control("log is log1p", {"log": before(flatly(lambda x: x + 1))}, "D-FUNCT", engines.EXACT),
    Control("reciprocal doubled", {"reciprocal": after(flatly(lambda y: y * 2))}, "D-FUNCT", engines.EXACT),
    Control("reciprocal to half", {"reciprocal": after(faults.in_half)}, "LOSS-SCE"),
    Control("sqrt of x + 1", {"sqrt": before(flatly(lambda x: x + 1))}, "OPT-ADAGRAD"),
    Control("sin in degrees", {"sin": before(flatly(lambda x: x / 57))}, "D-FUNCT", engines.EXACT),
    Control("cos is shifted", {"cos": before(flatly(lambda x: x + 1))}, "D-FUNCT", engines.EXACT),
    Control("tanh is halved", {"tanh": before(flatly(lambda x: x / 2))}, "D-FUNCT", engines.EXACT),
    Control("tanh is clipped", {"tanh": after(lambda y: y.clamp(-0.875, 0.875))}, CROSSCHECK),
    Control("sigmoid is steep", {"sigmoid": before(flatly(lambda x: 2 * x))}, "D-FUNCT", engines.EXACT),
    Control("multiply forgets its right", {"multiply": instead(lambda xy: xy[0])}, "D-FUNCT", engines.EXACT),
    Control("slice starts one later", {"slice": faults.next_slice}, CROSSCHECK),
    Control("place doubles", {"place": after(lambda y: 2 * y)}, CROSSCHECK),
    Control("gather in reverse", {"gather": after(faults.reversed_entries)}, CROSSCHECK),
    Control("scatter keeps the last that meets", {"scatter": faults.last_that_meets}, CROSSCHECK),
    Control("windows turned over", {"windows": faults.windows_turned_over}, CROSSCHECK),
    Control("windows are averaged where they overlap", {"fold_windows": faults.averaged_overlap}, CROSSCHECK),
    Control("convolve turns its kernel over", {"convolve": faults.kernel_turned_over}, CROSSCHECK),
    Control("convolve_input turns its kernel over", {"convolve_input": faults.kernel_turned_over}, CROSSCHECK),
    Control("convolve_weight in half", {"convolve_weight": after(faults.in_half)}, CROSSCHECK),
    Control("softplus of |x|", {"softplus": before(abs)}, CROSSCHECK),
    Control("gaussian is not normed", {"gaussian": after(lambda y: y * 2.5)}, CROSSCHECK),
    Control("gaussian_cdf by tanh", {"gaussian_cdf": instead(faults.cdf_by_tanh)}, CROSSCHECK),
    Control("maximum of sizes", {"maximum": before(abs)}, CROSSCHECK),
    Control("first_maximum is the last", {"first_maximum": faults.last_maximum}, CROSSCHECK),
    Control("softmax to base 2", {"softmax": before(lambda x: 0.6931 * x)}, CROSSCHECK),
    Control("log_softmax forgets the logarithm", {"log_softmax": after(lambda y: y.exp())}, CROSSCHECK),
    Control("one_hot rounds down", {"one_hot": before(lambda x: x.floor())}, CROSSCHECK),
    Control("float32 as float64", {}, "DUAL-ADJ", "torch-float32", "float64"),
    Control("bfloat16 as float32", {}, "DUAL-ADJ", "torch-bfloat16", "float32"),
    Control("stale cache", {"*": faults.remembered}, "ADD-JAM"),
    Control("counter", {"*": faults.counted}, "META-PURE"),
    Control("one buffer", {"*": faults.one_buffer}, "ADD-JAM"),
    Control("not deterministic", {"*": faults.alternating}, "META-PURE"),
    Control("whole numbers", {"*": after(lambda z: z.round())}, "DUAL-ADJ"),
    Control("squares transposed", {"*": after(faults.transposed_square)}, "CONV-ADJ"),
    Control("small numbers flushed", {"*": after(faults.small_flushed)}, CROSSCHECK),
)
"""Every control, with the law that must refute it."""

HARMLESS: tuple[Control, ...] = (
    Control("sum from last to first", {"sum": faults.terms_reversed}, ""),
    Control("add exchanged", {"add": lambda right, _: lambda xy: right((xy[1], xy[0]))}, ""),
    Control("minus zero added", {"*": after(lambda z: z + -0.0)}, ""),
    Control("computed twice", {"*": faults.computed_twice}, ""),
    Control("copied", {"*": faults.copied}, ""),
    Control("contract in double", {"contract": faults.in_double}, "", "torch-float32"),
)
"""Variants that change nothing beyond the last digits: no judge may refute one."""
