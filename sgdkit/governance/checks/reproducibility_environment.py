"""Is it on record which versions the model was audited with?"""

from sgdkit.governance.checks.base import Finding, check, recorded
from sgdkit.governance.context import AuditContext
from sgdkit.governance.evidence.environment import describe_environment

__all__ = ("reproducibility_environment",)


@check(
    "reproducibility.environment",
    "reproducibility",
    why="Equal code gives equal numbers only on equal versions.",
    method="Versions of Python and of the numeric packages, and the platform, of the auditing process.",
)
def reproducibility_environment(context: AuditContext) -> Finding:
    """Record versions and platform."""
    environment = describe_environment()
    packages = environment["packages"]
    return recorded(
        f"Python {environment['python']} and {len(packages)} packages are on record.",
        python=environment["python"],
        packages=packages,
    )
