"""Zeek's own baselines: every connection gets the same conn_state and history, or differs for a written reason."""

from __future__ import annotations

import csv
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from inspector.tcp.tracker import Tracker
from inspector.wire.reader import open_capture

if TYPE_CHECKING:
    from pathlib import Path

TRACES = "zeek/testing/btest/Traces/"

TUNNEL = "carried in AYIYA, which wire/ does not unwrap"
GAVE_UP = "X: one of Zeek's protocol analyzers gave up, which is about its payload and not about TCP"
TIMER = "one connection to us; Zeek's timers (a silence of minutes, 5 s after a reset) make two of it"
ENDED = "Zeek stops following a GridFTP data connection once it knows it for one"

EXCEPTIONS: dict[tuple[str, int], tuple[set[str], str]] = {
    # (capture, originator's port): what we say instead, and why.
    ("tunnels/ayiya3.pcap", 53382): (set(), TUNNEL),
    ("tunnels/gtp/gtp2_different_udp_port.pcap", 51803): (
        {"S3 ShADadf"},
        "X: Zeek's protocol analyzers gave up, which is not for us to say",
    ),
    ("globus-url-copy.pcap", 35391): ({"SF ShADadfF"}, ENDED),
    ("http/m57-long-49600-80.pcap", 49600): (
        {"RSTO ShADadfR"},
        "T: the capture holds frames twice, byte for byte and at once; we remove them, Zeek takes them for repeats",
    ),
    ("contentline/telnet-long-line-no-eol.pcapng.gz", 40000): ({"SF ShADFf"}, GAVE_UP),
    ("contentline/telnet-unclosed-suboption.pcapng.gz", 40001): ({"SF ShADFf"}, GAVE_UP),
    ("contentline/rlogin-long-client-user-no-nul.pcapng.gz", 40003): ({"SF ShADFf"}, GAVE_UP),
    ("contentline/rsh-long-client-user-no-nul.pcapng.gz", 40002): ({"SF ShADFf"}, GAVE_UP),
    ("ssh/kex-quadratic-1000.pcap.gz", 12345): ({"S1 ShADad"}, GAVE_UP),
    ("modbus/modbus-and-non-modbus-p502.pcap", 60293): ({"REJ ShRDr"}, TIMER),
    ("ssh/ssh.client-side-half-duplex.pcap", 51880): ({"SH SADF"}, TIMER),
    ("ssh/ssh.client-side-half-duplex.pcap", 57189): ({"SH SADF"}, TIMER),
    ("ssh/ssh.client-side-half-duplex.pcap", 56594): ({"SH SADF"}, TIMER),
    ("ssh/ssh.client-side-half-duplex.pcap", 56875): ({"SH SADF"}, TIMER),
    ("ssh/ssh.client-side-half-duplex.pcap", 41164): ({"SH SADF"}, TIMER),
    ("tcp/handshake-reorder.pcap", 59856): (
        {"SF ^hSADadFf"},
        "the baseline ran without Zeek's default scripts, so that port 80 was no likely server's port",
    ),
}


class Ends(NamedTuple):
    """A pair of endpoints, as the baseline names Zeek's originator and responder."""

    originator: tuple[str, int]
    responder: tuple[str, int]


def baselines(table: Path) -> dict[str, list[tuple[Ends, str, str]]]:
    """Ends, conn_state (`-` where the baseline has none) and history, by capture."""
    found = defaultdict(list)
    with table.open(encoding="utf-8", newline="") as lines:
        for line in csv.DictReader(lines, delimiter="\t"):
            ends = Ends((line["orig_h"], int(line["orig_p"])), (line["resp_h"], int(line["resp_p"])))
            found[line["file"]].append((ends, line["conn_state"], line["history"]))
    return found


def words_by_ends(path: Path) -> dict[frozenset[tuple[str, int]], set[str]]:
    """`conn_state history` of all connections of a capture, by their endpoints."""
    tracker = Tracker(keep=False)
    with open_capture(path) as reader:
        for batch in reader:
            tracker.feed(batch.rows, batch.count, columnar=batch.columnar)
    said: dict[frozenset[tuple[str, int]], set[str]] = defaultdict(set)
    for connection in tracker.connections():
        ends = frozenset(
            (end.endpoint.address, end.endpoint.port) for end in (connection.originator, connection.responder)
        )
        said[ends].add(f"{connection.zeek.conn_state} {connection.zeek.history}")
    return said


def test_zeeks_baselines(corpus: Path) -> None:
    wrong, used = [], set()
    compared = 0
    for capture, lines in baselines(corpus / "zeek.tsv").items():
        ours = words_by_ends(corpus / capture)
        for ends, conn_state, history in lines:
            compared += 1
            key = (capture.removeprefix(TRACES), ends.originator[1])
            said = ours.get(frozenset(ends), set())
            if key in EXCEPTIONS:
                used.add(key)
                agrees = said == EXCEPTIONS[key][0]
            elif conn_state == "-":
                agrees = history in {words.split()[1] for words in said}
            else:
                agrees = f"{conn_state} {history}" in said
            if not agrees:
                wrong.append((capture, ends, f"{conn_state} {history}", said))

    assert not wrong
    assert used == set(EXCEPTIONS)
    assert compared > 120
