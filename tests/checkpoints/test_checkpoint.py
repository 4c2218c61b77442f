"""What goes on from a checkpoint, when one is written, and what is refused."""

import hashlib

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer

from sgdkit import Checkpoint, HingeClassifier, LogisticClassifier, audit
from sgdkit.engine.checkpoint import Keeper
from sgdkit.engine.checkpoint.snapshot import MAGIC, read_snapshot
from sgdkit.exceptions import InvalidParameterError, UnsupportedCombinationError
from sgdkit.inspection import lr_range_test
from sgdkit.plugin.registry import default_registry
from sgdkit.solvers import BUILTIN, Solver

X, Y = load_breast_cancer(return_X_y=True)
X = ((X - X.mean(axis=0)) / X.std(axis=0))[:200].round(1)
Y = Y[:200]
RULES = [name for name, kind in default_registry().table("optimizer").items() if not issubclass(kind, Solver)]

pytestmark = pytest.mark.filterwarnings("ignore::sgdkit.exceptions.ConvergenceWarning")


def model(**settings):
    return LogisticClassifier(**{"optimizer": "adam", "max_iter": 6, "random_state": 0, **settings})


def interrupted(path, **settings):
    """Leave the checkpoint of a run whose time was over after one epoch."""
    model(checkpoint=path, max_seconds=1e-9, **settings).fit(X, Y)
    return path


@pytest.mark.parametrize("layout", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
@pytest.mark.parametrize("optimizer", RULES)
def test_every_rule_goes_on_to_the_same_bits(optimizer, layout, tmp_path):
    rows, path = layout(X), tmp_path / "run"
    whole = model(optimizer=optimizer).fit(rows, Y)
    resumed = None
    for _ in range(3):
        model(optimizer=optimizer, checkpoint=path, resume_from=resumed, max_seconds=1e-9).fit(rows, Y)
        resumed = path
    assert read_snapshot(path).done == 3
    resumed = model(optimizer=optimizer, resume_from=path).fit(rows, Y)
    np.testing.assert_array_equal(resumed.coef_, whole.coef_)
    np.testing.assert_array_equal(resumed._training["state"].slots, whole._training["state"].slots)
    np.testing.assert_array_equal(resumed.history_["objective"], whole.history_["objective"])


def test_a_run_that_had_ended_gives_its_model_at_once(tmp_path):
    settings = {"early_stopping": True, "tol": 10.0, "n_iter_no_change": 2}
    whole = model(checkpoint=tmp_path / "run", **settings).fit(X, Y)
    again = model(resume_from=tmp_path / "run", **settings).fit(X, Y)
    assert again.stop_reason_ == whole.stop_reason_ == "early_stopping"
    assert again.n_iter_ == whole.n_iter_ == 3
    np.testing.assert_array_equal(again.coef_, whole.coef_)


def test_a_continued_run_is_kept_as_well(tmp_path):
    def first():
        return model(warm_start=True).fit(X, Y)

    whole = first().fit(X, Y)
    first().set_params(checkpoint=tmp_path / "run", max_seconds=1e-9).fit(X, Y)
    resumed = model(warm_start=True, resume_from=tmp_path / "run").fit(X, Y)
    np.testing.assert_array_equal(resumed.coef_, whole.coef_)
    np.testing.assert_array_equal(resumed.history_["epoch"], whole.history_["epoch"])


def test_how_often_it_is_written(tmp_path, monkeypatch):
    made, write = [], Keeper.write
    monkeypatch.setattr(Keeper, "write", lambda self, kept: made.append(kept.done) or write(self, kept))
    plain = model(tol=None).fit(X, Y).coef_
    for often, epochs in (
        ({"every_epochs": 4}, [4, 6]),
        ({"every_seconds": 1e6}, [6]),
        ({}, [1, 2, 3, 4, 5, 6]),
    ):
        kept = model(tol=None, checkpoint=Checkpoint(tmp_path / "run", **often)).fit(X, Y)
        assert made == epochs
        np.testing.assert_array_equal(kept.coef_, plain)
        made.clear()
    assert [each.name for each in tmp_path.iterdir()] == ["run"]


def test_a_writer_that_fails_leaves_the_last_checkpoint(tmp_path, monkeypatch):
    path = interrupted(tmp_path / "run")
    before = path.read_bytes()
    monkeypatch.setattr("os.replace", lambda *names: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        model(checkpoint=path).fit(X, Y)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("optimizer", [kind.name for kind in BUILTIN])
def test_solvers_go_on_from_the_weights_to_the_same_proof(optimizer, tmp_path, monkeypatch):
    kind = HingeClassifier if optimizer in ("interior_point", "sdca") else LogisticClassifier
    solver = kind(optimizer=optimizer, alpha=0.01, random_state=0)
    whole = clone(solver).fit(X, Y)
    write = Keeper.write

    def killed(self, snapshot):
        write(self, snapshot)
        if snapshot.done == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Keeper, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            clone(solver).set_params(checkpoint=str(tmp_path / "run")).fit(X, Y)
    resumed = clone(solver).set_params(resume_from=tmp_path / "run").fit(X, Y)
    assert resumed.converged_
    assert resumed.history_["epoch"][0] == 3
    np.testing.assert_allclose(resumed.coef_, whole.coef_, atol=0.1)


def damaged(content, how):
    body = content[len(MAGIC) :].partition(b"\n")[2]
    if how == "truncated":
        return content[:-100]
    if how == "a flipped bit":
        return content[:-200] + bytes([content[-200] ^ 1]) + content[-199:]
    if how == "empty":
        return b""
    if how == "another file":
        return b"PK\x03\x04" + body
    return MAGIC + hashlib.sha256(b"no archive").hexdigest().encode() + b"\nno archive"


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("truncated", "is damaged: it is not as it was written. Resume from another one"),
        ("a flipped bit", "is damaged"),
        ("empty", "is no checkpoint that this sgdkit can read"),
        ("another file", "is no checkpoint that this sgdkit can read"),
        ("well-sealed nonsense", "is no checkpoint that this sgdkit can read"),
    ],
)
def test_a_file_that_is_not_as_it_was_written_is_refused(how, sentence, tmp_path):
    path = interrupted(tmp_path / "run")
    path.write_bytes(damaged(path.read_bytes(), how))
    with pytest.raises(InvalidParameterError, match=sentence):
        model(resume_from=path).fit(X, Y)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"alpha": 0.5},
            r"another run: alpha was 0\.0001, and is 0\.5 now\. Fit with the data and parameters",
        ),
        (
            {"optimizer": "sgd", "max_iter": 7},
            "max_iter was 6, and is 7 now; optimizer was 'adam', and is 'sgd' now",
        ),
        ({"class_weight": {0: 2.0}}, "class_weight was None"),
        ({"early_stopping": True}, "did not hold out rows of these"),
        ({"random_state": 1}, "random_state was 0, and is 1"),
        ({"bounds": np.array([[-1.0, 1.0]] * 30)}, "bounds was None, and is an array "),
        ({"bounds": (np.float64(-1.0), 1.0)}, r"bounds was None, and is \[-1\.0, 1\.0\]"),
    ],
)
def test_other_parameters_are_refused(settings, sentence, tmp_path):
    path = interrupted(tmp_path / "run")
    with pytest.raises(InvalidParameterError, match=sentence):
        model(resume_from=path, **settings).fit(X, Y)


