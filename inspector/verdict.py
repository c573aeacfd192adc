"""The one word at the end of a report: what was asked, and whether it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.report.inspection import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.kernel.model import Testimony
    from inspector.report.inspection import Inspection
    from inspector.tcp.model import Connection

__all__ = ["verdict_of"]


def verdict_of(inspection: Inspection) -> Verdict:
    """The one word at the end. What a capture missed is told, and does not make a verdict."""
    if inspection.selected is not None and inspection.selected.where and not inspection.selected.chosen:
        return Verdict.NOTHING  # whatever was expected of them
    if any(not comparison.matched for comparison in inspection.comparisons):
        return Verdict.DIFFERS
    provoked = {kind for comparison in inspection.comparisons for kind in comparison.provokes}
    if any(finding.is_fault and finding.kind not in provoked for finding in inspection.findings):
        return Verdict.FINDINGS
    if inspection.summary is not None and inspection.summary.faults:
        return Verdict.FINDINGS
    if inspection.kernel is not None and _is_contradicted(inspection.connections, inspection.kernel):
        return Verdict.FINDINGS
    return _clean_verdict_of(inspection)


def _clean_verdict_of(inspection: Inspection) -> Verdict:
    """Nothing differs, and nobody broke a rule."""
    has_more = inspection.summary is not None and inspection.summary.connections > 0
    is_empty = not inspection.connections and not inspection.exchanges and not has_more
    if is_empty and not any(comparison.expects_nothing for comparison in inspection.comparisons):
        return Verdict.NOTHING
    return Verdict.AS_EXPECTED if inspection.comparisons else Verdict.NO_FINDINGS


def _is_contradicted(connections: Sequence[Connection], testimony: Testimony) -> bool:
    """Whether the kernel says what nobody has explained: then somebody is wrong, and it may be we."""
    from inspector.kernel.agreement import agreements

    return any(each.unexplained for each in agreements(connections, testimony))
