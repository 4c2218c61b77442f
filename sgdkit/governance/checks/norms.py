"""Norms that the evidence on each dimension serves: short references, not legal advice.

The references follow the table of dimensions in the user guide. A norm's text changes; which text was
checked is a matter of the norm index, so nothing here says that a norm is in force.
"""

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ("DIMENSION_NORMS",)

DIMENSION_NORMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "objective_documentation": (
            "EU AI Act Annex IV 1(a), 2(b), 4",
            "NIST AI RMF MAP 1.1, MAP 2.1, MAP 3.3",
            "SR 11-7 IV",
            "ISO 42001 A.6.2.2",
        ),
        "data_documentation": (
            "EU AI Act Annex IV 2(d), Art. 10(2)-(3)",
            "NIST AI RMF MAP 2.3, MEASURE 2.1",
            "SR 11-7 IV",
            "ISO 42001 A.7.2-A.7.6",
        ),
        "feature_scaling_review": (
            "EU AI Act Annex IV 2(b), 2(d), Art. 10(2)(c)",
            "NIST AI RMF MEASURE 2.1, MEASURE 2.5",
            "SR 11-7 IV",
            "ISO 42001 A.7.6",
        ),
        "optimizer_documentation": (
            "EU AI Act Annex IV 2(a)-(c)",
            "NIST AI RMF MAP 2.3, MEASURE 2.9",
            "SR 11-7 IV, V.1",
            "ISO 42001 A.6.2.3",
        ),
        "learning_rate_rationale": (
            "EU AI Act Annex IV 2(a)-(c)",
            "NIST AI RMF MAP 2.3, MEASURE 2.9",
            "SR 11-7 IV, V.1",
            "ISO 42001 A.6.2.3",
        ),
        "validation_discipline": (
            "EU AI Act Annex IV 2(g), 4, Art. 15(1)",
            "NIST AI RMF MEASURE 2.3, MEASURE 2.5, MEASURE 2.13",
            "SR 11-7 V.3",
            "ISO 42001 A.6.2.4",
        ),
        "regularization_review": (
            "EU AI Act Annex IV 2(b)",
            "NIST AI RMF MEASURE 2.5",
            "SR 11-7 IV",
            "ISO 42001 A.6.2.3",
        ),
        "robustness_review": (
            "EU AI Act Annex IV 2(g), 3, Art. 15(3)-(5)",
            "NIST AI RMF MEASURE 2.5-2.7",
            "SR 11-7 IV, V",
            "ISO 42001 A.6.2.4",
        ),
        "fairness_review": (
            "EU AI Act Annex IV 2(g), 3, Art. 10(2)(f)-(g), 10(5)",
            "NIST AI RMF MEASURE 2.11, MAP 5.1",
            "ISO 42001 A.5.4",
        ),
        "reproducibility": (
            "EU AI Act Annex IV 2(a), 2(g)",
            "NIST AI RMF MEASURE 2.1",
            "SR 11-7 VI",
            "ISO 42001 A.4.4, A.4.5, A.6.2.3",
        ),
        "traceability": (
            "EU AI Act Art. 12, 19, Annex IV 1(a)-(c), 2(g), 6",
            "NIST AI RMF MEASURE 2.8, GOVERN 1.6",
            "SR 11-7 VI",
            "ISO 42001 A.6.2.8, A.7.5",
        ),
        "governance_review": (
            "EU AI Act Art. 9, 14, 17, Annex IV 5, 9",
            "NIST AI RMF GOVERN 1.4, GOVERN 1.5, GOVERN 2.1, GOVERN 2.3, MEASURE 1.3, MANAGE 1.1, MANAGE 1.3",
            "SR 11-7 VI",
            "ISO 42001 A.3.2, A.5.3",
        ),
        "communication_clarity": (
            "EU AI Act Art. 13, Annex IV 1(g)-(h), 3",
            "NIST AI RMF MAP 2.2, MANAGE 1.4",
            "ISO 42001 A.8.2",
        ),
    }
)
"""References by dimension; a check that names none of its own serves those of its dimension."""
