"""A record as plain text for a terminal."""

from sgdkit.governance.grading import Grade
from sgdkit.governance.items import Dimension
from sgdkit.governance.record import AuditRecord

__all__ = ("GLYPHS", "to_text")

GLYPHS = {
    Grade.MEASURED: "●",
    Grade.ATTESTED: "◉",
    Grade.RECORDED: "◐",
    Grade.DECLARED: "○",
    Grade.ABSENT: "–",
    Grade.NOT_APPLICABLE: "·",
}
"""One glyph per grade; always shown beside the grade's name."""

_OUTCOMES = ("failed", "holds", "not tested")


def to_text(record: AuditRecord) -> str:
    """Summary of a record: three numbers, gates and dimensions.

    Parameters
    ----------
    record : AuditRecord
        What `sgdkit.governance.audit` returned.

    Returns
    -------
    str
        About twenty-five lines, under 100 characters each but for long sentences.
    """
    lines = [
        f"Governance audit: {record.name}",
        "",
        f"  score {record.score:6.2f} / 100    risk {record.risk:6.2f} / 100",
        f"  {record.measured_score:.2f} of the score is measured; measurements carry "
        f"{record.measured_share:.0%} of the weight",
        f"  diagnosis: {record.diagnosis}",
        "",
    ]
    failed = record.failed_gates
    counts = {word: sum(gate.outcome == word for gate in record.gates) for word in _OUTCOMES}
    lines.append("  gates: " + ", ".join(f"{count} {word}" for word, count in counts.items()))
    lines += [f"    ! {gate.name}: {gate.reason}" for gate in failed]
    lines.append("")
    lines += [_line(dimension) for dimension in record.dimensions]
    lines += ["", f"  {record.content_hash}"]
    obstacles = record.recipe.get("obstacles", ())
    if record.recipe:
        lines.append(
            f"  replay: {'can be tried from this record' if not obstacles else 'not expected to agree'}"
        )
        lines += [f"    {obstacle}" for obstacle in obstacles]
    if record.receipt:
        lines.append(f"  kept as {record.receipt}")
    return "\n".join(lines)


def _line(dimension: Dimension) -> str:
    value = dimension.value
    if value is None:
        return f"  {dimension.name:<26}  n/a  does not apply"
    filled = round(10 * value)
    bar = "█" * filled + "░" * (10 - filled)
    items = [item for item in dimension.items if item.grade is not Grade.NOT_APPLICABLE]
    failed = sum(item.passed is False for item in items)
    counts = {grade: sum(item.grade is grade for item in items) for grade in Grade}
    words = ", ".join(f"{GLYPHS[grade]} {n} {grade.value}" for grade, n in counts.items() if n)
    return f"  {dimension.name:<26} {value:.2f} {bar}  {words}{f'  ! {failed} failed' if failed else ''}"
