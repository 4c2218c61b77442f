"""scikit-learn's version differences and its useful half-private names, gathered in one place."""

from sklearn.callback import CallbackSupportMixin, with_callbacks
from sklearn.utils.validation import (
    _check_feature_names as check_feature_names,
)
from sklearn.utils.validation import (
    _check_n_features as check_n_features,
)

# A dependency of scikit-learn, which every installation therefore has.
from threadpoolctl import ThreadpoolController

__all__ = (
    "CallbackSupportMixin",
    "ThreadpoolController",
    "check_feature_names",
    "check_n_features",
    "with_callbacks",
)