@pytest.mark.parametrize(
    ("X", "y", "weight", "named"),
    [
        (X + 1e-9, Y, None, "X"),
        (X.astype(np.float32), Y, None, "X"),
        (sp.csr_matrix(X), Y, None, "X"),
        (X[:-1], Y[:-1], None, "X, y"),
        (X, 1 - Y, None, "y"),
        (X, Y, np.arange(1.0, 201.0), "sample_weight"),
    ],
)
def test_other_data_are_refused(X, y, weight, named, tmp_path):
    path = interrupted(tmp_path / "run")
    with pytest.raises(InvalidParameterError, match=rf"another run: the data differ \({named}\)\."):
        model(resume_from=path).fit(X, y, sample_weight=weight)


def test_another_estimator_is_refused(tmp_path):
    path = interrupted(tmp_path / "run")
    with pytest.raises(
        InvalidParameterError, match="its estimator was LogisticClassifier, and is HingeClassifier"
    ):
        HingeClassifier(optimizer="adam", max_iter=6, random_state=0, resume_from=path).fit(X, Y)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"checkpoint": 3}, "checkpoint must be a path, a Checkpoint or None"),
        ({"checkpoint": "no such folder/run"}, "a folder that does not exist or cannot be written to"),
        ({"checkpoint": "."}, "is a folder; give a file"),
        (
            {"checkpoint": Checkpoint("run", every_epochs=0)},
            r"every_epochs=0\): every_epochs must be a whole number",
        ),
        (
            {"checkpoint": Checkpoint("run", every_seconds=-1)},
            "every_seconds must be None or a number of seconds",
        ),
        ({"checkpoint": Checkpoint(None)}, "path must be the path of a file"),
        ({"resume_from": 3}, "resume_from must be a path or None"),
        ({"resume_from": "nowhere"}, "cannot be read: No such file or directory. Where nothing was kept yet"),
    ],
)
def test_settings_are_refused_before_anything_runs(settings, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidParameterError, match=sentence):
        model(**settings).fit(X, Y)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["checkpoint", "resume_from"])
def test_streams_are_kept_by_pickling(name, tmp_path):
    with pytest.raises(UnsupportedCombinationError, match="pickle the model, and leave"):
        model(**{name: str(tmp_path / "run")}).partial_fit(X, Y, classes=[0, 1])


def test_the_record_has_its_hash_and_an_audit_leaves_the_file_alone(tmp_path):
    path = tmp_path / "run"
    fitted = model(checkpoint=path).fit(X, Y)
    evidence = fitted.components_["checkpoint"]["written"]
    assert evidence == {"epoch": fitted.n_iter_, "sha256": read_snapshot(path).digest()}
    again = model(checkpoint=path).fit(X, Y)  # time is no part of it
    assert again.components_["checkpoint"]["written"] == evidence
    content = audit(fitted, X, Y, X_train=X, y_train=Y).to_dict()
    kept = next(part for part in content["components"] if part["kind"] == "checkpoint")
    assert kept["written"] == evidence
    assert "checkpoint" not in str(content["recipe"]["model"])
    lr_range_test(model(resume_from=path, checkpoint=path), X, Y)
    assert read_snapshot(path).digest() == evidence["sha256"]
