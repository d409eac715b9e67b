"""How often the one-sided 95 % bound of a verdict holds: `python -m
benchmarks.coverage_simulation`.

Single cases: exact, by summing the probability of every outcome (b, c) whose bound lies at or below
the true difference. Groups, repeats and partial scores: simulated, each figure from 2,000 suites.
Prints the tables of docs/quality.md.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from statistics import NormalDist

from engine.quality import student_t
from engine.quality.intervals import PairedDifference, tango_lower

CONFIDENCE = 0.95
WANTED = 0.94
SIZES = (20, 30, 50, 75, 100, 150, 200, 300, 500)
FLIP_RATES = (0.02, 0.05, 0.10, 0.20, 0.30, 0.50)
LOSSES = (0.0, -0.01, -0.02, -0.03, -0.05, -0.10)
GAINS = (0.01, 0.02, 0.03, 0.05, 0.10)
QUARTER_POINTS = tuple(0.0025 * i for i in range(41))
SUITES = 2000


class Exact:
    """Coverage of Tango's bound at one number of cases; each bound is computed once."""

    def __init__(self, n: int) -> None:
        self._n = n
        self._critical = NormalDist().inv_cdf(CONFIDENCE)
        self._bounds: dict[tuple[int, int], float] = {}

    def coverage(self, flip_rate: float, difference: float) -> float:
        losing, gaining = (flip_rate - difference) / 2, (flip_rate + difference) / 2
        covered = total = 0.0
        for b, c, weight in self._outcomes(losing, gaining):
            total += weight
            if self._bound(b, c) <= difference + 1e-12:
                covered += weight
        return covered / total

    def _outcomes(self, losing: float, gaining: float) -> Iterator[tuple[int, int, float]]:
        n = self._n
        spread = 8 * math.sqrt(n * losing) + 8
        for b in range(max(0, int(n * losing - spread)), min(n, int(n * losing + spread)) + 1):
            for c in range(n - b + 1):
                weight = _trinomial(n, b, c, losing, gaining)
                if weight > 1e-12:
                    yield b, c, weight
                elif c > n * gaining:
                    break

    def _bound(self, b: int, c: int) -> float:
        if (b, c) not in self._bounds:
            self._bounds[b, c] = tango_lower(b, c, self._n, self._critical)
        return self._bounds[b, c]


def _trinomial(n: int, b: int, c: int, losing: float, gaining: float) -> float:
    rest = 1 - losing - gaining
    logarithm = math.lgamma(n + 1)
    for count, p in ((b, losing), (c, gaining), (n - b - c, rest)):
        if count and p <= 1e-15:
            return 0.0
        logarithm += (count * math.log(p) if count else 0.0) - math.lgamma(count + 1)
    return math.exp(logarithm)


def exact_table(title: str, differences: tuple[float, ...], sign: int) -> None:
    shown = ", ".join(f"{d * 100:+g}" for d in differences)
    print(f"{title}: the lowest coverage in % over true differences of {shown} points.\n")
    print("| cases | " + " | ".join(f"{f:.0%} flips" for f in FLIP_RATES) + " |")
    print("|--:|" + "--:|" * len(FLIP_RATES))
    named: list[tuple[float, int, float, float]] = []
    fine: list[tuple[float, int, float, float]] = []
    for n in SIZES:
        exact, row = Exact(n), []
        for flips in FLIP_RATES:
            found = [
                (exact.coverage(flips, d), n, flips, d) for d in differences if abs(d) <= flips
            ]
            named += found
            row.append(min(found)[0] if found else math.nan)
            fine += [
                (exact.coverage(flips, sign * d), n, flips, sign * d)
                for d in QUARTER_POINTS
                if d <= flips
            ]
        print(
            f"| {n} | " + " | ".join("" if math.isnan(x) else f"{x * 100:.1f}" for x in row) + " |"
        )
    _name_the_lowest("these", named)
    _name_the_lowest("all quarter points of the same range", fine)
    print()


def _name_the_lowest(grid: str, found: list[tuple[float, int, float, float]]) -> None:
    low = sum(coverage < WANTED for coverage, *_ in found)
    coverage, n, flips, d = min(found)
    print(
        f"\nOf {grid}, {len(found) - low} of {len(found)} combinations are at {WANTED:.0%} or above; the "
        f"lowest is {coverage * 100:.1f} % (n {n}, {flips:.0%} flips, {d * 100:+g} points)."
    )


Suite = tuple[list[float], list[int]]


def grouped(
    rng: random.Random, groups: int, size: int, flips: float, d: float, icc: float
) -> Suite:
    """Pass or fail in groups: with probability √icc a case follows its group."""
    values, labels = [], []
    for group in range(groups):
        shared = _flip(rng, flips, d)
        for _ in range(size):
            values.append(shared if rng.random() < math.sqrt(icc) else _flip(rng, flips, d))
            labels.append(group)
    return values, labels


def repeated(
    rng: random.Random, groups: int, size: int, flips: float, d: float, icc: float
) -> Suite:
    """Every case run `size` times and averaged."""
    values, _ = grouped(rng, groups, size, flips, d, icc)
    means = [sum(values[i : i + size]) / size for i in range(0, len(values), size)]
    return means, list(range(groups))


def _flip(rng: random.Random, flips: float, d: float) -> float:
    u = rng.random()
    return -1.0 if u < (flips - d) / 2 else (1.0 if u < flips else 0.0)


def simulated_table() -> None:
    designs: list[tuple[str, Callable[..., Suite], int, int]] = [
        ("10 groups of 5", grouped, 10, 5),
        ("20 groups of 3", grouped, 20, 3),
        ("25 groups of 20", grouped, 25, 20),
        ("50 groups of 3", grouped, 50, 3),
        ("100 groups of 5", grouped, 100, 5),
        ("30 cases, 3 repeats", repeated, 30, 3),
        ("100 cases, 3 repeats", repeated, 100, 3),
        ("300 cases, 5 repeats", repeated, 300, 5),
    ]
    print(
        "\nGroups and repeats, simulated. Each cell: the lowest coverage over true differences of 0 and −5"
    )
    print(
        "points and over cases that follow their group not at all, in part (correlation 0.3) and wholly;"
    )
    print("in brackets what the clustered t interval alone would give, in %.\n")
    print("| suite | 5% flips | 10% flips | 30% flips |")
    print("|:--|--:|--:|--:|")
    for name, make, groups, size in designs:
        row = []
        for flips in (0.05, 0.10, 0.30):
            found = [
                _simulate(make, groups, size, flips, d, icc)
                for d in (0.0, -0.05)
                for icc in (0.0, 0.3, 1.0)
            ]
            ours, alone = (min(column) for column in zip(*found, strict=True))
            row.append(f"{ours * 100:.1f} ({alone * 100:.1f})")
        print(f"| {name} | " + " | ".join(row) + " |")


def _simulate(
    make: Callable[..., Suite], groups: int, size: int, flips: float, d: float, icc: float
) -> tuple[float, float]:
    rng = random.Random(f"{groups} {size} {flips} {d} {icc}")
    t = student_t.quantile(CONFIDENCE, groups - 1)
    covered = alone = 0
    for _ in range(SUITES):
        difference = PairedDifference(*make(rng, groups, size, flips, d, icc))
        covered += difference.lower(CONFIDENCE) <= d + 1e-12
        alone += difference.mean - t * (difference.standard_error or 0.0) <= d + 1e-12
    return covered / SUITES, alone / SUITES


if __name__ == "__main__":
    exact_table("Single cases, no true gain", LOSSES, -1)
    exact_table("Single cases, a true gain", GAINS, 1)
    simulated_table()
