"""Governance: evidence about how a model was trained, graded, scored and kept.

`GovernanceReport` records the data's lineage inside a pipeline, `governance_scoring` writes audit columns
for each cross-validation fold, and `audit` joins lineage, training trace, components and measured checks
in one hashed record. All of it reads public fitted attributes only, so it works for any scikit-learn
estimator.
"""

from sgdkit.governance.audit import audit
from sgdkit.governance.best_governed import best_governed
from sgdkit.governance.declaration import Declaration, parse_declaration, read_declaration
from sgdkit.governance.ledger import Ledger
from sgdkit.governance.load import load_record, load_records
from sgdkit.governance.procedure import Procedure
from sgdkit.governance.read import read_record
from sgdkit.governance.record import AuditRecord, verify_json
from sgdkit.governance.replay import Replay, replay
from sgdkit.governance.report import GovernanceReport
from sgdkit.governance.scorer import governance_scoring
from sgdkit.governance.signing import generate_key
from sgdkit.governance.trace import ParameterTrace

__all__ = (
    "AuditRecord",
    "Declaration",
    "GovernanceReport",
    "Ledger",
    "ParameterTrace",
    "Procedure",
    "Replay",
    "audit",
    "best_governed",
    "generate_key",
    "governance_scoring",
    "load_record",
    "load_records",
    "parse_declaration",
    "read_declaration",
    "read_record",
    "replay",
    "verify_json",
)
