"""Can the tests fail? Change one thing in a loss, rule or kernel, run its tests, and count who notices.

``python -m benchmarks.mutants`` takes a fixed sample of all groups, or of those named.
"""

import argparse
import ast
import concurrent.futures
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
LIMIT_SECONDS = 300
LIMIT_BYTES = 8 * 2**30
# Every kernel is compiled anew when one of their files changes, so few losses and rules must do.
NEAR_KERNELS = (
    "test_vector_math or test_batches or ((adagrad or AdaGrad or rule0) and "
    "(log_loss or softmax or pairwise_logistic)) or (prodigy and log_loss) or broken or centring or "
    "targets_are_as_many or clipped_step"
)
SOLVER_KERNELS = ("dual", "quadratic", "variance_reduced")
RULE_TESTS = ("papers", "common", "weight_decay", "torch")
# Of a changed rule only the tests that name it are run.
SPELLED = {"centered_rmsprop": "centered_rmsprop or centred_rmsprop", "proximal": "", "decay": "", "base": ""}
# Which files are changed, and which tests should notice: fast ones first.
GROUPS = {
    "losses": (["losses/*.py"], ["tests/losses", "tests/solvers/test_terms.py"]),
    "rules": (
        ["optimizers/*.py", "proximal.py", "decay.py"],
        ["tests/test_proximal.py", *(f"tests/optimizers/test_{name}.py" for name in RULE_TESTS)],
    ),
    "kernels": (
        [f"kernels/{name}.py" for name in ("batches", "csr", "dense", "row_vectors", "vector_math")],
        [
            "tests/kernels/test_vector_math.py",
            "tests/kernels/test_batches.py",
            "tests/backends/test_numba_equals_reference.py",
            "-k",
            NEAR_KERNELS,
        ],
    ),
    "solver-kernels": (
        [f"kernels/{name}.py" for name in SOLVER_KERNELS],
        [*(f"tests/kernels/test_{name}.py" for name in SOLVER_KERNELS), "tests/solvers/test_solvers.py"],
    ),
}
OPPOSITE = {
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Add: ast.Sub, ast.Sub: ast.Add,
}  # fmt: skip
# Changes that change nothing, by file and change, each with the reason.
EQUIVALENT: dict[tuple[str, str], str] = {
    ("losses/pairwise_logistic.py", "evaluate_batch: sign, 1.0 + pairs -> 1.0 - pairs"): (
        "Chosen only where there are no pairs, so 1 either way."
    ),
    (
        "losses/softmax.py",
        "feasible: sign, max(0.0, short) * (1.0 + 1e-09) + 1e-16 -> max(0.0, short) * (1.0 + 1e-09) - 1e-16",
    ): "A margin of less than one rounding.",
    (
        "kernels/batches.py",
        "prefetch_row: constant, 64 -> 65",
    ): "A hint to the memory; no result depends on it.",
    ("kernels/dual.py", "dense_sweep: constant, 0.0 -> 1.0"): "Without a change there is nothing to add.",
    ("losses/softmax.py", "conjugate: constant, 1.0 -> 2.0"): (
        "The logarithm of what stands in for a zero is multiplied by that zero."
    ),
}


class Mutant(NamedTuple):
    """One change of one file: the node at a position of the walk over its tree becomes another."""

    group: str
    path: str
    line: int
    change: str
    position: int
    choice: int

    def text(self) -> str:
        """Return the changed file."""
        tree = ast.parse((ROOT / "sgdkit" / self.path).read_text())
        node = list(ast.walk(tree))[self.position]
        new, _ = list(changes_of(node))[self.choice]
        return ast.unparse(_Replace(node, new).visit(tree))


