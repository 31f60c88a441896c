"""A line through points, in twenty lines: python examples/linear_regression.py [STEPS]"""

import sys
from fractions import Fraction

import numpy as np

from verified_cat.gpu.data import Repeated, table
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.step import Step
from verified_cat.gpu.training import compiled, iterate
from verified_cat.networks import dense, mean_square, supervised
from verified_cat.optimiser import gradient_descent

engine, steps = TorchEngine(), int(sys.argv[1]) if len(sys.argv) > 1 else 100
x = np.linspace(-1, 1, 50).reshape(-1, 1)
network = dense(50, 1, 1, "line")
step = Step(supervised(network.map, mean_square(50, 1)), gradient_descent(Fraction(1, 4)), engine, names=network.names)
start = step.first({"line.weight": np.zeros((1, 1)), "line.bias": np.zeros(1)})
outcome = iterate(compiled(step), start, Repeated(table(engine, x=x, y=3 + 7 * x)), steps)
print(outcome.status, outcome.figures, [float(leaf) for leaf in step.parameters()])
