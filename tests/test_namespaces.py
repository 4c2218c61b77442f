import os
import subprocess
import sys
import textwrap
from types import FunctionType

import array_api_strict as strict
import numpy as np
import pytest
from numpy import sqrt

from sgdkit.exceptions import InvalidParameterError
from sgdkit.namespaces import code_fingerprint, rebind

SCALE = 2.0


def helper(x):
    return np.where(x > 0.0, x, 0.0 * x)


def calls_a_helper(x):
    return SCALE * helper(x)


def uses_an_imported_function(x):
    return sqrt(x)


def with_default(x, power=2.0):
    return np.abs(x) ** power


def defined(source, **scope):
    """Return the function `f` of this source, as if a notebook cell had defined it."""
    scope = {"np": np, **scope}
    exec(textwrap.dedent(source), scope)
    return scope["f"]


def test_a_rebound_function_works_on_arrays_of_the_other_namespace():
    result = rebind(calls_a_helper, strict)(strict.asarray([-1.0, 3.0]))
    assert type(result) is type(strict.asarray(1.0))
    assert np.asarray(result).tolist() == [0.0, 6.0]


def test_the_original_keeps_its_own_namespace_after_rebinding():
    rebind(calls_a_helper, strict)
    assert type(calls_a_helper(np.array([1.0]))) is np.ndarray


def test_a_numpy_function_imported_by_name_is_replaced_by_its_namesake():
    result = rebind(uses_an_imported_function, strict)(strict.asarray(9.0))
    assert type(result) is type(strict.asarray(1.0)) and float(result) == 3.0


def test_a_function_may_have_the_name_of_a_numpy_function_that_it_uses():
    f = defined("def sqrt(x):\n    return np.sqrt(x)\nf = sqrt")
    assert float(rebind(f, strict)(strict.asarray(9.0))) == 3.0
    assert code_fingerprint(f) == code_fingerprint(f)


def test_an_unused_module_constant_with_the_name_of_an_attribute_does_not_matter():
    text = "def f(x):\n    return np.sqrt(x)"
    assert code_fingerprint(defined(text, sqrt=1.0)) == code_fingerprint(defined(text, sqrt=2.0))


@pytest.mark.parametrize("use", [lambda f: rebind(f, np), code_fingerprint], ids=["rebind", "fingerprint"])
def test_a_function_that_calls_itself_is_refused(use):
    with pytest.raises(InvalidParameterError, match="f calls itself"):
        use(defined("def f(x):\n    return f(x - 1.0)"))


def test_defaults_survive_rebinding():
    assert float(rebind(with_default, strict)(strict.asarray(-3.0))) == 9.0


def test_finish_is_applied_to_helpers_first_and_to_the_function_last():
    seen = []

    def finish(copy: FunctionType):
        seen.append(copy.__name__)
        return copy

    rebind(calls_a_helper, np, finish=finish)
    assert seen == ["helper", "calls_a_helper"]


@pytest.mark.parametrize("use", [lambda f: rebind(f, np), code_fingerprint], ids=["rebind", "fingerprint"])
def test_a_closure_is_refused_with_the_name_of_the_variable(use):
    outer = 3.0

    def closes_over(x):
        return outer * x

    with pytest.raises(InvalidParameterError, match=r"closes_over.*outer.*hyperparameter"):
        use(closes_over)


def test_equal_texts_have_equal_fingerprints():
    text = "def f(x):\n    return np.sqrt(x) + 1.0"
    assert code_fingerprint(defined(text)) == code_fingerprint(defined(text))


@pytest.mark.parametrize(
    "changed",
    [
        "def f(x):\n    return np.sqrt(x) + 2.0",
        "def f(x):\n    return np.exp(x) + 1.0",
        "def f(x):\n    return np.sqrt(x) - 1.0",
        "def f(x, k=1.0):\n    return np.sqrt(x) + 1.0",
    ],
)
def test_a_changed_function_has_another_fingerprint(changed):
    before = defined("def f(x):\n    return np.sqrt(x) + 1.0")
    assert code_fingerprint(before) != code_fingerprint(defined(changed))


def test_a_changed_helper_changes_the_fingerprint():
    text = "def f(x):\n    return g(x)"
    one, other = (defined(f"def f(x):\n    return {k} * x") for k in (1.0, 2.0))
    assert code_fingerprint(defined(text, g=one)) != code_fingerprint(defined(text, g=other))


@pytest.mark.parametrize(
    "values",
    [
        (1.0, 2.0),
        (1, 2),
        ((1.0, 2.0), (1.0, 3.0)),
        (np.float32(1.0), np.float32(2.0)),
        (np.float64(1.0), np.float64(2.0)),
        (np.array([1.0, 2.0]), np.array([1.0, 3.0])),
    ],
    ids=lambda values: type(values[0]).__name__,
)
def test_a_changed_module_constant_changes_the_fingerprint(values):
    text = "def f(x):\n    return x * K"
    first, second = (code_fingerprint(defined(text, K=value)) for value in values)
    assert first != second


def test_fingerprints_do_not_depend_on_the_process():
    program = (
        "from sgdkit.namespaces import code_fingerprint\n"
        "from sgdkit.optimizers import Adam\n"
        "print(code_fingerprint(Adam.function('catch_up')))"
    )
    runs = set()
    for seed in ("1", "2"):
        command = [sys.executable, "-c", program]
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": seed}
        )
        runs.add(done.stdout)
    assert len(runs) == 1