def changes_of(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Return what may stand in the place of a node, and what kind of change that is."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in OPPOSITE:
        yield ast.Compare(node.left, [OPPOSITE[type(node.ops[0])]()], node.comparators), "comparison"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        yield ast.BinOp(node.left, OPPOSITE[type(node.op)](), node.right), "sign"
        yield node.left, "term dropped"
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield ast.Constant(node.value + 1), "constant"


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST):
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def mutants_of(group: str, path: Path) -> Iterator[Mutant]:
    """Return every change in the function bodies of a file, except in messages of errors."""
    tree = ast.parse(path.read_text())

    def inside(node: ast.AST) -> Iterator[ast.AST]:
        if not isinstance(node, ast.Raise):
            yield node
            for child in ast.iter_child_nodes(node):
                yield from inside(child)

    function_of = {
        id(node): function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for statement in function.body
        for node in inside(statement)
    }
    for position, node in enumerate(ast.walk(tree)):
        if id(node) in function_of:
            for choice, (new, kind) in enumerate(changes_of(node)):
                change = f"{function_of[id(node)]}: {kind}, {ast.unparse(node)} -> {ast.unparse(new)}"
                name = str(path.relative_to(ROOT / "sgdkit"))
                yield Mutant(group, name, node.lineno, change, position, choice)


def mutants_of_group(group: str) -> list[Mutant]:
    """Return every change in the files of a group."""
    paths = [path for pattern in GROUPS[group][0] for path in sorted((ROOT / "sgdkit").glob(pattern))]
    return [mutant for path in paths for mutant in mutants_of(group, path)]


def sampled(group: str, number: int, seed: int) -> list[Mutant]:
    """Return `number` mutants of a group."""
    return random.Random(f"{seed} {group}").sample(mutants_of_group(group), number)


def run_tests(folder: Path, group: str, named: str = "") -> tuple[bool, str]:
    """Run a group's tests in a copy of the project; return whether they pass, and the last line."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not slow", *GROUPS[group][1]]
    command += ["-k", named] if named else []
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(folder)}
    memory = (LIMIT_BYTES, LIMIT_BYTES)
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, timeout=LIMIT_SECONDS, capture_output=True, text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, memory), check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return False, "did not end in time"
    lines = done.stdout.strip().splitlines() or ["no output"]
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    return done.returncode == 0, (failed or lines)[0 if failed else -1]


def copy_project(folder: Path) -> None:
    """Copy what the tests need."""
    for name in ("sgdkit", "tests", "plugins"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)


def survives(mutant: Mutant) -> tuple[bool, str]:
    """Return whether the tests pass in spite of a mutant, and the line that says so."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_project(folder)
        (folder / "sgdkit" / mutant.path).write_text(mutant.text())
        stem = Path(mutant.path).stem
        return run_tests(folder, mutant.group, SPELLED.get(stem, stem) if mutant.group == "rules" else "")


def main() -> None:
    """Run the sample and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", default=[*GROUPS], help=", ".join(GROUPS))
    parser.add_argument("--number", type=int, default=15, help="mutants of each group")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    known = {(mutant.path, mutant.change) for group in GROUPS for mutant in mutants_of_group(group)}
    if gone := EQUIVALENT.keys() - known:
        sys.exit(f"Known to change nothing, but no longer in the code: {sorted(gone)}")
    mutants = [m for group in options.groups for m in sampled(group, options.number, options.seed)]
    with tempfile.TemporaryDirectory() as name:
        copy_project(Path(name))
        for group in options.groups:
            passed, line = run_tests(Path(name), group)
            if not passed:
                sys.exit(f"The tests of the {group} fail without any change: {line}")
    n_killed = n_equivalent = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for mutant, (survived, line) in zip(mutants, pool.map(survives, mutants), strict=True):
            reason = EQUIVALENT.get((mutant.path, mutant.change))
            verdict = "killed" if not survived else "SURVIVED" if reason is None else "equivalent"
            n_killed += not survived
            n_equivalent += survived and reason is not None
            print(
                f"{verdict:10} {mutant.path}:{mutant.line} {mutant.change}\n{'':10} {reason or line}",
                flush=True,
            )
    n_real = len(mutants) - n_equivalent
    print(f"{n_killed} of {n_real} killed ({n_killed / n_real:.0%}); {n_equivalent} more change nothing.")


if __name__ == "__main__":
    main()
