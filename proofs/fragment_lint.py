"""The fragment: code that touches values may define, pair, unpair, call and return, and nothing else.

Such code is straight-line and parametric, so that one run on opaque values (``symbols``) is every run. What handles
objects and whole morphisms (*plumbing*) may read attributes too, but it may not branch: a branch would be taken once,
under proof, and perhaps not again in training. Where plumbing branches all the same, ``OUTSIDE`` says why that is
harmless.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import verified_cat

MODULES = (
    "functions", "gad", "dual", "cont", "begin", "para", "lens", "learn", "optic", "span", "actegory", "powers",
    "chains",
)  # fmt: skip
"""The modules of ``verified_cat`` whose constructions the proofs are about."""

LENGTH = "branches on how many arrows were composed so far, which no value decides; tests/test_chains.py compares"
OBJECTS = "chooses by the object, which is known before any value is"
LOOP = "the loop that runs more than SHORT maps: held against nested calls by tests/test_chains.py, not by proof"
LINEAR = "composes constant derivatives once; laws run this way on structural maps, and the other on generic ones"
INDICES = "computes with indices of a finite set, which are numbers and no values"
REFUSAL = "refuses an operation or a category that lacks something, before any value is there"

OUTSIDE: dict[str, str] = {
    "functions.Functions.follow": LENGTH,
    "functions.Functions.pairing": "compares the two domains, to refuse maps that share none",
    "functions.Functions.generator": REFUSAL,
    "functions.AdditiveMaps.zero_of": "keeps the zero of an object that was met before",
    "functions.AdditiveMaps.sum_of": OBJECTS,
    "functions.AdditiveMaps.generator": REFUSAL,
    "functions.AdditiveMaps._rule": REFUSAL,
    "gad.GAD.compose": f"{LINEAR}; {LENGTH}",
    "gad.GAD.tensor": LINEAR,
    "gad.GAD.pairing": LINEAR,
    "gad.GAD.generator": "a linear operation has one derivative for all points, by the table",
    "gad.change_of_derivatives.on": "takes a morphism, not a value",
    "para.tie": REFUSAL,
    "lens.ReverseDerivative.generator": REFUSAL,
    "optic.Optic._cartesian": REFUSAL,
    "powers.Reindexing.__post_init__": INDICES,
    "powers.Indices.compose": INDICES,
    "powers.Indices.tensor": INDICES,
    "powers.Indices.swap": INDICES,
    "powers.Powers.object": INDICES,
    "powers.Powers.entries": INDICES,
    "powers.Powers.row": INDICES,
    "powers.Powers.morphism": INDICES,
    "powers.Powers.multiplicator": INDICES,
    "powers.Powers.multiplicator_inverse": INDICES,
    "chains.InTurn.__call__": LOOP,
    "chains.InTurn.steps": LOOP,
    "chains.ChainRule.__call__": LOOP,
}
"""What is deliberately outside the fragment, by module and qualified name, each with the reason."""

_BRANCHES = (
    ast.If, ast.IfExp, ast.For, ast.While, ast.Try, ast.With, ast.Assert, ast.Raise, ast.Match, ast.Compare,
    ast.BoolOp, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Delete, ast.Global, ast.Nonlocal,
    ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr, ast.Import, ast.ImportFrom, ast.AugAssign,
)  # fmt: skip
_LOOKS = frozenset((
    "type", "id", "isinstance", "issubclass", "hash", "len", "repr", "str", "bool", "int", "float", "getattr",
    "setattr", "hasattr", "vars", "dir", "callable", "iter", "next", "zip", "map", "filter", "sorted", "any", "all",
    "sum", "min", "max", "open", "print", "globals", "locals",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Violation:
    """What is outside the fragment, and where."""

    file: str
    line: int
    function: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.function}: {self.what}"


Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


# ------------------------------------------------------------------------------------------------ what is looked at


def lint(text: str, file: str) -> list[Violation]:
    """Everything in a module that is outside the fragment. Raises SyntaxError for what is no Python."""
    tree = ast.parse(text)
    pure = {each.name for each in tree.body if isinstance(each, ast.FunctionDef) and _touches_values(each)}
    pure |= _imported(tree)
    found: list[Violation] = []
    for name, function, enclosing in _functions(tree, "", ()):
        inspect = _value_code if _on_values(function, enclosing) else _plumbing
        found += [Violation(file, line, name, what) for line, what in inspect(function, enclosing, pure)]
    return sorted(found, key=lambda each: (each.line, each.what))


def findings() -> tuple[list[Violation], list[str]]:
    """What the package's constructions have outside the fragment beyond ``OUTSIDE``, and which entries are not used."""
    used, beyond = set(), []
    folder = Path(verified_cat.__file__).parent
    for module in MODULES:
        for each in lint((folder / f"{module}.py").read_text(encoding="utf-8"), f"verified_cat/{module}.py"):
            entry = f"{module}.{each.function}"
            used.add(entry)
            if entry not in OUTSIDE:
                beyond.append(each)
    return beyond, sorted(OUTSIDE.keys() - used)


