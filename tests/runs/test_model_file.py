import numpy as np
import pytest
import skops.io
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sgdkit import GovernanceReport, LinearRegressor
from sgdkit.exceptions import InvalidParameterError
from sgdkit.governance import ParameterTrace
from sgdkit.governance.collect import parameters_hash
from sgdkit.optimizers import SGD
from sgdkit.runs import load_model, save_model


def fitted(**params):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    model = Pipeline(
        [("report", GovernanceReport()), ("prepare", StandardScaler()), ("model", LinearRegressor(**params))]
    )
    return model.fit(X, X @ [1.0, 2.0, 3.0]), X


@pytest.mark.filterwarnings("ignore::sgdkit.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("optimizer", ["adagrad", "adam", "ftrl", SGD()])
def test_a_model_comes_back_equal_and_can_go_on_training(tmp_path, optimizer):
    model, X = fitted(optimizer=optimizer, random_state=0)
    save_model(model, tmp_path / "model.skops")
    again = load_model(tmp_path)
    assert parameters_hash(again) == parameters_hash(model)
    assert again.predict(X).tobytes() == model.predict(X).tobytes()
    for each in (model, again):
        each["model"].partial_fit(X, X[:, 0])
    assert again["model"].coef_.tobytes() == model["model"].coef_.tobytes()


class Stranger(SGD):
    """A rule that no registry knows."""


def test_a_model_that_could_not_be_opened_again_is_refused_when_it_is_written(tmp_path):
    model, _ = fitted(optimizer=Stranger(), random_state=0)
    with pytest.raises(InvalidParameterError, match="Stranger"):
        save_model(model, tmp_path / "model.skops")


@pytest.mark.parametrize("value", [Stranger(), ParameterTrace(), np.random.default_rng])
def test_a_file_with_other_classes_or_functions_is_not_opened(tmp_path, value):
    model, _ = fitted(random_state=0)
    model["model"].extra = value
    skops.io.dump(model, tmp_path / "model.skops")
    with pytest.raises(InvalidParameterError, match="does not open"):
        load_model(tmp_path)


def test_another_kind_of_model_is_not_taken(tmp_path):
    skops.io.dump(StandardScaler().fit([[0.0], [1.0]]), tmp_path / "model.skops")
    with pytest.raises(InvalidParameterError, match="another kind of model"):
        load_model(tmp_path)
