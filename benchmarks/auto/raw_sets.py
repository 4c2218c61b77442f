"""Every shared set in the units it came in: numbers as they are, categories one-hot."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.io import arff, loadmat
from sklearn.datasets import load_svmlight_file
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import LabelEncoder, OneHotEncoder

from benchmarks.datasets import FOLDER


class Rows(NamedTuple):
    """A prepared set.

    Attributes
    ----------
    task : {"classification", "regression", "ranking"}
        What y is.
    X : ndarray or CSR matrix of shape (n, d), float64
    y : ndarray of shape (n,)
    qid : ndarray of shape (n,) or None
    """

    task: str
    X: Any
    y: np.ndarray
    qid: np.ndarray | None = None


def _classes(X: Any, y: Any) -> Rows:
    return Rows("classification", X, LabelEncoder().fit_transform(np.asarray(y).ravel()))


def _numbers(X: Any, y: Any) -> Rows:
    y = np.asarray(y, float)
    return Rows("regression", X, y / y.std())


def _table(frame: pd.DataFrame) -> np.ndarray:
    numeric = frame.select_dtypes("number")
    other = frame.drop(columns=numeric.columns)
    parts = [numeric.fillna(numeric.median()).to_numpy(float)]
    if other.shape[1]:
        parts.append(OneHotEncoder(min_frequency=5, sparse_output=False).fit_transform(other.astype(str)))
    return np.hstack(parts)


def _svmlight(path: str, n_features: int) -> tuple[sp.csr_matrix, np.ndarray]:
    X, y = load_svmlight_file(str(FOLDER / path), n_features=n_features)
    return sp.csr_matrix(X, dtype=np.float64), y


def _adult() -> Rows:
    frame = pd.read_csv(FOLDER / "adult" / "adult-train.csv.gz", header=None, skipinitialspace=True)
    y = frame.pop(14)
    return _classes(_table(frame), y)


def _german() -> Rows:
    frame = pd.read_csv(FOLDER / "german-credit" / "german.csv", header=None)
    y = frame.pop(20)
    return _classes(_table(frame), y)


def _compas() -> Rows:
    frame = pd.read_csv(FOLDER / "compas" / "compas-two-years-deidentified.csv.gz")
    frame = frame[frame.days_b_screening_arrest.abs() <= 30]
    counts = ["juv_fel_count", "juv_misd_count", "juv_other_count", "priors_count"]
    return _classes(_table(frame[["sex", "age", "race", *counts, "c_charge_degree"]]), frame.two_year_recid)


def _electricity() -> Rows:
    frame = pd.read_csv(FOLDER / "electricity" / "elec.csv.gz")
    y = frame.pop("class")
    return _classes(_table(frame), y)


def _covtype() -> Rows:
    table = pd.read_csv(FOLDER / "covtype-20k" / "covtype.20k.data.gz", header=None).to_numpy(float)
    return _classes(table[:, :-1], table[:, -1].astype(int))


def _letter() -> Rows:
    import gzip
    import io

    with gzip.open(FOLDER / "letter" / "letter.arff.gz", "rt") as file:
        table = pd.DataFrame(arff.loadarff(io.StringIO(file.read()))[0])
    y = table.pop(table.columns[-1])
    return _classes(table.to_numpy(float), y.str.decode("utf8"))


def _newsgroups() -> Rows:
    z = np.load(FOLDER / "20newsgroups" / "train.npz")
    X = sp.csr_matrix((z["data"].astype(float), z["indices"], z["indptr"]), shape=z["shape"])
    return _classes(X, z["y"])


def _sms() -> Rows:
    frame = pd.read_csv(FOLDER / "sms-spam" / "sms.tsv", sep="\t", header=None, quoting=3)
    return _classes(sp.csr_matrix(TfidfVectorizer().fit_transform(frame[1])), frame[0])


def _arcene() -> Rows:
    file = loadmat(str(FOLDER / "arcene" / "arcene.mat"))
    return _classes(file["X"].astype(float), file["Y"])


def _california() -> Rows:
    frame = pd.read_csv(FOLDER / "california-housing" / "housing.csv.gz")
    y = frame.pop("median_house_value")
    return _numbers(_table(frame), y)


def _bike() -> Rows:
    frame = pd.read_csv(FOLDER / "bike-sharing" / "hour.csv.gz")
    categories = ["season", "mnth", "hr", "holiday", "weekday", "workingday", "weathersit"]
    X = frame[[*categories, "yr", "temp", "hum", "windspeed"]].copy()
    X[categories] = X[categories].astype(str)
    return _numbers(_table(X), np.log1p(frame.cnt))


def _students() -> Rows:
    frame = pd.read_csv(FOLDER / "engineering-students" / "chileDataL2R_gender_nosemi_full.csv")
    qid, y = frame.pop("entrance_year"), frame.pop("score")
    return Rows("ranking", frame.to_numpy(float), y.to_numpy(), qid.to_numpy())


def _mq2008() -> Rows:
    parts = [
        load_svmlight_file(str(FOLDER / "mq2008" / f"S{k}.txt.gz"), query_id=True, n_features=46)
        for k in (1, 2, 3)
    ]
    X, y, qid = zip(*parts, strict=True)
    return Rows("ranking", sp.vstack(X).toarray(), np.concatenate(y), np.concatenate(qid))


def _lightgbm() -> Rows:
    X, y = _svmlight("lightgbm-rank/rank.train.gz", 300)
    sizes = np.loadtxt(FOLDER / "lightgbm-rank" / "rank.train.query", dtype=int)
    return Rows("ranking", X, y, np.repeat(np.arange(len(sizes)), sizes))


SHARED: dict[str, Callable[[], Rows]] = {
    "german-credit": _german,
    "compas": _compas,
    "arcene": _arcene,
    "agaricus": lambda: _classes(*_svmlight("agaricus/agaricus.txt.train.gz", 126)),
    "engineering-students": _students,
    "mq2008": _mq2008,
    "lightgbm-rank": _lightgbm,
    "california-housing": _california,
    "bike-sharing": _bike,
    "electricity": _electricity,
    "sms-spam": _sms,
    "adult": _adult,
    "a9a": lambda: _classes(*_svmlight("a9a/a9a.gz", 123)),
    "w8a": lambda: _classes(*_svmlight("w8a/w8a.gz", 300)),
    "letter": _letter,
    "covtype-20k": _covtype,
    "spam-stream": lambda: _classes(*_svmlight("spam-stream/spam.svmlight.gz", 39_916)),
    "20newsgroups": _newsgroups,
}
