"""The one word at the end of a report: what was asked, and whether it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.expect.model import Transport
from inspector.report.inspection import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inspector.findings import Finding
    from inspector.kernel.model import Testimony
    from inspector.report.inspection import Inspection, Selected
    from inspector.tcp.model import Connection

__all__ = ["verdict_of"]


def verdict_of(inspection: Inspection) -> Verdict:
    """The one word at the end. What a capture missed is told, and does not make a verdict."""
    if inspection.selected is not None and _found_nobody(inspection, inspection.selected):
        return Verdict.NOTHING
    if _differs(inspection):
        return Verdict.DIFFERS if inspection.capture.frames else Verdict.NOTHING
    if _faults(inspection):
        return Verdict.FINDINGS
    if inspection.kernel is not None and _is_contradicted(inspection.connections, inspection.kernel):
        return Verdict.FINDINGS
    return _clean_verdict_of(inspection)


def _found_nobody(inspection: Inspection, selected: Selected) -> bool:
    """Whether no conversation is meant, whatever was expected; but of a port `nothing` may be expected."""
    if selected.where:
        return not selected.chosen
    expects_nothing = any(comparison.expects_nothing for comparison in inspection.comparisons)
    return bool(selected.ports) and not selected.chosen and not inspection.exchanges and not expects_nothing


def _differs(inspection: Inspection) -> bool:
    """Whether a sequence was not found: in each conversation, or where one is enough, in any.

    What could not be compared was not found.
    """
    if inspection.one_is_enough:
        return any(not each.matched for each in inspection.sums)
    return any(each.matched < each.total for each in inspection.sums)


def _faults(inspection: Inspection) -> int:
    """How many rules were broken which nobody expected to be.

    Where one conversation is enough, of those that are as expected the one with the fewest counts, and no other.
    """
    provoked = {kind for comparison in inspection.comparisons for kind in comparison.provokes}
    provoked |= {kind for sums in inspection.counted for kind in sums.provokes}
    summary = inspection.summary
    if summary is not None:
        if inspection.one_is_enough:
            return sum(each.fewest_faults for each in inspection.sums)
        kinds = summary.kinds.items()
        return sum(kind.findings for name, kind in kinds if kind.blame.is_fault and name not in provoked)

    def among(findings: Iterable[Finding]) -> int:
        return sum(finding.is_fault and finding.kind not in provoked for finding in findings)

    if not inspection.one_is_enough:
        return among(inspection.findings)
    total = 0
    for transport in Transport:
        those = inspection.connections if transport is Transport.TCP else inspection.exchanges
        numbers = {each.connection for each in inspection.comparisons if each.matched and each.transport is transport}
        total += min((among(each.findings) for each in those if each.number in numbers), default=0)
    return total


def _clean_verdict_of(inspection: Inspection) -> Verdict:
    """Nothing differs, and nobody broke a rule."""
    has_more = inspection.summary is not None and inspection.summary.connections > 0
    is_empty = not inspection.connections and not inspection.exchanges and not has_more
    if is_empty and not any(comparison.expects_nothing for comparison in inspection.comparisons):
        return Verdict.NOTHING
    return Verdict.AS_EXPECTED if inspection.sums else Verdict.NO_FINDINGS


def _is_contradicted(connections: Sequence[Connection], testimony: Testimony) -> bool:
    """Whether the kernel says what nobody has explained: then somebody is wrong, and it may be we."""
    from inspector.kernel.agreement import agreements

    return any(each.unexplained for each in agreements(connections, testimony))
