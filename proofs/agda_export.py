"""Printed code: the straight-line functions of the package, read from their source and printed to Agda.

The fragment is def, lambda, tuples, taking a tuple apart, calls and return. Anything else is refused by name and line,
so that what Agda checks is what Python runs. A bare call of ``must_meet`` is a check of boundaries and is left out:
in Agda the types do it. ``f.run`` of an arrow is the arrow. What comes from outside a function becomes an argument.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field

from verified_cat.errors import VerifiedCatError

Source = Callable[[str], str]

PRAGMA = "{-# OPTIONS --safe --without-K #-}"
"""The first line of every module: no axiom, and no uniqueness of identity proofs."""


class OutsideFragment(VerifiedCatError):
    """A function that is to be printed uses what is not in the fragment."""


@dataclass(frozen=True, slots=True)
class Export:
    """A function, or a part of one, with its type in Agda.

    ``path`` is the way to it: "learn:update_after", "gad:GAD.forget.value". ``part`` is a local name, "return", the
    number of an argument of the call that is returned, or empty for the whole function. ``outside`` names what the
    function takes from elsewhere: the Python expression, and the name of the argument that it becomes.
    """

    path: str
    type: str
    part: str | int = ""
    outside: dict[str, str] = field(default_factory=dict, hash=False)
    own_arguments: bool = True

    @property
    def module(self) -> str:
        return f"verified_cat.{self.path.split(':')[0]}"

    @property
    def name(self) -> str:
        """The name in Agda."""
        words = self.path.split(":")[1].replace(".", "_").split("_")
        return "-".join([*filter(None, words), *([str(self.part)] if self.part != "" else [])])


def source_of(module: str) -> str:
    """The source of a module of the package, as it stands."""
    return inspect.getsource(importlib.import_module(module))


def printed(exports: tuple[Export, ...], opening: str, given: dict[str, str], source: Source = source_of) -> str:
    """The Agda module with these functions, after its opening lines.

    ``given`` names what the opening provides, by the Python expression. Raises OutsideFragment by name and line.
    """
    trees = {module: ast.parse(source(module)) for module in sorted({each.module for each in exports})}
    known = frozenset(each.name for each in exports)
    lines = [PRAGMA, "-- Printed from the Python source by verified_cat.proofs.agda_export.", opening, ""]
    for each in exports:
        lines += [f"{each.name} : {each.type}", _Printer(each, known, given).definition(trees[each.module]), ""]
    return "\n".join(lines)


# ------------------------------------------------------------------------------------------------ one function


class _Printer:
    """Prints one export; knows its outside names and, on the way, what its local names stand for."""

    def __init__(self, export: Export, known: frozenset[str], given: dict[str, str]) -> None:
        self.export = export
        self.bound_names = set(known)
        self.names = {**given, **export.outside}
        self.aliases: dict[str, ast.expr] = {}

    def binds(self, name: str) -> str:
        """The Agda name of a Python name that is bound here."""
        self.bound_names.add(_agda(name))
        return _agda(name)

    def refuse(self, node: ast.AST, what: str) -> OutsideFragment:
        line = getattr(node, "lineno", "?")
        return OutsideFragment(
            f"{self.export.path}, line {line} of {self.export.module}: {what} is not in the fragment"
        )

    def definition(self, tree: ast.Module) -> str:
        """name arguments = body."""
        found = self.find(tree)
        own = [a.arg for a in found.args.args if a.arg != "self"] if self.export.own_arguments else []
        names = [self.binds(name) for name in (*self.export.outside.values(), *own)]
        body = self.body(found.body) if self.export.part == "" else self.chosen(found)
        return f"{' '.join([self.export.name, *names])} = {body}"

    def find(self, tree: ast.Module) -> ast.FunctionDef:
        here: ast.AST = tree
        for name in self.export.path.split(":")[1].split("."):
            inside = [n for n in ast.iter_child_nodes(here) if isinstance(n, ast.FunctionDef | ast.ClassDef)]
            chosen = [n for n in inside if n.name == name]
            if len(chosen) != 1:
                raise OutsideFragment(
                    f"{self.export.path}: there are {len(chosen)} definitions of {name!r} there, not one"
                )
            here = chosen[0]
        if not isinstance(here, ast.FunctionDef) or _odd_arguments(here.args):
            raise self.refuse(here, "what is not a function of plain arguments")
        return here

    def body(self, statements: list[ast.stmt]) -> str:
        """let … in result, for definitions, unpackings and a final return."""
        lets: list[str] = []
        for each in _without_docstring(statements):
            if isinstance(each, ast.Return) and each.value is not None:
                return " ".join([*(f"let {one} in" for one in lets), self.expression(each.value)])
            if isinstance(each, ast.FunctionDef) and not _odd_arguments(each.args) and not each.decorator_list:
                arguments = " ".join(self.binds(a.arg) for a in each.args.args)
                lets.append(f"{self.binds(each.name)} = λ {arguments} → {self.body(each.body)}")
            elif isinstance(each, ast.Assign) and len(each.targets) == 1:
                lets += self.bound(each.targets[0], each.value)
            elif not _is_check(each):
                raise self.refuse(each, type(each).__name__)
        raise self.refuse(statements[-1], "a function without return")

    def bound(self, target: ast.expr, value: ast.expr) -> Iterator[str]:
        """The definitions that an assignment is: of a name, or of the halves of a pair."""
        text = self.expression(value)
        if isinstance(target, ast.Name):
            yield f"{self.binds(target.id)} = {text}"
        elif isinstance(target, ast.Tuple) and len(target.elts) == 2:
            for half, part in zip(("fst", "snd"), target.elts, strict=True):
                if not isinstance(part, ast.Name):
                    raise self.refuse(part, type(part).__name__)
                if part.id != "_":
                    yield f"{self.binds(part.id)} = {half} {text}"
        else:
            raise self.refuse(target, f"an assignment to {type(target).__name__}")

    def chosen(self, found: ast.FunctionDef) -> str:
        """A part of a method: its local names are followed to what they stand for."""
        for each in _without_docstring(found.body):
            if isinstance(each, ast.Assign) and len(each.targets) == 1:
                self.follow(each.targets[0], each.value)
                if isinstance(each.targets[0], ast.Name) and each.targets[0].id == self.export.part:
                    return self.expression(each.value)
            elif isinstance(each, ast.Return) and each.value is not None:
                return self.expression(self.returned(each.value))
            elif not _is_check(each):
                raise self.refuse(each, type(each).__name__)
        raise self.refuse(found, f"a function without {self.export.part!r}")

    def follow(self, target: ast.expr, value: ast.expr) -> None:
        pairs = [(target, value)]
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            pairs = list(zip(target.elts, value.elts, strict=True))
        for name, meaning in pairs:
            if not isinstance(name, ast.Name):
                raise self.refuse(name, f"an assignment to {type(name).__name__}")
            self.aliases[name.id] = self.plain(meaning)

    def returned(self, value: ast.expr) -> ast.expr:
        if self.export.part == "return":
            return value
        if isinstance(value, ast.Call) and isinstance(self.export.part, int) and not value.keywords:
            return value.args[self.export.part]
        raise self.refuse(value, f"a return without {self.export.part!r}")

    # -------------------------------------------------------------------------------------------- expressions

    def expression(self, node: ast.expr) -> str:
        node = self.plain(node)
        outside = self.names.get(ast.unparse(node))
        if outside is not None:
            return _agda(outside)
        if isinstance(node, ast.Name) and _agda(node.id) in self.bound_names:
            return _agda(node.id)
        if isinstance(node, ast.Attribute) and node.attr == "run" and isinstance(node.value, ast.Name):
            return _agda(node.value.id)
        if isinstance(node, ast.Tuple) and len(node.elts) in (0, 2):
            return f"({' , '.join(self.expression(each) for each in node.elts)})" if node.elts else "tt"
        if isinstance(node, ast.Lambda) and not _odd_arguments(node.args):
            return f"(λ {' '.join(self.binds(a.arg) for a in node.args.args)} → {self.expression(node.body)})"
        if isinstance(node, ast.Call) and not node.keywords:
            return f"({' '.join([self.called(node), *(self.expression(each) for each in node.args)])})"
        raise self.refuse(node, f"{type(node).__name__} {ast.unparse(node)!r}")

    def called(self, node: ast.Call) -> str:
        """The function of a call; ``sequence`` takes any number of maps, and Agda's says how many."""
        function = self.expression(node.func)
        return f"{function}{len(node.args)}" if function == "sequence" else function

    def plain(self, node: ast.expr) -> ast.expr:
        """The expression with its aliases replaced by what they stand for."""
        return _Follow(self.aliases).visit(deepcopy(node))  # type: ignore[no-any-return]


class _Follow(ast.NodeTransformer):
    def __init__(self, aliases: dict[str, ast.expr]) -> None:
        self.aliases = aliases

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return deepcopy(self.aliases.get(node.id, node))


def _agda(name: str) -> str:
    """A Python name in Agda, where an underscore marks the place of an argument."""
    return name if name == "_" else name.replace("_", "-").replace(".", "-")


def _is_check(node: ast.stmt) -> bool:
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "must_meet"


def _odd_arguments(arguments: ast.arguments) -> bool:
    return bool(
        arguments.posonlyargs or arguments.kwonlyargs or arguments.vararg or arguments.kwarg or arguments.defaults
    )


def _without_docstring(statements: list[ast.stmt]) -> list[ast.stmt]:
    first = statements[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return statements[1:] if documented else statements
