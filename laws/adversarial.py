"""Learning functors adversarially: data that is not paired, two players with one score, gradient play between them."""

from fractions import Fraction

from verified_cat.audits import audit
from verified_cat.check import Counterexample, law
from verified_cat.equation import Equation
from verified_cat.gad import reverse_mode
from verified_cat.laws.engines import exact_engine, judge
from verified_cat.laws.reverse import plus_one
from verified_cat.lens import LensMap, ReverseDerivative
from verified_cat.loss import mean_squared_error
from verified_cat.networks import PARA, Network, dense, entrywise
from verified_cat.objects import SCALAR, Pair, flatten, space
from verified_cat.primitives import add, constant, multiply, negate, scale, scale_on
from verified_cat.schema import CYCLE_GAN, GAN, Architecture
from verified_cat.terms import Copy, Discard, First, Pairing, Second
from verified_cat.worlds import Mutant

ROWS = 2


def _bent(name: str) -> Network:
    """x ↦ (a x + b)², row by row: enough to tell batches apart, and rational."""
    return dense(ROWS, 1, 1, name) >> entrywise(lambda shape: Copy(space(*shape)) >> multiply(shape), ROWS, 1)


def _task(schema, penalty=Fraction(0)):
    """A small task of the trainer: the schema, a critic for each target, weights 1, and this gradient penalty."""
    from verified_cat.gpu.adversaries import wgan_gp
    from verified_cat.gpu.functor import FunctorTask, Loss

    line = space(ROWS, 1)
    edges = {edge.name: _bent(edge.name).map for edge in schema.edges}
    architecture = Architecture(schema, PARA, dict.fromkeys(schema.objects, line), edges)
    targets = dict.fromkeys(edge.target for edge in schema.edges)
    adversaries = {name: wgan_gp(_bent(f"critic {name}").map, penalty) for name in targets}
    return FunctorTask(architecture, schema.objects, adversaries, tuple(Loss(e, Fraction(1)) for e in schema.equations))


# ------------------------------------------------------------------------------------------------ SCH-DATA


def _rows_exchanged(position: int):
    """x ↦ x, with the rows of one object's batch exchanged."""
    return lambda batches: tuple(batch[::-1] if n == position else batch for n, batch in enumerate(batches))


def _invariance_faults(objective) -> list[str]:
    """Objects whose rows cannot be exchanged alone without changing the loss, exactly, for all parameters and data."""
    engine = exact_engine()
    run = reverse_mode(engine).base.meaning(objective.term).run
    params, (critics, batches) = engine.symbols(Pair(objective.param, objective.data))
    loss = run((params, (critics, batches)))
    return [
        f"the loss depends on the order of {name}"
        for position, name in enumerate(CYCLE_GAN.objects)
        if judge(loss.flat[0], run((params, (critics, _rows_exchanged(position)(batches)))).flat[0]) != "equal"
    ]


def _supervised(task):
    """The objective, and the mean squared distance of f(x_A) to x_B, row by row: paired supervision."""
    objective, edge = task.generator_objective(), task.architecture.schema.path("f")
    params, rest = objective.param, objective.data
    both = Pairing(First(params, rest), Second(params, rest) >> Second(task.critic_params, task.batches))
    target = both >> Second(params, task.batches) >> task.batch("B")
    distance = Pairing(both >> task.made(edge), target) >> mean_squared_error(space(ROWS, 1))
    return type(objective)(params, rest, Pairing(objective.term, distance) >> add(()))


COUNT, BATCHES = 8, 24


