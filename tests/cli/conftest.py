import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from sgdkit.cli.main import main


@pytest.fixture(scope="session")
def table(tmp_path_factory):
    """A CSV file of 400 rows: numbers, texts, gaps, codes, a weight, a query and targets of each kind."""
    rng = np.random.default_rng(0)
    frame = (
        load_diabetes(as_frame=True, scaled=False).frame.iloc[:400].rename(columns={"target": "progression"})
    )
    frame["sex"] = np.where(frame["sex"] == 1.0, "A", "B")
    frame["clinic"] = rng.choice(["north", "south", "east"], 400)
    frame.loc[::7, "clinic"] = np.nan
    frame.loc[::9, "bp"] = np.nan
    frame["ward"] = rng.integers(1, 5, 400)
    frame["smoker"] = frame["age"] > 55
    frame["weight"] = rng.uniform(0.5, 2.0, 400)
    frame["query"] = rng.integers(0, 40, 400)
    frame["grade"] = np.digitize(frame["progression"], [100.0, 150.0, 220.0])
    frame["high"] = np.where(frame["progression"] > 140.0, "yes", "no")
    path = tmp_path_factory.mktemp("data") / "patients.csv"
    frame.to_csv(path, index=False)
    return path


TARGETS = ("progression", "grade", "high")


def drops(*kept):
    """Flags that take the columns out that would give a target away."""
    columns = [name for name in (*TARGETS, "weight", "query") if name not in kept]
    return [word for name in columns for word in ("--drop", name)]


@pytest.fixture(scope="session")
def classifier(table, tmp_path_factory):
    """Folder of a trained classifier."""
    out = tmp_path_factory.mktemp("run") / "high"
    flags = ["--target", "high", "--sensitive", "sex", "--categorical", "ward", "--out", str(out)]
    assert main(["train", str(table), *flags, *drops("high")]) == 0
    return out
