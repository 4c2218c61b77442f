import sys
import types

import numpy as np
import pytest
import scipy.sparse as sp

from sgdkit.backends.select import BACKENDS, is_cupy, select_backend
from sgdkit.exceptions import InvalidParameterError, UnsupportedCombinationError


def fake_cupy_array():
    """Return an object that says it comes from CuPy, as the real arrays do."""
    return type("ndarray", (), {"__module__": "cupy"})()


@pytest.mark.parametrize("X", [np.ones((2, 2)), sp.csr_matrix(np.eye(2)), sp.csr_array(np.eye(2))])
def test_rows_in_main_memory_are_compiled_and_the_reason_says_so(X):
    backend, reason = select_backend("auto", X)
    assert backend.name == "numba" and "main memory" in reason


@pytest.mark.parametrize(("name", "shown"), [("numba", "numba"), ("reference", "reference")])
def test_a_backend_asked_for_by_name_is_taken_and_the_reason_says_so(name, shown):
    backend, reason = select_backend(name, np.ones((2, 2)))
    assert backend.name == shown and reason == "asked for by name"


def test_an_unknown_backend_is_refused_with_the_known_ones():
    with pytest.raises(InvalidParameterError, match="'auto', 'numba', 'reference', 'cupy'"):
        select_backend("cuda", np.ones((2, 2)))


def test_cupy_asked_for_with_rows_in_main_memory_names_the_remedy():
    with pytest.raises(UnsupportedCombinationError, match=r"numpy.ndarray.*cupy.asarray"):
        select_backend("cupy", np.ones((2, 2)))


@pytest.mark.parametrize("name", ["numba", "reference"])
def test_a_cpu_backend_asked_for_with_rows_on_a_gpu_names_the_remedy(name):
    with pytest.raises(UnsupportedCombinationError, match=r"X\.get\(\)"):
        select_backend(name, fake_cupy_array())


def test_an_unknown_kind_of_array_is_refused_by_its_name():
    with pytest.raises(UnsupportedCombinationError, match="list"):
        select_backend("auto", [[1.0]])


@pytest.mark.parametrize("name", ["auto", "cupy"])
def test_rows_on_a_gpu_get_the_array_backend_over_cupy(name, monkeypatch):
    stand_in = types.ModuleType("cupy")
    monkeypatch.setitem(sys.modules, "cupy", stand_in)
    backend, reason = select_backend(name, fake_cupy_array())
    assert backend.xp is stand_in and backend.name == "cupy" and "CUDA" in reason


def test_recognising_cupy_arrays_does_not_import_cupy():
    assert is_cupy(fake_cupy_array()) and not is_cupy(np.ones(1)) and not is_cupy(sp.csr_matrix((1, 1)))
    assert set(BACKENDS) == {"auto", "numba", "reference", "cupy"}