def _trainer(points):
    """The batches that the trainer draws: for each object, the points in the order in which they came."""
    from verified_cat.gpu.alternation import Draws, rows_of
    from verified_cat.gpu.engine import TorchEngine

    engine = TorchEngine("float64")
    tensors = {name: engine.tensor((len(each), 1), tuple(map(Fraction, each))) for name, each in points.items()}
    samplers = {name: rows_of(tensor, ROWS) for name, tensor in tensors.items()}
    found = {name: [] for name in points}
    stream = Draws(_task(CYCLE_GAN), samplers, engine, 0, 1, lambda _: (0.1, 0.1))
    for rounds, batches, _ in map(stream.at, range(BATCHES // 2)):
        for drawn in (rounds[0][0], batches):
            for name, batch in zip(points, drawn, strict=True):
                found[name] += [int(number) for number in batch.reshape(-1).tolist()]
    return found


def _paired(points):
    """A trainer that takes the point of B with the number of the point of A."""
    numbers = _trainer({"A": range(COUNT), "B": range(COUNT)})["A"]
    return {name: [each[number % len(each)] for number in numbers] for name, each in points.items()}


def _sorted_first(points):
    """A trainer that sorts each object's data before it draws."""
    return _trainer({name: sorted(each) for name, each in points.items()})


def _drawing_faults(trainer) -> list[str]:
    """What shows that a trainer takes data other than object by object, by the position of the points alone."""
    ordered = {"A": list(range(COUNT)), "B": list(range(COUNT))}
    plain, moved, found = trainer(ordered), [3, 1, 4, 7, 5, 0, 2, 6], []
    for name, other in (("A", "B"), ("B", "A")):
        turned = trainer(ordered | {name: moved})
        if turned[name] != [moved[number] for number in plain[name]] or turned[other] != plain[other]:
            found.append(f"permuting the data of {name} is not permuting what is drawn of {name}")
    same = sum(a == b for a, b in zip(plain["A"], plain["B"], strict=True))
    if 4 * same > len(plain["A"]):
        found.append(f"{same} of {len(plain['A'])} rows pair the points of one number")
    return found


@audit(
    "SCH-DATA",
    source="Gavranović 2020, Definitions 5, 6 and 9",
    controls={
        "a trainer that pairs by number": lambda: _drawing_faults(_paired),
        "a trainer that sorts": lambda: _drawing_faults(_sorted_first),
        "an objective with paired supervision": lambda: _invariance_faults(_supervised(_task(CYCLE_GAN))),
    },
)
def data_is_a_functor_on_the_discrete_category():
    """No pairing of D(A) with D(B) is used: the functor's loss is the same if one object's rows are permuted, and the
    trainer draws each object from a stream of its own, so that permuting D(A) permutes what is drawn of A and no more.

    The loss exactly, for all parameters and data of CycleGAN on batches of two; the draws at a fixed seed. (The
    critics' penalty mixes rows of separate draws, so it has this invariance in distribution only.)
    """
    wrong = _invariance_faults(_task(CYCLE_GAN).generator_objective()) + _drawing_faults(_trainer)
    return len(CYCLE_GAN.objects) + 3, wrong


# ------------------------------------------------------------------------------------------------ GAN-ZS


def _cotangents(engine, term, point):
    """D[term](point)ᵀ 1."""
    return reverse_mode(engine).differentiate(term)(point)[1](engine.lift(SCALAR, (Fraction(1),)))


def _opposite(ob, left, right, rest=None) -> bool:
    """left + right + rest = 0, entry by entry, decided."""
    parts = [flatten(ob, each) for each in (left, right, *([rest] if rest else []))]
    sums = [entry for leaf in zip(*parts, strict=True) for entry in sum(leaf).flat]
    return all(judge(entry, 0) == "equal" for entry in sums)


def _zero_sum_faults(penalty=Fraction(0), factor=1) -> list[str]:
    """Where the gradients that generator (times ``factor``) and critic take of the shared score are not opposite."""
    from verified_cat.gpu.wasserstein import mean_score

    task, engine = _task(GAN, penalty), exact_engine()
    edge, critic = GAN.path("h"), _bent("critic X").map
    params, critics, batches = task.architecture.parameters, task.critic_params, task.batches
    p, (c, (z, x)) = engine.symbols(Pair(params, Pair(critics, batches)))
    made, pullback = reverse_mode(engine).differentiate(task.made(edge))((p, (z, x)))
    by_p, (by_c, _) = _cotangents(engine, task.generator_objective().term >> scale(factor, ()), (p, (c, (z, x))))
    against_c, (_, (on_wire, _)) = _cotangents(engine, task.critic_objective().term, (c, (x, (made, x))))
    back, _ = pullback(on_wire)
    real, _ = _cotangents(engine, mean_score(critic), (c, x))
    holds = {
        "the generator's gradient is minus the critic's, pulled back": _opposite(params, by_p, back),
        "on the critic's parameters they are opposite, up to real data": _opposite(critics, by_c, against_c, real),
    }
    return [f"not so: {says}" for says, true in holds.items() if not true]


@audit(
    "GAN-ZS",
    source="Gavranović 2020, equation (2); Arjovsky, Chintala and Bottou 2017",
    controls={
        "both minimise the score": lambda: _zero_sum_faults(factor=-1),
        "a gradient penalty is a zero-sum game": lambda: _zero_sum_faults(penalty=Fraction(1)),
        "the generator's score counts twice": lambda: _zero_sum_faults(factor=2),
    },
)
def generator_and_critic_share_one_score():
    """Generator and critic are given opposite cotangents of one score D(h(z)); on D's parameters up to D(x) of real x.

    The objectives are those of the trainer, at all parameters and data; a gradient penalty breaks the identity.
    """
    return 2, _zero_sum_faults()


# ------------------------------------------------------------------------------------------------ GAN-BILIN

PLANE, RATE = Pair(SCALAR, SCALAR), Fraction(1, 10)


def doubled_product(category, operation):
    """The derivative of a product is doubled."""
    right = ReverseDerivative.generator(category, operation)
    put = right.put >> scale_on(2, right.put.cod) if operation.name == "multiply" else right.put
    return LensMap(right.dom, right.cod, right.get, put)


PLAY = Pair(PLANE, SCALAR)
"""((x, y), ε): a point of the plane and a rate."""


def _times(one, two):
    return Pairing(one, two) >> multiply(())


def _norm(half, other):
    """x² + y²."""
    return Pairing(_times(half, half), _times(other, other)) >> add(())


@law(
    "GAN-BILIN",
    worlds=("R",),
    source="folklore; exact rational check",
    equality="strict failure",
    without_solver="the statement is about a particular map on R",
    minimum=1,
    mutants=(
        Mutant("R", {"generator": doubled_product}, "the derivative of a product is doubled"),
        Mutant("R", {"generator": plus_one}, "every derivative is shifted by one"),
    ),
)
def gradient_play_is_no_best_response(world):
    """min over x, max over y of x y: a step of both multiplies x² + y² by 1 + ε², steps in turn keep x² - ε x y + y².

    For every rate ε. So simultaneous play runs away from the equilibrium (0, 0), and from (1, 0), where the best
    response in [-1, 1] is y = 1, it goes to y = ε.
    """
    point, rate = First(PLANE, SCALAR), Second(PLANE, SCALAR)
    x, y = point >> First(SCALAR, SCALAR), point >> Second(SCALAR, SCALAR)
    slope = Pairing(point, Discard(PLAY) >> constant((), 1)) >> world.reverse(multiply(()))
    down = Pairing(x, _times(rate, slope >> First(SCALAR, SCALAR)) >> negate(())) >> add(())
    up = Pairing(y, _times(rate, slope >> Second(SCALAR, SCALAR))) >> add(())
    together = Pairing(Pairing(down, up), rate)
    in_turn = Pairing(Pairing(down, y), rate) >> Pairing(Pairing(x, up), rate)
    norm = _norm(x, y)
    skew = Pairing(norm, _times(rate, _times(x, y)) >> negate(())) >> add(())
    growth = Pairing(Discard(PLAY) >> constant((), 1), _times(rate, rate)) >> add(())
    yield Equation(together >> norm, _times(growth, norm))
    yield Equation(in_turn >> skew, skew)
    start = Pairing(Pairing(constant((), 1), constant((), 0)), constant((), RATE))
    yield Equation(start >> together >> together >> together >> norm, constant((), Fraction(1030301, 1000000)))
    yield Counterexample(Equation(together >> norm, norm), (((Fraction(1),), (Fraction(0),)), (RATE,)))
    yield Counterexample(Equation(start >> together >> y, constant((), 1)), ())
