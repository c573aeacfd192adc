"""All that a person reads in a report is in the catalogues, and fits the page in letters of two cells.

What may stand in ASCII letters is named here: names and values. Whatever else does was not looked up, or its message is
a plain string where it is made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.choice.choosing import Choice
from inspector.choice.hearing import Hearer
from inspector.crosscheck.model import ANALYSIS_PREFIX, CrossCheck, Disagreement, Tally
from inspector.crosscheck.reasons import Reason
from inspector.expect.icmp import KINDS as ICMP_ERRORS
from inspector.expect.library import load, names
from inspector.explain.catalogue import entries
from inspector.kernel.reasons import Reason as KernelsReason
from inspector.language import said
from inspector.pipeline import inspect, inspect_chosen
from inspector.report.cross_check import render_cross_checks
from inspector.report.escape import cells
from inspector.report.fields import render_fields
from inspector.report.follow import transcripts
from inspector.report.inspection import Inspection, Verdict
from inspector.report.json_report import to_json
from inspector.report.kernel_table import table_of_agreement
from inspector.report.page import Page
from inspector.report.tables import DemoResult, table_of_verdicts
from inspector.report.terminal import render_inspection
from inspector.tcp.states import State
from inspector.wire.series import FileOfSeries
from tests.pseudo import pseudo_spoken, words_in_no_message
from tests.report import stories
from tests.report.stories import hello, inspection
from tests.report.test_kernel_report import heard, looked

CAPTURES = Path(__file__).resolve().parents[2] / "captures"
FOLDERS = sorted(path.parent.name for path in CAPTURES.glob("*/*.pcapng"))

IDENTIFIERS = {*names(), *entries("finding"), *ICMP_ERRORS, "tcp-hello"}
REASONS = {*map(str, Reason), *map(str, KernelsReason)}
FLAGS = {"SYN", "ACK", "FIN", "RST", "PSH", "URG", "ECE", "CWR", "AE"}
FIELDS = {"seq", "ack", "len", "win", "mss", "wscale", "sack", "ts", "flags"}
SYMBOLS = {"x", "y", "z", "n", "m", "k"}
SS = {"Netid", "State", "Recv-Q", "Send-Q", "Local", "Peer", "Address:Port", "client", "server"}
OTHERS = {"tshark", "mod", "ms", "s", "zeek", "Wireshark", "RFC", "UDP", "ICMP", "IP"}
NAMES = {str(state) for state in State} | IDENTIFIERS | REASONS | SS | FLAGS | FIELDS | SYMBOLS | OTHERS
NAMED = re.compile(
    r"Zeek \S+( [A-Za-z^]+)?|Wireshark tcp\.completeness|captures/\S+|[0-9a-f:]*::[0-9a-f:.]*"
    r"|\b(tcp|udp|ip|ipv6|frame|icmp)\.[a-z_.]+"  # a display filter
    r"|\b(client|server) > *(client|server)?|^[ │]*(client|server)  "  # a line of a sequence, which may be broken
    r"|│ +none(?=  )"  # no flag
    r"|\b(SF|S[0-3]|SH|SHR|REJ|RST[OR]|RST[OR]S0|RSTRH|OTH)\b"  # Zeek's
    r"|\b[a-z0-9-]+\.seq:[0-9]+|\b[a-z-]+\.pcapng|^demo tcp-hello$|\btcp\b(?!-)"
    r"|^ +[a-z] (?=[a-z0-9-]+:)|(?<=  )[a-z] (?=[A-Z])"  # letters of reasons, in the list and beside states
    r"|\b[xyzkmn](['+-]\w*)+"
)


def leaks(text: str) -> Iterator[str]:
    for line in text.splitlines():
        for word in words_in_no_message(NAMED.sub("", line)):
            if word not in NAMES:
                yield f"{word}: {line}"


def laid_bare(inspection: Inspection) -> Inspection:
    """Without what programs and the capture itself say, in whatever language."""
    return replace(inspection, source="", payloads={}, comments={})


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_report_is_in_the_language_of_its_reader(folder: str) -> None:
    path = CAPTURES / folder / f"{folder}.pcapng"
    other = load("udp-request" if folder.startswith("udp") else "tcp-close-four")
    with pseudo_spoken():
        told = render_inspection(laid_bare(inspect(path, expected=other)), width=80, colour=False, verbose=True)

    assert list(leaks(told)) == []
    assert [line for line in told.splitlines() if cells(line) > 80] == []


@pytest.mark.parametrize("folder", FOLDERS[::6])
def test_summary_table_and_dialogue_are_too(folder: str) -> None:
    path = CAPTURES / folder / f"{folder}.pcapng"
    with pseudo_spoken():
        told = render_inspection(laid_bare(inspect(path, keep=1)), width=80, colour=False)
        whole = laid_bare(inspect(path))
        told += render_inspection(whole, width=80, colour=False, rows=5)
        told += render_inspection(whole, width=80, colour=False, narrate=True)

    assert list(leaks(told)) == []
    assert [line for line in told.splitlines() if cells(line) > 80] == []


def kernel() -> str:
    spoke = [inspection(hello().connection(), kernel=each, title="") for each in (heard(), looked())]
    table = table_of_agreement([to_json(each) for each in spoke], width=80)
    return "".join(render_inspection(each, width=80, colour=False) for each in spoke) + table


def crosschecked() -> str:
    reasons = (Reason.CAPTURE_DUPLICATE, *[Reason.STRAY_SYN] * 13, Reason.UNEXPLAINED)
    differences = [Disagreement(at, 1, "seq", "", "1", reason) for at, reason in enumerate(reasons)]
    tallies = {"seq": Tally(10, 14, 1), f"{ANALYSIS_PREFIX}flags": Tally(3)}
    check = CrossCheck("", (4, 0, 17), 25, 25, 2, tallies, tuple(differences), said("tshark found it cut or damaged"))
    return render_cross_checks([check], width=80, colour=False)


def verdicts() -> str:
    return table_of_verdicts([DemoResult("tcp-hello", "tcp", 10, each, 10**9) for each in Verdict])


def followed() -> str:
    path = CAPTURES / "tcp-hello" / "tcp-hello.pcapng"
    hearers = [Hearer(1, 20)]
    chosen = laid_bare(inspect_chosen(path, Choice({1}, hearers)))
    page = Page(80, unicode=True)
    transcripts(page, chosen, [(each.number, each.talk) for each in hearers], as_hex=True)
    return re.sub(r"[0-9a-f]{4}  .*", "", page.text(colour=False))


def woven() -> str:
    paths = [CAPTURES / name / f"{name}.pcapng" for name in ("tcp-hello", "tcp-refused")]
    whole = laid_bare(inspect([FileOfSeries(path.name, path) for path in paths]))
    return render_inspection(whole, width=80, colour=False)


def fields() -> str:
    """Without the lists of names, and what is typed."""
    lines = render_fields(width=80, colour=False, unicode=True).splitlines(keepends=True)
    return "".join(re.sub(r"^[a-z_.]+ ", "", line) for line in lines if "⟦" in line)


PICTURES = {
    "lossy": lambda: render_inspection(laid_bare(stories.lossy()), width=80, colour=False),
    "many": lambda: render_inspection(laid_bare(stories.many(50)), width=80, colour=False, max_connections=1),
    "bulk": lambda: render_inspection(laid_bare(inspection(stories.bulk().connection())), width=80, colour=False),
    "itself": lambda: render_inspection(laid_bare(inspection(stories.self_connected())), width=80, colour=False),
    "fields": fields,
    "kernel": kernel,
    "cross-check": crosschecked,
    "verdicts": verdicts,
    "followed": followed,
    "woven": woven,
}


@pytest.mark.parametrize("name", PICTURES)
def test_other_pictures_are_too(name: str) -> None:
    """What is made here was not said in so many words, so all that is looked up counts."""
    with pseudo_spoken(every=True):
        told = PICTURES[name]()

    assert list(leaks(told)) == []
    assert [line for line in told.splitlines() if cells(line) > 80] == []


@pytest.mark.parametrize("make", [stories.lossy, stories.udp_unreachable, stories.wrong_number_compared, stories.many])
@pytest.mark.parametrize("width", [60, 100, 160])
def test_no_line_is_wider_than_the_page(make: Callable[[], Inspection], width: int) -> None:
    with pseudo_spoken():
        told = render_inspection(make(), width=width, colour=False, verbose=True)

    assert [line for line in told.splitlines() if cells(line) > width] == []


def test_programs_read_english_whatever_is_spoken() -> None:
    path = CAPTURES / "wrong-syn-ack" / "wrong-syn-ack.pcapng"

    def told() -> str:
        return json.dumps(to_json(inspect(path, expected=load("tcp-close-four")), rosetta=True))

    with pseudo_spoken():
        spoken = told()
    assert spoken == told()
