"""Three species of iris, in twenty lines: python examples/iris.py [STEPS]"""

import sys
from fractions import Fraction

from verified_cat import primitives
from verified_cat.activations import cross_entropy
from verified_cat.gpu import iris
from verified_cat.gpu.classification import Looks, table_of
from verified_cat.gpu.data import Place, Shuffled
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.randomness import initial_weights
from verified_cat.gpu.step import Step
from verified_cat.networks import perceptron, supervised
from verified_cat.optimiser import adam

engine, steps = TorchEngine("float64"), int(sys.argv[1]) if len(sys.argv) > 1 else 1000
examples = iris.examples(seed=0)
network = perceptron(30, (4, 20, 3), primitives.tanh)
step = Step(supervised(network.map, cross_entropy(30, 3)), adam(Fraction(1, 100)), engine, names=network.names)
state, place = step.first(initial_weights(network.map.param, network.names, seed=0)), Place()
batches = Shuffled(table_of(examples.learned, engine), 30, 0, "iris")
for _ in range(steps):
    batch, place = batches.after(place)
    state, loss = step.after(state, *batch)
print(Looks(iris.TASK, engine).at(step.point(state), table_of(examples.held_out, engine)))
