"""A network that reads digits, in twenty lines: python examples/digits.py [STEPS]"""

import sys
from fractions import Fraction

from verified_cat import primitives
from verified_cat.gpu import digits
from verified_cat.gpu.classification import Looks, table_of
from verified_cat.gpu.data import Place, Shuffled
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.randomness import initial_weights
from verified_cat.gpu.step import Step
from verified_cat.networks import mean_square, perceptron, supervised
from verified_cat.optimiser import momentum

engine, steps = TorchEngine("float32"), int(sys.argv[1]) if len(sys.argv) > 1 else 2000
examples = digits.examples(seed=0)
network = perceptron(64, (64, 128, 10), primitives.relu)
step = Step(supervised(network.map, mean_square(64, 10)), momentum(Fraction(1, 40), Fraction(9, 10)), engine)
state, place = step.first(initial_weights(network.map.param, network.names, seed=0)), Place()
batches = Shuffled(table_of(examples.learned, engine), 64, 0, "digits")
for _ in range(steps):
    batch, place = batches.after(place)  # reading is a map: place ↦ (batch, next place)
    state, loss = step.after(state, *batch)  # and so is a step: (state, batch) ↦ (next state, loss)
print(Looks(digits.TASK, engine).at(step.point(state), table_of(examples.held_out, engine)))
