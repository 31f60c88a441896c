"""A specification as the text of a schema file, from which the same specification is read again."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from verified_cat.errors import SchemaError
from verified_cat.schema import Path
from verified_cat.schema_kinds import Settings
from verified_cat.specification import Arrow, Demand, Specification, Thing


def written(whole: Specification) -> str:
    """The text of the schema file. Raises SchemaError for a number that has no end in decimals."""
    return "\n".join([*_head(whole), *_body(whole)]) + "\n"


def _head(whole: Specification) -> Iterator[str]:
    yield f"name = {_value(whole.name)}"
    for key, each in (("adversary", whole.adversary), ("critic", whole.critic)):
        if each is not None:
            yield f"{key} = {_settings(each)}"


def _body(whole: Specification) -> Iterator[str]:
    for thing in whole.things:
        yield from ("", f"[objects.{_key(thing.name)}]", *_thing(thing))
    for arrow in whole.arrows:
        yield from ("", f"[arrows.{_key(arrow.name)}]", *_arrow(arrow))
    for demand in whole.demands:
        yield from ("", "[[equations]]", *_demand(demand))
    if whole.training.given:
        yield from ("", "[training]", *_options(whole.training))
    for name, truth in whole.truth:
        yield from ("", f"[truth.{_key(name)}]", f"kind = {_value(truth.kind)}", *_options(truth))
    for target in whole.targets:
        yield from ("", "[[targets]]", f"figure = {_value(target.figure)}")
        for key, value in (("at_most", target.at_most), ("at_least", target.at_least)):
            if value is not None:
                yield f"{key} = {_value(value)}"
    if whole.families:
        yield from ("", "[families]", *(f"{_key(name)} = {_value(words)}" for name, words in whole.families))


def _thing(thing: Thing) -> Iterator[str]:
    if thing.shape is not None:
        yield f"shape = {_value(thing.shape)}"
    if thing.product:
        yield f"product = {_value(thing.product)}"
    for key, each in (("data", thing.data), ("adversary", thing.adversary), ("critic", thing.critic)):
        if each is not None:
            yield f"{key} = {_settings(each)}"


def _arrow(arrow: Arrow) -> Iterator[str]:
    yield from (f"from = {_value(arrow.source)}", f"to = {_value(arrow.target)}")
    for key, settings in (("network", arrow.network), ("frozen", arrow.frozen)):
        if settings is not None:
            yield f"{key} = {_settings(settings)}"
    for key in ("factors", "inverse_of", "tied_to", "identity", "budget"):
        value = getattr(arrow, key)
        if value:
            yield f"{key} = {_value(value)}"


def _demand(demand: Demand) -> Iterator[str]:
    yield from (f"left = {_value(_path(demand.lhs))}", f"right = {_value(_path(demand.rhs))}")
    yield f"weight = {_value('auto' if demand.weight is None else demand.weight)}"
    if demand.cost != "l1":
        yield f"cost = {_value(demand.cost)}"
    if demand.on != "data":
        yield f"on = {_value(demand.on)}"


def _path(path: Path) -> str:
    return str(path)


def _settings(settings: Settings) -> str:
    parts = [f"kind = {_value(settings.kind)}", *_options(settings)]
    return f"{{ {', '.join(parts)} }}" if len(parts) > 1 else _value(settings.kind)


def _options(settings: Settings) -> list[str]:
    return [f"{name} = {_value(value)}" for name, value in settings.given.items()]


def _key(name: str) -> str:
    plain = all(character.isascii() and (character.isalnum() or character in "-_") for character in name)
    return name if plain else _value(name)


def _value(value: Any) -> str:
    """A value of TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Fraction):
        return _number(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    escaped = "".join(_escaped(character) for character in value)
    return f'"{escaped}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def _number(value: Fraction) -> str:
    """The number in decimals, exactly."""
    if value.denominator == 1:
        return str(value.numerator)
    places, scale = 0, 1
    while scale % value.denominator:
        places, scale = places + 1, scale * 10
        if places > 60:
            raise SchemaError(f"{value} has no end in decimals: a file cannot hold it exactly")
    digits = str(abs(value.numerator) * scale // value.denominator).rjust(places + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"
