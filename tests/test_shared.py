"""Equal objects and terms are one object: however they are made, in threads, after a fork, as long as they live."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import signal
import sys
import threading
import warnings
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import Any, ClassVar

import pytest

from verified_cat import objects, shared
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Sort, Space, Unit, space
from verified_cat.primitives import scale
from verified_cat.terms import Compose, Copy, Generator, Identity, Swap, Tensor

A, B = space(2, 3), Sort("of this test")

MADE: list[Callable[[], Ob]] = [
    Unit,
    lambda: space(2, 3),
    lambda: Space(shape=(2, 3)),
    Space,
    lambda: Sort("of this test"),
    lambda: A @ B,
    lambda: Pair(right=B, left=A),
    lambda: (A @ UNIT) @ (UNIT @ B),
]


@pytest.mark.parametrize("made", MADE)
def test_equal_objects_are_one_object(made: Callable[[], Ob]) -> None:
    ob = made()
    assert made() is ob
    assert copy.copy(ob) is ob and copy.deepcopy(ob) is ob
    assert pickle.loads(pickle.dumps(ob)) is ob  # noqa: S301  our own bytes: processes pass objects
    assert eval(repr(ob), vars(objects)) is ob


def test_different_objects_are_different() -> None:
    """Also where their parts are the same, in another order, bracketing or class."""

    class Named(Sort):
        """Sorts of their own."""

    alike = [A, B, UNIT, SCALAR, space(3, 2), space(1), space(0), Sort("R[2,3]"), Named("of this test")]
    alike += [A @ B, B @ A, A @ A, (A @ B) @ B, A @ (B @ B), A @ UNIT, UNIT @ A]
    assert len(set(alike)) == len(alike)
    assert Named("of this test") is alike[8]


def test_what_is_known_hides_nothing_wrong() -> None:
    """(True,) equals (1,), and R[1] is known."""
    known = space(1)
    for wrong in (True, 1.0):
        with pytest.raises(TypeError, match="a shape is a tuple of lengths"):
            Space((wrong,))  # type: ignore[arg-type]
    pair = Pair(known, known)
    with pytest.raises(TypeError, match="argument"):
        Pair(known, known, known)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="argument"):
        Pair(known, known, right=known)  # type: ignore[misc]
    assert Pair(known, known) is pair
    assert Compose(first=Copy(A), second=Swap(A, A)) is Copy(A) >> Swap(A, A)


def test_trees_that_share_nothing_are_compared_at_once() -> None:
    """2⁶⁰ leaves; and a tree that is deeper than the stack comes and goes."""
    one, other = Pair(A, B), Pair(A, B)
    for _ in range(60):
        one, other = Pair(one, one), Pair(other, other)
    assert one == other and hash(one) == hash(other) and one != Pair(one, other)
    for _ in range(100_000):
        one = Pair(one, A)
    before = len(shared._TABLE)
    del one
    assert len(shared._TABLE) <= before - 100_000


def test_what_nobody_holds_is_let_go_and_made_again() -> None:
    held = space(2, 3, 5, 7)
    kept = [
        weakref.ref(made) for made in (held @ held, Copy(held), scale(2, held.shape), Tensor(Copy(held), Copy(held)))
    ]
    assert [reference() for reference in kept] == [None] * 4
    assert [key for key in shared._TABLE if held in key] == []
    assert (held @ held) is Pair(held, held)


def test_the_end_of_a_value_leaves_another_of_its_key() -> None:
    """The end may be told late: what was made meanwhile stays known."""
    late = shared._Reference(A, None)
    late.key = (Space, (2, 3))
    shared._forget(late)
    assert space(2, 3) is A
    late.key = (Space, "never made")
    shared._forget(late)


def test_what_ends_where_it_cannot_be_hashed_is_let_go_when_the_next_is_made() -> None:
    """So it is at the end of the stack, as operations are hashed by code of their own."""

    @dataclass(frozen=True)
    class Deep:
        """An operation."""

        name: str
        dom: ClassVar[Ob] = SCALAR
        cod: ClassVar[Ob] = SCALAR
        ends: ClassVar[bool] = False

        def __hash__(self) -> int:
            if self.ends:
                raise RecursionError
            return hash(self.name)

    terms = [Generator(Deep(name)) for name in "abc"]
    before = len(shared._TABLE)
    Deep.ends = True
    del terms[1:]
    assert len(shared._TABLE) == before
    Deep.ends = False
    fourth = Generator(Deep("d"))
    assert len(shared._TABLE) == before - 1 and not shared._late
    assert Generator(Deep("a")) is terms[0] and Generator(Deep("d")) is fourth


def test_what_is_collected_at_the_end_of_the_stack_is_let_go() -> None:
    """Only with a frame left or none is it kept until it is made again: nothing at all can be called there."""

    def down(frames: int) -> None:
        if frames:
            down(frames - 1)
        else:
            gc.collect(0)

    def held(frames: int) -> bool:
        """A term in a circle, which nobody holds, is collected so many frames down."""
        before = len(shared._TABLE)
        circle: list[Any] = [scale(Fraction(1, frames + 5), ())]
        circle.append(circle)
        del circle
        down(frames)
        space(frames, 5, 7)
        return len(shared._TABLE) > before

    gc.collect()
    found: list[bool] = []
    with suppress(RecursionError):
        for frames in count(sys.getrecursionlimit() - 100):
            found.append(held(frames))
    assert len(found) > 10 and not any(found[:-2])


def test_two_threads_make_one_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have looked for it in vain, and made it, before one enters it."""
    barrier = threading.Barrier(2, timeout=30)

    class Meeting(shared._Reference):
        __slots__ = ()

        def __init__(self, *_: Any) -> None:
            barrier.wait()

    monkeypatch.setattr(shared, "_Reference", Meeting)
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(Sort, ["of two threads"] * 2)
    assert one is other


@pytest.mark.skipif(not hasattr(os, "fork"), reason="not run: this system has no fork")
def test_a_child_makes_values_though_a_thread_held_the_lock() -> None:
    with shared._lock, ThreadPoolExecutor(1) as pool:
        left, right = os.pipe()

        def fork() -> int:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # 3.12 warns of threads in a process that is forked
                child = os.fork()
            if child == 0:
                signal.alarm(30)
                made = Identity(Pair(A, space(2, 3, 11)))
                os.write(right, str(made.dom).encode())
                os._exit(0)
            return child

        child = pool.submit(fork).result()
        os.waitpid(child, 0)
        os.close(right)
        said = os.read(left, 100).decode()
        os.close(left)
    assert said == "(R[2,3] ⊗ R[2,3,11])"