def looked_at() -> tuple[int, int]:
    """How many functions on values, and how many that are plumbing, the lint reads."""
    counts = [0, 0]
    folder = Path(verified_cat.__file__).parent
    for module in MODULES:
        tree = ast.parse((folder / f"{module}.py").read_text(encoding="utf-8"))
        for _, function, enclosing in _functions(tree, "", ()):
            counts[not _on_values(function, enclosing)] += 1
    return counts[0], counts[1]


def _imported(tree: ast.Module) -> set[str]:
    """Names that come from a module under this lint: their own text is checked there."""
    known = {f"verified_cat.{module}" for module in MODULES}
    return {
        each.asname or each.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module in known
        for each in node.names
    }


def _functions(
    node: ast.AST, prefix: str, enclosing: tuple[Function, ...]
) -> Iterator[tuple[str, Function, tuple[Function, ...]]]:
    """Every function of a module with its qualified name and the functions around it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{prefix}{child.name}.", enclosing)
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            name = f"{prefix}{'lambda' if isinstance(child, ast.Lambda) else child.name}"
            yield name, child, enclosing
            yield from _functions(child, f"{name}.", (*enclosing, child))
        else:
            yield from _functions(child, prefix, enclosing)


def _touches_values(function: Function) -> bool:
    """Whether a parameter is a value."""
    given = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    return any(isinstance(each.annotation, ast.Name) and each.annotation.id == "Value" for each in given)


def _on_values(function: Function, enclosing: tuple[Function, ...]) -> bool:
    """What takes a value, and whatever is made inside another function: that is what runs on values later."""
    return _touches_values(function) or bool(enclosing) or isinstance(function, ast.Lambda)


# ------------------------------------------------------------------------------------------------ the two fragments


def _plumbing(function: Function, _: tuple[Function, ...], __: set[str]) -> Iterator[tuple[int, str]]:
    """Branches, loops, comparisons and the like in what handles objects and morphisms."""
    if function.args.defaults or any(function.args.kw_defaults):
        plain = all(isinstance(each, ast.Constant | ast.Lambda) for each in function.args.defaults)
        if not plain:
            yield function.lineno, "a default argument that is no constant"
    for node in _own(function):
        if isinstance(node, _BRANCHES):
            yield node.lineno, f"{_called(node)} in plumbing"


def _own(function: Function) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions inside it."""
    body = [function.body] if isinstance(function, ast.Lambda) else list(function.body)
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        yield node
        pending += ast.iter_child_nodes(node)


def _value_code(function: Function, enclosing: tuple[Function, ...], pure: set[str]) -> Iterator[tuple[int, str]]:
    """Everything in a function on values that is not define, pair, unpair, call or return."""
    args = function.args
    if args.defaults or any(args.kw_defaults):
        yield function.lineno, "a default argument"
    if args.vararg or args.kwarg or args.kwonlyargs:
        yield function.lineno, "a variable or named argument"
    if isinstance(function, ast.AsyncFunctionDef) or getattr(function, "decorator_list", []):
        yield function.lineno, "a decorated or asynchronous function"
    own = _bound(function)
    around = set().union(*(_bound(each) for each in enclosing)) - own if enclosing else set()
    reader = _Reader(own, around, pure)
    if isinstance(function, ast.Lambda):
        yield from reader.expression(function.body)
        return
    for number, statement in enumerate(function.body):
        if number == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue  # the docstring
        yield from reader.statement(statement)


