"""The fragment lint: the package's constructions are inside it, and whatever steps out is named with its line."""

from __future__ import annotations

import pytest

from verified_cat.proofs.fragment_lint import MODULES, OUTSIDE, findings, lint, looked_at

HEAD = "def made(f: Run, g: Run) -> Run:\n    def inner(x: Value) -> Value:\n"
"""A construction of one inner function on values, to be given a body."""

PLANTED: dict[str, tuple[str, str]] = {
    "attribute of a value": ("return x.shape", "attribute shape of the value x"),
    "attribute of a part": ("a, b = x\n        return a.run", "attribute run of the value a"),
    "method of a value": ("return x.sum()", "attribute sum of the value x"),
    "branch": ("if x:\n            return f(x)\n        return g(x)", "a branch"),
    "conditional": ("return f(x) if x else g(x)", "a branch"),
    "comparison": ("return x == x", "a comparison"),
    "is-test": ("return x is None", "an is-test"),
    "index": ("return x[0]", "an index"),
    "slice": ("return x[1:]", "an index"),
    "len": ("return f(len(x))", "look inside len()"),
    "type": ("return f(type(x))", "look inside type()"),
    "id": ("return f(id(x))", "look inside id()"),
    "isinstance": ("return f(isinstance(x, tuple))", "look inside isinstance()"),
    "hash": ("return f(hash(x))", "look inside hash()"),
    "global": ("return TABLE", "the global TABLE"),
    "call of a global": ("return helper(x)", "the global helper"),
    "global statement": ("global count\n        return x", "a global"),
    "comprehension": ("return tuple(f(a) for a in x)", "a comprehension"),
    "loop": ("for a in x:\n            a\n        return x", "a loop"),
    "while": ("while x:\n            x = f(x)\n        return x", "a loop"),
    "try": ("try:\n            return f(x)\n        except TypeError:\n            return g(x)", "a try"),
    "assert": ("assert x\n        return x", "an assert"),
    "arithmetic": ("return x + x", "arithmetic"),
    "sign": ("return -x", "arithmetic"),
    "constant": ("return f(0)", "a constant"),
    "string": ("return f(f'{x}')", "a string"),
    "star": ("a, *b = x\n        return a, b", "a star"),
    "or": ("return x or f(x)", "a boolean operation"),
    "named argument": ("return f(x, again=g)", "a named argument"),
    "raise": ("raise ValueError", "a raise"),
    "assignment to an attribute": ("f.count = x\n        return x", "an assignment to a Attribute"),
    "walrus": ("return (y := f(x))", "a NamedExpr"),
    "match": ("match x:\n            case (a, b):\n                return a", "a branch"),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_what_is_outside_is_found(planted: str) -> None:
    body, what = PLANTED[planted]
    found = lint(f"{HEAD}        {body}\n    return inner\n", "planted.py")
    assert any(what in each.what for each in found), found
    assert all(each.file == "planted.py" and each.line >= 3 and each.function == "made.inner" for each in found)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("def made(f):\n    def inner(x, again=f):\n        return f(x)\n    return inner", "a default argument"),
        ("def made(f):\n    def inner(*x):\n        return f(x)\n    return inner", "a variable or named argument"),
        ("def made(f):\n    return lambda x: x.shape", "attribute shape"),
        ("def made(f):\n    return lambda x: f(x) if x else x", "a branch"),
        ("def made(f):\n    @cache\n    def inner(x):\n        return f(x)\n    return inner", "a decorated"),
        ("def plain(x: Value) -> Value:\n    return x[0]", "an index"),
        ("class C:\n    def compose(self, f, g):\n        return f if f.length < 3 else g", "a branch in plumbing"),
        ("class C:\n    def row(self, fs):\n        return [self.one(f) for f in fs]", "a comprehension in plumbing"),
    ],
)
def test_other_shapes_of_code_are_looked_at(text: str, what: str) -> None:
    assert any(what in each.what for each in lint(text, "planted.py"))


@pytest.mark.parametrize(
    "body",
    [
        "return f(g(x))",
        "a, b = x\n        return b, (f(a), ())",
        "ab, c = x\n        (a, b), d = ab, c\n        return g((a, f(d)))",
        "y, back = f(x)\n        return back.run(y)",
    ],
)
def test_the_fragment_is_allowed(body: str) -> None:
    assert lint(f'{HEAD}        """It has a docstring."""\n        {body}\n    return inner\n', "planted.py") == []


def test_the_constructions_are_inside() -> None:
    beyond, unused = findings()
    assert not beyond, "\n".join(map(str, beyond))
    assert not unused, f"nothing is outside any more in {unused}"


def test_enough_is_looked_at() -> None:
    on_values, plumbing = looked_at()
    assert on_values >= 70
    assert plumbing >= 300


def test_every_exception_has_a_reason_and_none_is_on_values() -> None:
    """Loops of chains.py and a map of morphisms apart, what is outside is plumbing: methods, not what they make."""
    assert all(OUTSIDE.values())
    assert {name.split(".")[0] for name in OUTSIDE} <= set(MODULES)
    assert [name for name in OUTSIDE if name.count(".") > 1 and not name.split(".")[1][0].isupper()] == [
        "gad.change_of_derivatives.on"
    ]
