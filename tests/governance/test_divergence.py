"""A diverged run is found by its coefficients, its predictions or its objective."""

from types import SimpleNamespace

import numpy as np
import pytest

from sgdkit.governance.checks.optimizer_divergence import optimizer_divergence


def finding(coef=(1.0, 2.0), predictions=(0.5,), loss=(2.0, 1.0), source="history_"):
    return optimizer_divergence(
        SimpleNamespace(
            final=SimpleNamespace(coef_=np.array(coef)),
            predictions=np.array(predictions),
            trace=SimpleNamespace(loss=loss, source=source),
        )
    )


@pytest.mark.parametrize(
    ("signs", "found"),
    [
        ({"coef": (1.0, np.inf)}, "coefficients are not finite"),
        ({"predictions": (np.nan,)}, "predictions are not finite"),
        ({"loss": (1.0, np.nan, 0.5)}, "the objective became non-finite"),
        ({"loss": (1.0, 1.5)}, "the objective grew from 1 to 1.5"),
    ],
)
def test_each_sign_of_divergence_fails_the_check(signs, found):
    result = finding(**signs)
    assert result.passed is False and found in result.summary.lower()


@pytest.mark.parametrize("signs", [{}, {"loss": ()}, {"loss": (1.0, 1.5), "source": "train_score_"}])
def test_a_run_without_signs_passes(signs):
    assert finding(**signs).passed is True
