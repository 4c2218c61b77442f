"""Real sets for runs that do everything right: rows, targets, groups of people and a sound split."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_svmlight_file

_spec = importlib.util.spec_from_file_location(
    "benchmark_datasets", Path(__file__).parents[3] / "benchmarks" / "datasets.py"
)
datasets = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(datasets)

FOLDER = datasets.FOLDER


@dataclass
class CleanSet:
    """A set as it comes: frames or sparse rows, unscaled."""

    X: Any
    y: np.ndarray
    task: str = "classification"
    people: str | None = None
    times: np.ndarray | None = None
    entities: np.ndarray | None = None


def _rows(table, n, seed=0):
    return table.sample(min(n, len(table)), random_state=seed).sort_index().reset_index(drop=True)


def german():
    table = pd.read_csv(FOLDER / "german-credit" / "german.csv", header=None)
    y = (table.pop(20) == 1).to_numpy().astype(int)
    table.columns = [f"c{j}" for j in table.columns]
    table["c8"] = np.where(table["c8"] == "A92", "female", "male")
    return CleanSet(table, y, people="c8")


def compas():
    table = pd.read_csv(FOLDER / "compas" / "compas-two-years-deidentified.csv.gz")
    table = table[(table["days_b_screening_arrest"].abs() <= 30) & (table["c_charge_degree"] != "O")]
    table = _rows(table, 3000)
    columns = ["sex", "age", "juv_fel_count", "juv_misd_count", "juv_other_count", "priors_count"]
    return CleanSet(table[[*columns, "c_charge_degree"]], table["two_year_recid"].to_numpy(), people="sex")


def mq2008():
    path = str(FOLDER / "mq2008" / "S1.txt.gz")
    X, y, queries = load_svmlight_file(path, n_features=46, query_id=True)
    return CleanSet(pd.DataFrame(X.toarray()).add_prefix("f"), y, "regression", entities=queries)


def agaricus():
    X, y = load_svmlight_file(str(FOLDER / "agaricus" / "agaricus.txt.train.gz"), n_features=126)
    return CleanSet(X[:3000], y[:3000].astype(int))


def california():
    table = _rows(pd.read_csv(FOLDER / "california-housing" / "housing.csv.gz"), 2500)
    y = table.pop("median_house_value").to_numpy()
    return CleanSet(table.drop(columns="ocean_proximity"), np.log(y), "regression")


def bike():
    table = _rows(pd.read_csv(FOLDER / "bike-sharing" / "hour.csv.gz"), 2500)
    X = table[["season", "yr", "mnth", "hr", "workingday", "temp", "hum", "windspeed"]].astype(float)
    return CleanSet(X, np.log1p(table["cnt"].to_numpy()), "regression", times=np.arange(len(X)))


def adult():
    names = [
        "age", "workclass", "fnlwgt", "education", "education-num", "marital-status", "occupation",
        "relationship", "race", "sex", "capital-gain", "capital-loss", "hours-per-week",
        "native-country", "income",
    ]  # fmt: skip
    table = pd.read_csv(
        FOLDER / "adult" / "adult-train.csv.gz", header=None, names=names, skipinitialspace=True
    )
    table = _rows(table, 3000)
    y = (table.pop("income").str.strip(".") == ">50K").to_numpy().astype(int)
    return CleanSet(table, y, people="sex")


def letter():
    split = datasets.letter()
    rows = np.random.default_rng(0).permutation(len(split.X_train))[:3000]
    return CleanSet(split.X_train[rows] * 2.5 + 7.0, split.y_train[rows])


def covtype():
    table = _rows(pd.read_csv(FOLDER / "covtype-20k" / "covtype.20k.data.gz", header=None), 3000)
    y = table.pop(table.columns[-1]).to_numpy()
    table.columns = [f"c{j}" for j in range(table.shape[1])]
    kept = np.isin(y, [1, 2, 3])
    return CleanSet(table[kept].astype(float), y[kept])


def electricity():
    table = pd.read_csv(FOLDER / "electricity" / "elec.csv.gz").iloc[20_000::8].reset_index(drop=True)
    y = table.pop("class").to_numpy()
    return CleanSet(table, y, times=np.arange(len(table)))


def a9a():
    X, y = load_svmlight_file(str(FOLDER / "a9a" / "a9a.gz"), n_features=123)
    rows = np.random.default_rng(0).permutation(X.shape[0])[:3000]
    return CleanSet(X[rows], y[rows])


def w8a():
    X, y = load_svmlight_file(str(FOLDER / "w8a" / "w8a.gz"), n_features=300)
    rows = np.random.default_rng(0).permutation(X.shape[0])[:5000]
    return CleanSet(X[rows], y[rows])


SETS = {
    "german-credit": german,
    "compas": compas,
    "adult": adult,
    "mq2008": mq2008,
    "california-housing": california,
    "bike-sharing": bike,
    "letter": letter,
    "covtype-20k": covtype,
    "electricity": electricity,
    "a9a": a9a,
    "w8a": w8a,
    "agaricus": agaricus,
}
