"""Real data sets for benchmarks and slow tests, read from a folder beside the project.

The sets are not part of the project (their licences differ). ``SGDKIT_DATA`` names the folder;
the default is ``../shared/data``. What is missing is skipped by whoever asks.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_svmlight_file
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FOLDER = Path(os.environ.get("SGDKIT_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


class Split(NamedTuple):
    """A prepared set: training and test rows."""

    X_train: Any
    X_test: Any
    y_train: np.ndarray
    y_test: np.ndarray


def available(name: str) -> bool:
    """Tell whether the set lies in the data folder."""
    return (FOLDER / name).is_dir()


def _prepare(train: pd.DataFrame, test: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    numeric = train.select_dtypes("number").columns
    other = train.columns.difference(numeric)
    steps = ColumnTransformer(
        [
            ("numeric", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), list(numeric)),
            (
                "category",
                OneHotEncoder(min_frequency=5, handle_unknown="infrequent_if_exist", sparse_output=False),
                list(other),
            ),
        ]
    )
    return steps.fit_transform(train), steps.transform(test)


def _random(X: Any, y: np.ndarray, stratify: bool) -> Split:
    return Split(*train_test_split(X, y, test_size=0.3, random_state=0, stratify=y if stratify else None))


def adult() -> Split:
    """Census income, binary, standardised and one-hot."""
    names = [
        "age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation",
        "relationship", "race", "sex", "capital-gain", "capital-loss", "hours-per-week",
        "native-country", "income",
    ]  # fmt: skip
    frames = [
        pd.read_csv(
            FOLDER / "adult" / f"adult-{part}.csv.gz", header=None, names=names, skipinitialspace=True
        )
        for part in ("train", "test")
    ]
    labels = [(frame.pop("income").str.strip(".") == ">50K").to_numpy().astype(int) for frame in frames]
    return Split(*_prepare(*frames), *labels)


def a9a() -> Split:
    """The same people as sparse binary features."""
    parts = [load_svmlight_file(str(FOLDER / "a9a" / f), n_features=123) for f in ("a9a.gz", "a9a.t.gz")]
    return Split(parts[0][0], parts[1][0], parts[0][1], parts[1][1])


def w8a() -> Split:
    """Web pages, sparse binary features, 3 % positive."""
    X, y = load_svmlight_file(str(FOLDER / "w8a" / "w8a.gz"), n_features=300)
    return _random(X, y, True)


def covtype() -> Split:
    """Forest cover, 7 classes, standardised."""
    table = pd.read_csv(FOLDER / "covtype-20k" / "covtype.20k.data.gz", header=None).to_numpy(float)
    split = _random(table[:, :-1], table[:, -1].astype(int), True)
    scaler = StandardScaler().fit(split.X_train)
    return split._replace(X_train=scaler.transform(split.X_train), X_test=scaler.transform(split.X_test))


def letter() -> Split:
    """Letters, 26 classes, standardised."""
    import gzip
    import io

    from scipy.io import arff

    with gzip.open(FOLDER / "letter" / "letter.arff.gz", "rt") as file:
        table = pd.DataFrame(arff.loadarff(io.StringIO(file.read()))[0])
    y = table.pop(table.columns[-1]).str.decode("utf8").to_numpy()
    X = table.to_numpy(float)
    scaler = StandardScaler().fit(X[:16_000])
    X = scaler.transform(X)
    return Split(X[:16_000], X[16_000:], y[:16_000], y[16_000:])


def newsgroups() -> Split:
    """20 newsgroups as TF-IDF, sorted by class."""

    def part(name: str) -> tuple[Any, np.ndarray]:
        z = np.load(FOLDER / "20newsgroups" / f"{name}.npz")
        X = sp.csr_matrix((z["data"].astype("float32"), z["indices"], z["indptr"]), shape=z["shape"])
        return X, z["y"]

    (X, y), (X_test, y_test) = part("train"), part("test")
    return Split(X, X_test, y, y_test)


def california() -> Split:
    """House values in dollars."""
    table = pd.read_csv(FOLDER / "california-housing" / "housing.csv.gz")
    y = table.pop("median_house_value").to_numpy()
    train, test, y_train, y_test = train_test_split(table, y, test_size=0.3, random_state=0)
    return Split(*_prepare(train, test), y_train, y_test)


def bike() -> Split:
    """Hourly bike rentals, log1p of the count."""
    table = pd.read_csv(FOLDER / "bike-sharing" / "hour.csv.gz")
    y = np.log1p(table["cnt"].to_numpy())
    categories = ["season", "mnth", "hr", "holiday", "weekday", "workingday", "weathersit"]
    X = table[[*categories, "yr", "temp", "hum", "windspeed"]].copy()
    X[categories] = X[categories].astype(str)
    train, test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0)
    return Split(*_prepare(train, test), y_train, y_test)


CLASSIFICATION: dict[str, Callable[[], Split]] = {
    "adult": adult,
    "a9a": a9a,
    "w8a": w8a,
    "covtype-20k": covtype,
    "letter": letter,
    "20newsgroups": newsgroups,
}
REGRESSION: dict[str, Callable[[], Split]] = {"california-housing": california, "bike-sharing": bike}
