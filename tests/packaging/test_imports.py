import subprocess
import sys

import pytest

HEAVY = {"numba", "cupy", "matplotlib", "pandas", "jinja2", "typer", "fairlearn"}


def modules_after(code):
    """Top-level modules that a fresh interpreter holds after running `code`."""
    script = f"import sys\n{code}\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import sgdkit",
        "import sgdkit; dir(sgdkit)",
        "from sgdkit import GovernanceReport, HingeClassifier, LinearRanker, LinearRegressor",
        "from sgdkit import LogisticClassifier, audit, governance_scoring",
        "import sgdkit.losses, sgdkit.optimizers, sgdkit.schedules, sgdkit.plugin",
        "import sgdkit.cli.main, sgdkit.governance.render",
    ],
)
def test_importing_pulls_in_nothing_heavy(code):
    # What scikit-learn itself pulls in on this machine is not ours to judge.
    assert (modules_after(code) & HEAVY) <= (modules_after("import sklearn.linear_model") & HEAVY)


def test_every_public_name_resolves():
    import sgdkit

    for name in sgdkit.__all__:
        assert getattr(sgdkit, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'Nonsense'"):
        sgdkit.Nonsense  # noqa: B018
