"""The reference of the modules: signatures and docstrings, read from the sources without running them.

The first line of a docstring is mathematics, here as in the code; what a function raises has a line of its own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from tools.site.places import Places
from tools.site.shell import Heading, Page, relative
from tools.site.sources import FOLDERS, Definition, Module, constants, imports, public
from verified_cat.markup import Markup, joined, tag
from verified_cat.typeset import typeset

FIRST = (
    "objects",
    "primitives",
    "terms",
    "category",
    "functions",
    "gad",
    "lens",
    "para",
    "learn",
    "networks",
    "loss",
    "optimiser",
    "schema_file",
    "reference.engine",
    "gpu.engine",
    "gpu.step",
)
"""Where to begin reading."""

# ------------------------------------------------------------------------------------------------ pages


def pages(found: list[Module], places: Places) -> list[Page]:
    """A page for each module."""
    classes = {
        each.name: {part.name for part in public(each.tree.body) if isinstance(part, ast.ClassDef)} for each in found
    }
    return [_Writer(module, classes, places).page() for module in found]


class _Writer:
    """The page of a module; classes that a signature names are links."""

    def __init__(self, module: Module, classes: Mapping[str, set[str]], places: Places) -> None:
        self.module = module
        self.places = places
        self.links = {name: f"#{name}" for name in classes[module.name]}
        for each in imports(module.tree.body):
            if isinstance(each, ast.ImportFrom):
                for alias in each.names:
                    if alias.name in classes.get(each.module or "", ()):
                        end = relative(module.page, f"api/{each.module}.html#{alias.name}")
                        self.links[alias.asname or alias.name] = end

    def page(self) -> Page:
        module = self.module
        defined = public(module.tree.body)
        parts = [
            tag("h1", tag("code", module.name)),
            *paragraphs(ast.get_docstring(module.tree) or "", self.places, module.page),
            tag("p", "In ", tag("code", module.file), ".", class_="quiet"),
        ]
        values = list(constants(module.tree.body))
        if values:
            parts.append(tag("h2", "Values", id="values"))
        parts += [part for name, says in values for part in self.value(name, says)]
        parts += [part for each in defined for part in self.definition(each)]
        contents = tuple(Heading(2, each.name, each.name) for each in defined)
        return Page(module.page, module.name, joined(*parts), contents, (), "api")

    def value(self, name: str, says: str) -> list[Markup]:
        return [tag("h3", tag("code", name), id=name), *paragraphs(says, self.places, self.module.page)]

    def definition(self, each: Definition) -> list[Markup]:
        """A function, or a class with its fields and methods."""
        head = tag("h2", each.name, id=each.name)
        if not isinstance(each, ast.ClassDef):
            return [head, self.signature(each.name, each), *self.says(each)]
        bases = ", ".join(ast.unparse(base) for base in each.bases)
        fields = [part for part in each.body if isinstance(part, ast.AnnAssign) and _is_public(part.target)]
        listed = ", ".join(ast.unparse(part) for part in fields)
        made = next((part for part in each.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"), None)
        head_line = self.signature(each.name, made, own=True) if made else self.line(f"{each.name}({listed})")
        under = [tag("p", "A ", tag("code", self.typed(bases)), ".", class_="quiet")] if bases else []
        return [head, head_line, *under, *self.says(each), *(self.method(each, part) for part in public(each.body))]

    def method(self, owner: ast.ClassDef, each: Definition) -> Markup:
        if isinstance(each, ast.ClassDef):
            return tag("div", tag("h3", each.name, id=f"{owner.name}.{each.name}"), *self.says(each), class_="member")
        is_property = any(isinstance(by, ast.Name) and "property" in by.id for by in each.decorator_list)
        line = self.signature(each.name, each, own=True, bare=is_property)
        return tag("div", line, *self.says(each), class_="member", id=f"{owner.name}.{each.name}")

    def says(self, each: Definition) -> list[Markup]:
        return paragraphs(ast.get_docstring(each) or "", self.places, self.module.page)

    def signature(
        self, name: str, each: ast.FunctionDef | ast.AsyncFunctionDef, own: bool = False, bare: bool = False
    ) -> Markup:
        """name(arguments) → result; ``own``: without self; ``bare``: a property, without arguments."""
        given = re.sub(r"(: [^=]+?)=", r"\1 = ", ast.unparse(each.args))
        given = re.sub(r"^(self|cls)(: [^,]+)?(, (/, )?)?", "", given) if own else given
        result = f" → {ast.unparse(each.returns)}" if each.returns and each.name != "__init__" else ""
        return self.line(f"{name}{'' if bare else f'({given})'}{result}")

    def line(self, text: str) -> Markup:
        return tag("pre", tag("code", self.typed(text)), class_="signature")

    def typed(self, text: str) -> Markup:
        """A text in which the classes that are known are links."""
        return self.places.replaced(
            text, re.compile(r"(?<![\w.'])[A-Z]\w*\b(?!\()"), lambda name: self.links.get(name, "")
        )


def _is_public(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and not target.id.startswith("_")


def paragraphs(text: str, places: Places, page: str) -> list[Markup]:
    """A docstring: paragraphs with formulas, code between backquotes, and what is raised on a line of its own."""
    found = []
    for each in filter(None, (part.strip() for part in text.split("\n\n"))):
        for piece in re.split(r"(?<=\.)\s+(?=Raises )", each):
            kind = "raises" if piece.startswith("Raises ") else ""
            found.append(tag("p", _inline(piece, places, page), class_=kind or False))
    return found


def _inline(text: str, places: Places, page: str) -> Markup:
    parts = re.split(r"`{1,2}([^`]+)`{1,2}", text)
    return joined(*(places.code(part, page) if place % 2 else typeset(part) for place, part in enumerate(parts)))


# ------------------------------------------------------------------------------------------------ the index


def index(found: list[Module]) -> Page:
    """The modules with what they say of themselves, and where to begin."""
    path = "api/index.html"
    by_name = {each.name: each for each in found}
    parts = [
        tag("h1", "API reference"),
        tag(
            "p",
            "Every public module, from its docstrings, whose first lines are mathematics. Not found here? See the ",
            tag("a", "names of all functions and classes", href="names.html"),
            ".",
        ),
    ]
    groups = {"first": ("Where to begin", [by_name[f"verified_cat.{name}"] for name in FIRST])}
    for folder, title in FOLDERS.items():
        groups[folder] = (title, [each for each in found if each.file.startswith(f"{folder}/")])
    for anchor, (title, here) in groups.items():
        parts += [tag("h2", title, id=anchor), _listed(here, path)]
    contents = tuple(Heading(2, anchor, title) for anchor, (title, _) in groups.items())
    return Page(path, "API reference", joined(*parts), contents, (), "api")


def _listed(here: list[Module], path: str) -> Markup:
    rows = [
        tag("div", tag("dt", tag("a", tag("code", each.name), href=relative(path, each.page))), tag("dd", _says(each)))
        for each in here
    ]
    return tag("dl", *rows, class_="modules")


def _says(module: Module) -> Markup:
    return typeset(re.sub(r"`+", "", module.says))


def names(found: list[Module]) -> Page:
    """Every public function and class, in alphabetical order."""
    path = "api/names.html"
    every = sorted(
        ((part.name, each) for each in found for part in public(each.tree.body)),
        key=lambda pair: (pair[0].lower(), pair[1].name),
    )
    rows = [
        tag("li", tag("a", name, href=relative(path, f"{each.page}#{name}")), tag("small", f" {each.name[13:]}"))
        for name, each in every
    ]
    return Page(path, "Names", joined(tag("h1", "Names"), tag("ul", *rows, class_="names")), (), (), "api")