def _bound(function: Function) -> set[str]:
    """The names that a function binds: its parameters, its locals, the functions inside it."""
    args = function.args
    found = {each.arg for each in (*args.posonlyargs, *args.args, *args.kwonlyargs)}
    for node in _own(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    if not isinstance(function, ast.Lambda):
        found |= {
            each.name for each in ast.walk(function) if isinstance(each, ast.FunctionDef) and each is not function
        }
    return found


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads code on values: ``own`` names hold values, those ``around`` hold functions, morphisms and categories."""

    own: set[str]
    around: set[str]
    pure: set[str]

    def statement(self, node: ast.stmt) -> Iterator[tuple[int, str]]:
        if isinstance(node, ast.FunctionDef):
            return  # read on its own
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from self.target(target)
            yield from self.expression(node.value)
        elif isinstance(node, ast.Return) and node.value is not None:
            yield from self.expression(node.value)
        else:
            yield node.lineno, f"{_called(node)}"

    def target(self, node: ast.expr) -> Iterator[tuple[int, str]]:
        if isinstance(node, ast.Tuple):
            for each in node.elts:
                yield from self.target(each)
        elif not isinstance(node, ast.Name):
            yield node.lineno, f"an assignment to {_called(node)}"

    def expression(self, node: ast.expr) -> Iterator[tuple[int, str]]:
        if isinstance(node, ast.Tuple):
            for each in node.elts:
                yield from self.expression(each)
        elif isinstance(node, ast.Call):
            yield from self.callee(node.func)
            if node.keywords:
                yield node.lineno, "a named argument"
            for each in node.args:
                yield from self.expression(each)
        elif isinstance(node, ast.Name):
            yield from self.name(node)
        elif isinstance(node, ast.Attribute):
            yield from self.part(node)
        elif not isinstance(node, ast.Lambda):
            yield node.lineno, f"{_called(node)}"

    def name(self, node: ast.Name) -> Iterator[tuple[int, str]]:
        if node.id in self.own | self.around | self.pure:
            return
        what = f"the look inside {node.id}()" if node.id in _LOOKS else f"the global {node.id}"
        yield node.lineno, what

    def callee(self, node: ast.expr) -> Iterator[tuple[int, str]]:
        """A function; on a value of ours only ``run``, for that value is then an arrow (a derivative)."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in self.own:
            if node.attr != "run":
                yield node.lineno, f"the attribute {node.attr} of the value {node.value.id}"
        else:
            yield from self.expression(node)

    def part(self, node: ast.Attribute) -> Iterator[tuple[int, str]]:
        """An attribute of what is around, such as a category or an arrow: never of a value."""
        root: ast.expr = node
        while isinstance(root, ast.Attribute):
            root = root.value
        if not isinstance(root, ast.Name):
            yield node.lineno, f"the attribute {node.attr} of {_called(root)}"
        elif root.id in self.own:
            yield node.lineno, f"the attribute {node.attr} of the value {root.id}"
        else:
            yield from self.name(root)


_WORDS = {
    "If": "a branch", "IfExp": "a branch", "Match": "a branch", "For": "a loop", "While": "a loop", "Try": "a try",
    "Assert": "an assert", "Compare": "a comparison", "BoolOp": "a boolean operation", "Subscript": "an index",
    "ListComp": "a comprehension", "SetComp": "a comprehension", "DictComp": "a comprehension",
    "GeneratorExp": "a comprehension", "BinOp": "arithmetic", "UnaryOp": "arithmetic", "Constant": "a constant",
    "Global": "a global", "Nonlocal": "a nonlocal", "Raise": "a raise", "Starred": "a star", "JoinedStr": "a string",
}  # fmt: skip


def _called(node: ast.AST) -> str:
    if isinstance(node, ast.Compare) and any(isinstance(each, ast.Is | ast.IsNot) for each in node.ops):
        return "an is-test"
    kind = type(node).__name__
    return _WORDS.get(kind, f"a {kind}")
