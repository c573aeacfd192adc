"""How far tshark and we agree, on captures of both kinds; and that the page says so."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from inspector.crosscheck.reasons import EXPLANATIONS, Reason
from inspector.referee.wireshark import tshark_version
from tests.crosscheck.agreement import Sum, sum_of
from tests.crosscheck.echoing import checked
from tests.opinions import captures_with_tcp, said_by_tshark

KNOWN: dict[str, dict[Reason, int]] = {
    "tcp-hello": {},
    "wrong-syn-ack": {},
    "refused": {Reason.ACK_OF_REFUSAL: 1},
    "half-closed": {Reason.ONE_FIN_COMPLETES: 1},
    "simultaneous-open-and-close": {Reason.SIMULTANEOUS_OPEN: 2},
    "doubled-loopback": {Reason.CAPTURE_DUPLICATE: 8},
    "reset-in-window": {Reason.RST_MOVES_NEXT: 1},
    "wrap-around": {Reason.ZERO_IS_NONE: 1},
    "wrong-third-ack": {Reason.FLAGS_WITHOUT_NUMBERS: 1},
    "tcp-half-open": {Reason.LOST_ON_ITS_WAY: 1},
    "tcp-retransmission": {Reason.SACK_DUPLICATE_ACK: 9},
    "tcp-zero-window": {Reason.PROBE_LIKE_KEEP_ALIVE: 6},
}
"""What tshark 4.0 says otherwise in captures of ours, and why."""

ON_4_0 = "the counts are those of tshark 4.0"


@pytest.fixture(scope="module")
def page(root_folder: Path) -> str:
    return (root_folder / "inspector" / "referee" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.usefixtures("tshark")
def test_a_known_difference_is_told_with_its_reason(captures: Path, name: str) -> None:
    if tshark_version()[:2] != (4, 0):
        pytest.skip(ON_4_0)
    path = captures / name / f"{name}.pcapng"

    assert checked(path, said_by_tshark(path)).reasons == Counter(KNOWN[name])


@pytest.mark.slow
@pytest.mark.parametrize("form", ["pcap-snap48.pcap", "pcap-snap54.pcap", "pcapng-unknown-blocks.pcapng"])
@pytest.mark.usefixtures("tshark")
def test_nothing_is_unexplained_where_headers_are_cut_or_frames_counted_apart(corpus: Path, form: str) -> None:
    """Short snaplens, and the Custom Blocks that tshark counts as frames."""
    paths = sorted((corpus / "derived-forms").glob(f"*.{form}"))

    assert len(paths) == 4
    assert sum_of(paths).unexplained == []


@pytest.mark.slow
@pytest.mark.usefixtures("tshark")
def test_nothing_is_unexplained_and_the_page_has_the_counts(
    corpus: Path, captures: Path, page: str, root_folder: Path, request: pytest.FixtureRequest
) -> None:
    """`--update-golden` writes the counts into the page."""
    total = sum_of([*(corpus / name for name in captures_with_tcp(corpus)), *sorted(captures.glob("*/*.pcapng"))])

    assert total.unexplained == []
    if tshark_version()[:2] != (4, 0):
        pytest.skip(ON_4_0)
    if request.config.getoption("update_golden"):
        _write_page(root_folder, page, total)
        return
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows == total.rows()
    assert f"{total.captures} captures" in page
    assert total.refused == 0
    assert "None of them is of a link type that we\nrefuse" in page


def _write_page(root_folder: Path, page: str, total: Sum) -> None:
    rows = iter(total.rows())
    counted = re.sub("^[|] `.*$", lambda _: next(rows), page, flags=re.MULTILINE)
    assert not list(rows), "the page has fewer rows: make room for more, each begun with | `"
    counted = re.sub(r"over \d+ captures", f"over {total.captures} captures", counted)
    (root_folder / "inspector" / "referee" / "README.md").write_text(counted, encoding="utf-8")


def test_every_reason_stands_on_the_page_with_its_words(page: str) -> None:
    for reason in Reason:
        if reason is not Reason.UNEXPLAINED:
            (row,) = [line for line in page.splitlines() if line.startswith(f"| `{reason}` |")]
            assert row.endswith(f"| {EXPLANATIONS[reason]} |")
