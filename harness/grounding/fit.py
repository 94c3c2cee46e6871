"""Fits the small model: logistic regression by Newton's method, in pure Python.

1. The same examples in the same order give the same coefficients; they are rounded to integers (1 = 1/1000 logit), so
   that a prediction is a sum of integers.
2. Penalty: ``RIDGE`` on every coefficient but the intercept; examples of one label weigh as much as those of the other.
3. What was said never speaks against a claim, and what a check found never for it (:data:`SIGNS`): a coefficient that
   comes out the other way is held at nought. Labels may suggest otherwise (who copies much has little room to reword),
   users would not understand it.
4. Figures seen in fewer than :data:`MIN_SEEN` examples get no coefficient.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from harness.errors import ConfigError

__all__ = ["MIN_SEEN", "RIDGE", "fit"]

RIDGE = 4.0
MIN_SEEN = 8
ROUNDS = 12
SIGNS = {
    **dict.fromkeys(("near", "around", "together", "share:said", "values"), 1),
    **dict.fromkeys(("no", "doubt", "word:opposed", "share:novel", "share:sibling", "opposed", "sibling"), -1),
}
"""Figure, or what stands before the colon of a family of them -> the sign its coefficient may have."""
Example = tuple[Mapping[str, int], bool]


def fit(examples: Sequence[Example], *, ridge: float = RIDGE) -> dict[str, int]:
    """Coefficients in 1/1000 logit per 1000 of a figure; the intercept is ``""``.

    Raises:
        ConfigError: fewer than two labels among the examples.
    """
    positives = sum(label for _, label in examples)
    negatives = len(examples) - positives
    if not positives or not negatives:
        raise ConfigError("labels", len(examples), "examples of both labels, grounded and hallucinated")
    seen = Counter(name for figures, _ in examples for name, value in figures.items() if value)
    names = ["", *sorted(name for name, count in seen.items() if count >= MIN_SEEN)]
    place = {name: at for at, name in enumerate(names)}
    rows = [
        [(0, 1.0), *((place[name], value / 1000) for name, value in sorted(figures.items()) if name in place)]
        for figures, _ in examples
    ]
    half = len(examples) / 2
    weights = [half / positives if label else half / negatives for _, label in examples]
    signs = [sign_of(name) for name in names]
    solved = _newton(rows, [label for _, label in examples], weights, signs, ridge)
    return {name: round(solved[at] * 1000) for name, at in place.items()}


def sign_of(name: str) -> int:
    """1, -1, or 0 for both; see rule 3."""
    plain = name.removeprefix("talk:")
    return SIGNS.get(plain) or SIGNS.get(plain.rpartition(":")[0], 0)


def _newton(
    rows: Sequence[Sequence[tuple[int, float]]],
    labels: Sequence[bool],
    weights: Sequence[float],
    signs: Sequence[int],
    ridge: float,
) -> list[float]:
    size = len(signs)
    beta = [0.0] * size
    held: set[int] = set()
    for _ in range(ROUNDS):
        slope = [-ridge * value if at else 0.0 for at, value in enumerate(beta)]
        bend = [[0.0] * size for _ in range(size)]
        for at in range(size):
            bend[at][at] = ridge if at else 1e-9
        for row, label, weight in zip(rows, labels, weights, strict=True):
            p = 1 / (1 + math.exp(-max(-30.0, min(30.0, sum(beta[at] * value for at, value in row)))))
            error, curve = weight * (label - p), weight * p * (1 - p)
            for at, value in row:
                slope[at] += error * value
                line, scaled = bend[at], curve * value
                for other, more in row:  # in order of place: the lower half suffices, the matrix is symmetric
                    line[other] += scaled * more
                    if other == at:
                        break
        for at in held:
            slope[at] = 0.0
            bend[at] = [0.0] * size
            for line in bend:
                line[at] = 0.0
            bend[at][at] = 1.0
        step = _solve(bend, slope)
        beta = [value + change for value, change in zip(beta, step, strict=True)]
        for at, sign in enumerate(signs):
            if beta[at] * sign < 0:
                beta[at] = 0.0
                held.add(at)
        if max(map(abs, step)) < 1e-7:
            break
    return beta


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gaussian elimination; the matrix is positive definite, and given by its lower half."""
    size = len(right)
    for at in range(size):
        for column in range(at + 1, size):
            matrix[at][column] = matrix[column][at]
    for at in range(size):
        pivot = matrix[at][at]
        for below in range(at + 1, size):
            factor = matrix[below][at] / pivot
            if factor:
                line, own = matrix[below], matrix[at]
                for column in range(at, size):
                    line[column] -= factor * own[column]
                right[below] -= factor * right[at]
    found = [0.0] * size
    for at in range(size - 1, -1, -1):
        rest = sum(matrix[at][column] * found[column] for column in range(at + 1, size))
        found[at] = (right[at] - rest) / matrix[at][at]
    return found
