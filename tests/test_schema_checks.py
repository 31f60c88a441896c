"""What is said of a schema before a training, its picture, and the commands that show both."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path as File
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from verified_cat.cli import main
from verified_cat.schema import CYCLE_GAN, EQUALIZER, GAN, Path
from verified_cat.schema_checks import findings, measured, taught
from verified_cat.schema_fuzz import SOUND
from verified_cat.schema_kinds import settings
from verified_cat.schema_picture import svg
from verified_cat.specification import Arrow, Demand, Specification, Thing

NORMAL, RING = settings("data", "normal"), settings("data", "ring")
MLP = settings("network", "mlp")
F_G, G_F = Demand(Path("A", ("f", "g")), Path("A")), Demand(Path("B", ("g", "f")), Path("B"))


def cycle(a: Any = NORMAL, b: Any = RING, sizes: tuple[int, int] = (2, 2), **changes: Any) -> Specification:
    things = (Thing("A", sizes[:1], data=a), Thing("B", sizes[1:], data=b))
    arrows = (Arrow("f", "A", "B", MLP), Arrow("g", "B", "A", MLP))
    made: dict[str, Any] = {"name": "cycle", "things": things, "arrows": arrows, "demands": (F_G, G_F)}
    return Specification(**made | {"adversary": settings("adversary", "energy")} | changes)


def said(whole: Specification, about: str) -> list[str]:
    return [str(finding) for finding in findings(whole) if finding.about == about]


def test_a_sound_schema() -> None:
    assert [finding.level for finding in findings(cycle())] == ["note", "note"]
    assert taught(cycle())["f"] == [
        "the law of B, along f", "the equation f ; g = id_A", "the equation g ; f = id_B"
    ]  # fmt: skip


def test_arrows_that_nothing_teaches() -> None:
    alone = cycle(adversary=None, demands=())
    assert [line.partition(": nothing teaches ")[2][:1] for line in said(alone, "signal")] == ["f", "g"]
    half = cycle(demands=(replace(F_G, weight=Fraction(0)),), b=None)
    one, other = said(half, "signal")
    end = "B has no data with an adversary, no weighed equation has f, and no term is on it"
    assert one == f"error: signal: nothing teaches f: {end}" and "nothing teaches g: A" in other
    kept = cycle(demands=(), adversary=None, arrows=(Arrow("f", "A", "B", MLP, identity=Fraction(1)),))
    assert said(kept, "signal") == []


def test_where_equations_are_asked_for() -> None:
    assert measured(cycle(), F_G) == [Path("A")]
    assert measured(cycle(), replace(F_G, on="pushforward")) == [Path("B", ("g",))]
    assert measured(cycle(), replace(F_G, on="mix")) == [Path("A"), Path("B", ("g",))]
    assert measured(cycle(a=None), F_G) == [Path("B", ("g",))]
    nowhere = cycle(a=None, b=None)
    end = "which has no data, and no trained arrow brings any there"
    assert f"error: signal: f ; g = id_A starts from A, {end}" in said(nowhere, "signal")


def test_equations_that_follow() -> None:
    twice = Demand(Path("A", ("f", "g", "f", "g")), Path("A"))
    one, line = said(cycle(demands=(F_G, G_F, twice)), "redundancy")
    assert one.endswith("f ; g = id_A follows: f ; g = f ; g ; f ; g = id_A (by the other equations)")
    assert line == (
        "warning: redundancy: f ; g ; f ; g = id_A follows: f ; g ; f ; g = f ; g = id_A (by the other equations)"
    )
    loops = (Arrow("a", "A", "A", MLP), Arrow("b", "A", "A", MLP))
    sides = (("aba", "bab"), ("aabb", "bbaa"))
    braid = cycle(
        arrows=loops, demands=tuple(Demand(Path("A", tuple(one)), Path("A", tuple(two))) for one, two in sides)
    )
    says = "note: redundancy: a ; a ; b ; b = b ; b ; a ; a does not follow from the others up to length 8"
    assert any(line.startswith(says) for line in said(braid, "redundancy"))


def test_dimensions_that_forbid() -> None:
    sizes = (3, 2)
    (line,) = said(cycle(b=RING, sizes=sizes), "dimension")
    assert line == "error: dimension: f ; g = id_A goes through B, of dimension 2, and A has dimension 3"
    thin = settings("data", "segment", start=(0, 0, 0), end=(1, 1, 1))
    (line,) = said(cycle(a=thin, sizes=sizes), "dimension")
    assert line.startswith("warning") and line.endswith("only where the data have a support of lower dimension")
    assert said(cycle(sizes=(2, 2)), "dimension") == []


def test_trivial_models() -> None:
    (identity,) = said(cycle(), "trivial model")
    assert identity == (
        "note: trivial model: every equation holds where f, g do nothing (the identity); "
        "only the law of B, the law of A speaks against it"
    )
    (same,) = said(cycle(a=NORMAL, b=NORMAL), "trivial model")
    assert same.startswith("warning") and same.endswith("a training may end there")
    things = (Thing("A", (2,), data=NORMAL), Thing("B", (2,)), Thing("C", (1,)))
    x, y = (settings("frozen", "polynomial", terms=[[1, *power]]) for power in ((2, 0), (0, 1)))
    arrows = (Arrow("h", "A", "B", MLP), Arrow("f", "B", "C", frozen=x), Arrow("g", "B", "C", frozen=y))
    equation = Demand(Path("A", ("h", "f")), Path("A", ("h", "g")))
    (constant,) = said(Specification("equalizer", things, arrows, (equation,)), "trivial model")
    assert constant == (
        "warning: trivial model: every equation holds where the trained arrows are constant, if f and g agree at one "
        "point; nothing else speaks against it: a training may end there"
    )


def test_the_reduction_is_told() -> None:
    arrows = (*cycle().arrows, Arrow("k", "A", "B", MLP))
    whole = cycle(arrows=arrows, demands=(Demand(Path("A", ("k",)), Path("A", ("f",))), F_G))
    lines = said(whole, "reduction")
    assert lines[0] == "note: reduction: f = k, a path of other arrows; f is matched all the same"
    less = replace(whole, training=settings("training", "training", arrows="reduced"))
    assert [str(path) for path in less.matched] == ["g", "k"] and len(whole.matched) == 3


def test_what_an_arrow_is_taught_by() -> None:
    """Equations of weight 0 teach nothing; a tied arrow teaches the owner of its parameters; frozen ones have none."""
    f = Arrow("f", "A", "A", MLP, identity=Fraction(1), budget=Fraction(2))
    tied = Arrow("t", "A", "A", tied_to="f")
    fixed = Arrow("k", "A", "A", frozen=settings("frozen", "identity"))
    equal = Demand(Path("A", ("t", "k")), Path("A"))
    whole = Specification("one", (Thing("A", (2,), data=NORMAL),), (f, tied, fixed), (equal,))
    assert taught(whole) == {"f": ["the equation t ; k = id_A", "its identity term", "its budget term"]}
    unweighed = replace(whole, demands=(replace(equal, weight=Fraction(0)),))
    assert taught(unweighed) == {"f": ["its identity term", "its budget term"]}
    compared = taught(replace(whole, adversary=settings("adversary", "energy")))["f"]
    assert compared[:2] == ["the law of A, along f", "the law of A, along t"]


def test_equations_of_no_weight_need_no_start() -> None:
    nowhere = cycle(a=None, demands=(replace(F_G, weight=Fraction(0)),), b=None)
    assert not any("which has no data, and no trained" in line for line in said(nowhere, "signal"))


def test_images_come_along_the_shortest_trained_paths() -> None:
    """C gets examples by h from B, where the data are, and none along the frozen k; of longer paths none is asked."""
    things = (Thing("A", (2,), data=NORMAL), Thing("B", (2,), data=NORMAL), Thing("C", (2,)), Thing("D", (2,)))
    arrows = (
        Arrow("f", "A", "B", MLP), Arrow("h", "B", "C", MLP), Arrow("p", "C", "D", MLP),
        Arrow("q", "C", "D", MLP), Arrow("e", "D", "D", MLP),
        Arrow("k", "A", "C", frozen=settings("frozen", "identity")),
    )  # fmt: skip
    whole = Specification("line", things, arrows)
    assert measured(whole, Demand(Path("C", ("p",)), Path("C", ("q",)))) == [Path("B", ("h",))]
    two = measured(whole, Demand(Path("D", ("e",)), Path("D"), on="pushforward"))
    assert two == [Path("B", ("h", "p")), Path("B", ("h", "q"))]


def test_at_most_sixty_four_paths_are_taken() -> None:
    """So that a schema with many arrows side by side, and then many more, is looked at in time."""
    things = (Thing("A", (1,), data=NORMAL), Thing("B", (1,)), Thing("C", (1,)))
    first = tuple(Arrow(f"f{place}", "A", "B", MLP) for place in range(9))
    second = tuple(Arrow(f"g{place}", "B", "C", MLP) for place in range(8))
    equation = Demand(Path("C"), Path("C", ("h",)))
    for count, found in ((8, 64), (9, 64), (7, 56)):
        arrows = (*first[:count], *second, Arrow("h", "C", "C", MLP))
        assert len(measured(Specification("many", things, arrows), equation)) == found


def test_weights_that_change() -> None:
    def training(**options: Any) -> Any:
        return settings("training", "training", **options)

    late = cycle(training=training(steps=100, ramp=101))
    assert said(late, "ramp") == [
        "warning: ramp: of 101 steps, in a training of 100: no equation reaches its weight"
    ]  # fmt: skip
    assert said(cycle(training=training(steps=100, ramp=100)), "ramp") == []
    fixed = cycle(training=training(balance_every=10))
    assert said(fixed, "balance_every") == [
        'warning: balance_every: no equation has the weight "auto": nothing is measured again'
    ]
    auto = replace(fixed, demands=(F_G, replace(G_F, weight=None)))
    assert said(auto, "balance_every") == said(cycle(), "balance_every") == []


TEXTURE = {"centres": [[0, 0, 0], [1, 1, 1]]}


@pytest.mark.parametrize(
    ("shape", "data", "level"),
    [
        ((3,), NORMAL, "error"),
        ((3,), settings("data", "normal", matrix=[[1, 0, 0], [0, 1, 0], [0, 0, 0]]), "warning"),
        ((3,), settings("data", "segment", start=(0, 0, 0), end=(1, 1, 1)), "warning"),
        ((3,), settings("data", "segment", start=(0, 0, 0), end=(1, 1, 1), width=0.1), "error"),
        ((3,), settings("data", "csv", path="points.csv"), "warning"),
        ((3,), settings("data", "image", of="B", matrix=[[1], [0], [0]]), "warning"),
        ((3,), settings("data", "image", of="C"), "warning"),
        ((3,), settings("data", "npy", path="points.npy"), "warning"),
        ((3, 2, 2), settings("data", "mosaic", **TEXTURE), "error"),
        ((3, 2, 2), settings("data", "mosaic", **TEXTURE, texture=0), "warning"),
        ((3, 8, 8), settings("data", "circles"), "warning"),
        ((3, 8, 8), settings("data", "plain"), "warning"),
        ((2,), RING, "error"),
        ((2,), settings("data", "circle"), "warning"),
        ((2,), settings("data", "circle", width=0.1), "error"),
        ((2,), None, "error"),
    ],
)
def test_only_a_law_that_fills_the_space_forbids(shape: tuple[int, ...], data: Any, level: str) -> None:
    """A map through R¹ that is the identity on the support alone is possible where the support is thin."""
    things = (Thing("A", shape, data=data), Thing("B", (1,), data=NORMAL), Thing("C", (3,), data=NORMAL))
    (line,) = said(replace(cycle(), things=things), "dimension")
    assert line.startswith(f"{level}: dimension: f ; g = id_A goes through B, of dimension 1")
    assert line.endswith("possible only where the data have a support of lower dimension") == (level == "warning")


@pytest.mark.parametrize("kind", ["factors", "pairs"])
def test_data_of_products_are_not_known_to_fill(kind: str) -> None:
    """Nothing is said of how they are joined: a map through a smaller space may keep them."""
    things = (Thing("A", (2,), data=NORMAL), Thing("B", (1,), data=NORMAL), Thing("AB", product=("A", "B")))
    options = {"arrow": "p"} if kind == "pairs" else {}
    things = (*things[:2], replace(things[2], data=settings("data", kind, **options)))
    arrows = (Arrow("p", "A", "B", MLP), Arrow("u", "AB", "B", MLP), Arrow("v", "B", "AB", MLP))
    truth = (("p", settings("truth", "affine", matrix=[[1, 0]])),)
    equation = Demand(Path("AB", ("u", "v")), Path("AB"))
    (line,) = said(Specification("joined", things, arrows, (equation,), truth=truth), "dimension")
    assert line.startswith("warning")


# ------------------------------------------------------------------------------------------------ trivial models


def constants(*sides: tuple[str, str], **frozen: Any) -> list[str]:
    """What is said of trained h, k : A → B and frozen f, g : B → B, where these words are equal."""
    x, y = settings("frozen", "affine", matrix=[[1, 0], [0, 0]]), settings("frozen", "affine", matrix=[[0, 0], [0, 1]])
    arrows = (
        Arrow("h", "A", "B", MLP), Arrow("k", "A", "B", MLP),
        Arrow("f", "B", "B", frozen=x), Arrow("g", "B", "B", frozen=y),
    )  # fmt: skip
    demands = tuple(Demand(Path("A", tuple(one)), Path("A", tuple(two))) for one, two in sides)
    things = (Thing("A", (2,), data=NORMAL), Thing("B", (2,)))
    return [line for line in said(Specification("c", things, arrows, demands), "trivial model") if "constant" in line]


@pytest.mark.parametrize(
    ("sides", "condition"),
    [
        ([("h", "k")], ""),
        ([("hf", "k")], ""),
        ([("hf", "hg")], ", if f and g agree at one point"),
        ([("hf", "h")], ", if f and the identity agree at one point"),
        ([("hfg", "hgf")], ", if f ; g and g ; f agree at one point"),
        ([("hf", "kg")], ", if f and g have a value in common"),
        ([("hf", "kf")], ""),
        ([("hf", "hg"), ("kf", "hg")], ", if f and g agree at one point and f and g have a value in common"),
        ([("hf", "kg"), ("hg", "k")], ", if f and g have a value in common"),
    ],
)
def test_constant_models(sides: list[tuple[str, str]], condition: str) -> None:
    (line,) = constants(*sides)
    end = "nothing else speaks against it: a training may end there"
    assert (
        line == f"warning: trivial model: every equation holds where the trained arrows are constant{condition}; {end}"
    )


def test_no_trivial_model() -> None:
    """Not without equations that weigh, nor without arrows that are trained; a frozen side is no constant."""
    assert said(cycle(demands=()), "trivial model") == []
    assert said(cycle(demands=(replace(F_G, weight=Fraction(0)),)), "trivial model") == []
    fixed = tuple(replace(each, network=None, frozen=settings("frozen", "identity")) for each in cycle().arrows)
    assert said(cycle(arrows=fixed), "trivial model") == []
    assert said(cycle(sizes=(2, 3), b=NORMAL, demands=(F_G,)), "trivial model") == []  # no identity R² → R³


def test_the_identity_needs_equal_frozen_parts() -> None:
    turn = settings("frozen", "turn", degrees=90)
    arrows = (*cycle().arrows, Arrow("t", "A", "A", frozen=turn))
    for sides, said_so in ((("t", "f"), False), (("f", "g"), True)):
        equation = Demand(Path("A", (*sides, "g") if sides[0] == "t" else sides), Path("A"))
        lines = said(cycle(arrows=arrows, demands=(equation,)), "trivial model")
        assert any("do nothing (the identity)" in line for line in lines) == said_so


def test_folders_that_are_not_named_are_those_of_their_objects() -> None:
    """trainA and trainB are different laws; two objects with the same named folder have the same."""
    shape = (3, 4, 4)
    for options, level in (({}, "note"), ({"domain": "B"}, "warning")):
        data = settings("data", "folder", path="horse2zebra", **options)
        things = (Thing("A", shape, data=data), Thing("B", shape, data=data))
        (line,) = said(replace(cycle(), things=things), "trivial model")
        assert line.startswith(f"{level}: trivial model: every equation holds where f, g do nothing")


def test_what_is_reduced_is_compared_or_not() -> None:
    """An arrow that is a path of others: left out where the file asks for it, and never compared if frozen."""
    arrows = (*cycle().arrows, Arrow("k", "A", "B", MLP))
    equal = Demand(Path("A", ("k",)), Path("A", ("f",)))
    less = cycle(arrows=arrows, demands=(equal,), training=settings("training", "training", arrows="reduced"))
    assert said(less, "reduction") == [
        "note: reduction: f = k, a path of other arrows; f is left out of those that are matched",
        "note: reduction: the arrows that no path of others equals: g, k",
    ]
    frozen = (Arrow("f", "A", "B", frozen=settings("frozen", "identity")), *arrows[1:])
    whole = cycle(arrows=frozen, demands=(equal,))
    assert said(whole, "reduction")[0] == "note: reduction: f = k, a path of other arrows; no law is compared along it"
    assert said(replace(whole, training=less.training), "reduction")[0].endswith("no law is compared along it")
    alone = cycle(arrows=(Arrow("e", "A", "A", MLP),), demands=(Demand(Path("A", ("e",)), Path("A")),))
    assert said(alone, "reduction")[-1] == "note: reduction: the arrows that no path of others equals: none"


# ------------------------------------------------------------------------------------------------ pictures


def test_pictures() -> None:
    for drawn in (GAN, CYCLE_GAN, EQUALIZER, cycle()):
        schema = drawn.schema if isinstance(drawn, Specification) else drawn
        root = ElementTree.fromstring(svg(drawn))
        texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
        assert {edge.name for edge in schema.edges} | set(schema.objects) <= set(texts)
        assert all(any(str(equation) in str(text) for text in texts) for equation in schema.equations)
        drawn_paths = [path for path in root.iter("{http://www.w3.org/2000/svg}path") if path.get("marker-end")]
        assert len(drawn_paths) == len(schema.edges) and len({path.get("d") for path in drawn_paths}) == len(
            drawn_paths
        )


# ------------------------------------------------------------------------------------------------ commands


def test_commands(tmp_path: File) -> None:
    run = CliRunner()
    (tmp_path / "gan.toml").write_text(SOUND[0], encoding="utf-8")
    (tmp_path / "bad.toml").write_text(SOUND[0].replace('"mlp"', '"mpl"'), encoding="utf-8")
    good = run.invoke(main, ["schema", "check", str(tmp_path / "gan.toml")])
    assert good.exit_code == 0 and good.output.startswith("GAN: 2 objects, 1 arrows, 0 equations\n")
    bad = run.invoke(main, ["schema", "check", str(tmp_path / "bad.toml")])
    assert bad.exit_code == 1 and bad.output.endswith(
        "line 12: no kind of network is called 'mpl'; did you mean mlp?\n"
    )
    untaught = SOUND[0].replace('adversary = "energy"\n', "")
    (tmp_path / "untaught.toml").write_text(untaught, encoding="utf-8")
    assert run.invoke(main, ["schema", "check", str(tmp_path / "untaught.toml")]).exit_code == 1
    drawn = run.invoke(main, ["draw", str(tmp_path / "gan.toml"), "--out", str(tmp_path / "gan.svg")])
    assert drawn.exit_code == 0 and (tmp_path / "gan.svg").read_text(encoding="utf-8").startswith("<svg")
    refused = run.invoke(main, ["draw", str(tmp_path / "bad.toml")])
    assert refused.exit_code == 4 and "line 12" in refused.output
    fuzzing = run.invoke(main, ["schema", "fuzz", "--count", "20"])
    assert fuzzing.exit_code == 0 and fuzzing.output.endswith("0 neither\n")


@pytest.mark.parametrize("on", ["data", "pushforward", "mix"])
def test_measures_have_starts(on: Any) -> None:
    assert said(cycle(demands=(replace(F_G, on=on), G_F)), "signal") == []
