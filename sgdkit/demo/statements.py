"""What the demonstration declares about itself.

Declarations are the weakest grade of evidence. These are true of the example and say that it is
one. Nobody reviewed it, so no statement names a reviewer, and the dimension `governance_review`
stays without evidence on purpose: the report then shows a gate that fails.
"""

__all__ = ("BREAST_CANCER", "DIABETES", "RANKING", "SHARED")

_AUTHOR = "the sgdkit demo"


def _say(text: str) -> dict[str, str]:
    return {"text": text, "author": _AUTHOR}


SHARED = {
    "feature_scaling_review": _say(
        "Columns have different units, so each is centred and scaled inside the pipeline, with the "
        "statistics of the training rows alone."
    ),
    "optimizer_documentation": _say(
        "Cross-validation on the training rows chose among the optimizers of the grid."
    ),
    "learning_rate_rationale": _say(
        "The automatic rate, derived from column scales and row norms; it was not tuned."
    ),
    "validation_discipline": _say(
        "A quarter of the rows was held out before anything was fitted, and was used once, by this audit."
    ),
    "regularization_review": _say(
        "The strength of the l2 penalty was searched over four powers of ten; fewer large coefficients were "
        "preferred only where cross-validation did."
    ),
}

_PURPOSE = "A demonstration of sgdkit, for reading. It was not made for decisions about anyone."

DIABETES = {
    "objective_documentation": _say(_PURPOSE),
    "data_documentation": _say(
        "The public diabetes data of Efron, Hastie, Johnstone and Tibshirani (Least angle regression, "
        "2004). How the patients were chosen, and what they agreed to, is not on record there."
    ),
    "fairness_review": _say(
        "Sex is compared because the data hold it and both values have enough rows. An analysis of who "
        "could be harmed, and how, belongs to a real use and was not made."
    ),
}

BREAST_CANCER = {
    "objective_documentation": _say(_PURPOSE),
    "data_documentation": _say(
        "The public Breast Cancer Wisconsin (Diagnostic) data of Wolberg, Street and Mangasarian (1995), "
        "one row a tumour. The rows name no age, sex or origin, so groups of people cannot be compared."
    ),
}

RANKING = {
    "validation_discipline": _say(
        "A quarter of the ages, with all their patients, was held out before anything was fitted, and was "
        "used once, by this audit. Folds keep ages whole too."
    ),
}
