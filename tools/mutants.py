"""Mutants of a Python module: its syntax tree with one place changed, as a slip of the hand would change it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

Step = tuple[str, int | None]
"""A field of a node, and the place in it where it is a list."""

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.RShift: ast.LShift,
    ast.LShift: ast.RShift,
    ast.MatMult: ast.RShift,
}

CODECS = ("utf-8", "ascii", "latin-1")
"""Python drops signs from the name of a codec: a slip in it is not seen."""
EITHER_WAY = ("max", "min", "maximum", "minimum", "gcd")
"""Functions of two numbers in any order."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: the way to the node, which of its changes, and both texts for people."""

    path: tuple[Step, ...]
    number: int
    where: str
    first: int
    last: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"line {self.first}, {self.where}: {_short(self.before)}  ->  {_short(self.after)}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 90 else f"{line[:87]}..."


def mutants(source: str) -> list[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    return sorted(_below(ast.parse(source), (), ""), key=lambda each: (each.first, each.path, each.number))


def mutated(source: str, mutant: Mutant) -> ast.Module:
    """The tree with that one change."""
    tree = ast.parse(source)
    parent: ast.AST = tree
    for field, place in mutant.path[:-1]:
        found = getattr(parent, field)
        parent = found if place is None else found[place]
    field, place = mutant.path[-1]
    if place is None:
        setattr(parent, field, changes(getattr(parent, field))[mutant.number])
    else:
        getattr(parent, field)[place] = changes(getattr(parent, field)[place])[mutant.number]
    return ast.fix_missing_locations(tree)


# ------------------------------------------------------------------------------------------------ where


def _below(node: ast.AST, path: tuple[Step, ...], where: str) -> Iterator[Mutant]:
    """Those of the parts of a node."""
    for (field, place), child in _parts(node):
        step = (*path, (field, place))
        inside = f"{where}.{child.name}".lstrip(".") if isinstance(child, _NAMED) else where
        for number, new in enumerate(changes(child)):
            first = getattr(child, "lineno", 0)
            last = getattr(child, "end_lineno", first)
            yield Mutant(step, number, where or "module", first, last, ast.unparse(child), ast.unparse(new))
        yield from _below(child, step, inside)


_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_UNSAID = (ast.JoinedStr, ast.Raise, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal)


def _parts(node: ast.AST) -> Iterator[tuple[Step, ast.AST]]:
    """The parts that are mutated: not annotations, docstrings, imports, types, nor the words of a message."""
    if isinstance(node, _UNSAID):
        return
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "type_comment", "decorator_list", "bases"):
            continue
        for place, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST) and not _is_said(node, child):
                yield (field, place), child


def _is_said(node: ast.AST, child: ast.AST) -> bool:
    """What no run reads: docstrings, messages of ``must_meet``, names of types, imports for them, names of codecs."""
    if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
        return True
    if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
        return True
    if isinstance(child, ast.Constant) and child.value in CODECS:
        return True
    if isinstance(child, ast.Constant) and isinstance(node, ast.Call):
        return isinstance(child.value, str) and ast.unparse(node.func).rpartition(".")[2].startswith("must_")
    if isinstance(child, ast.keyword) and child.arg in ("strict", "slots"):
        return True
    if isinstance(child, ast.Call) and isinstance(child.func, ast.Name):
        return child.func.id == "TypeVar"
    return isinstance(child, ast.Assign) and (
        ast.unparse(child.targets[0]) in ("__slots__", "__all__") or _is_type(child.value)
    )


TYPES = ("Callable", "TypeVar", "Literal", "dict", "list", "tuple", "Mapping")


def _is_type(value: ast.expr) -> bool:
    """The value of a type that is only named for annotations."""
    named = value.value if isinstance(value, ast.Subscript) else value.func if isinstance(value, ast.Call) else value
    return isinstance(named, ast.Name) and named.id in TYPES


# ------------------------------------------------------------------------------------------------ what


def changes(node: ast.AST) -> list[ast.AST]:
    """What may stand in the place of a node."""
    match node:
        case ast.Compare():
            return list(_compared(node))
        case ast.BinOp() | ast.AugAssign() if type(node.op) in COMPUTED:
            return [_with(node, op=COMPUTED[type(node.op)]()), *_deleted(node)]
        case ast.BoolOp():
            return [_with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())]
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            return [deepcopy(node.operand)]
        case ast.Constant():
            return list(_constant(node.value))
        case ast.If() | ast.While() | ast.IfExp() if not changes(node.test):  # else one of these says the same
            return [_with(node, test=ast.UnaryOp(ast.Not(), deepcopy(node.test)))]
        case ast.comprehension(ifs=[_, *_]):
            return [_with(node, ifs=[])]
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            return [ast.copy_location(ast.Return(ast.Constant(None)), node)]
        case ast.Call(args=[one, other, *rest], func=called) if _swappable(one, other, called):
            return [_with(node, args=[deepcopy(other), deepcopy(one), *map(deepcopy, rest)])]
        case ast.Expr(value=ast.Call()) | ast.Assign() | ast.Raise():
            return _deleted(node)
    return []


def _compared(node: ast.Compare) -> Iterator[ast.AST]:
    for place, op in enumerate(node.ops):
        if type(op) in COMPARED:
            yield _with(node, ops=[*node.ops[:place], COMPARED[type(op)](), *node.ops[place + 1 :]])


def _constant(value: object) -> Iterator[ast.AST]:
    match value:
        case bool():
            yield ast.Constant(not value)
        case int() | float():
            yield ast.Constant(value + 1)
        case str():
            yield ast.Constant(f"{value}'")


def _deleted(node: ast.AST) -> list[ast.AST]:
    return [ast.copy_location(ast.Pass(), node)] if isinstance(node, ast.stmt) else []


def _with(node: ast.AST, **fields: object) -> ast.AST:
    new = deepcopy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _swappable(one: ast.expr, other: ast.expr, called: ast.expr) -> bool:
    """Two arguments that differ, of a call that minds their order and does not refuse it, as isinstance does."""
    starred = isinstance(one, ast.Starred) or isinstance(other, ast.Starred)
    name = ast.unparse(called).rpartition(".")[2]
    refuses = name in ("isinstance", "issubclass", "getattr", "hasattr", "cast") or name.startswith("must_")
    return not (starred or refuses or name in EITHER_WAY or ast.dump(one) == ast.dump(other))
