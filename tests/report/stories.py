"""Small inspections to draw: a segment is a template, and only what differs is written.

`Story` keeps the numbers of a conversation, so that a test says who sends what and which states follow.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from inspector.expect.model import Comparison, Difference, Kind
from inspector.findings import Blame, Finding, Side
from inspector.report.inspection import CaptureSummary, Inspection, Verdict
from inspector.tcp.model import Close, Connection, ConnState, End, Handshake, TracedSegment, Zeek
from inspector.tcp.states import State
from inspector.udp.model import Exchange, Outcome, TracedDatagram
from inspector.wire.row import Endpoint, Flag, Option, Protocol, Row, address_halves

X = 2871234567
Y = 4294967290
START_NS = 1_700_000_000_000_000_000
CLIENT = Endpoint("127.0.0.1", 40022)
SERVER = Endpoint("127.0.0.1", 12345)
ORIGINATOR, RESPONDER = Side.ORIGINATOR, Side.RESPONDER
_MODULUS = 1 << 32


def flag_bits(text: str) -> int:
    return sum(Flag.members()[name] for name in text.split(",") if name)


def states(text: str) -> tuple[State, State]:
    one, two = text.split()
    return State[one.replace("-", "_")], State[two.replace("-", "_")]


@dataclass
class Story:
    """A connection told segment by segment."""

    ends: tuple[Endpoint, Endpoint] = (CLIENT, SERVER)
    iss: tuple[int, int] = (X, Y)
    number: int = 1
    frame: int = 0
    time_ns: int = START_NS
    sent: list[int] = field(default_factory=lambda: [0, 0])
    segments: list[TracedSegment] = field(default_factory=list)
    payloads: dict[int, bytes] = field(default_factory=dict)

    def say(
        self,
        sender: Side,
        flags: str,
        after: str = "",
        *,
        payload: bytes = b"",
        label: str = "",
        seq: int | None = None,
        ack: int | None = None,
        wait_us: int = 31,
        findings: tuple[Finding, ...] = (),
        **fields: Any,
    ) -> Story:
        """`sender` sends `flags`; `after` are both states (as before, if not given). Numbers count by themselves."""
        self.frame += 1
        self.time_ns += wait_us * 1000 if self.segments else 0
        bits = flag_bits(flags)
        receiver = sender.other
        row = Row(
            frame=self.frame,
            time_ns=self.time_ns,
            protocol=Protocol.TCP,
            flags=bits,
            seq=(self.iss[sender] + self.sent[sender] if seq is None else seq) % _MODULUS,
            ack=((self.iss[receiver] + self.sent[receiver] if ack is None else ack) % _MODULUS) * bool(bits & Flag.ACK),
            payload_len=len(payload),
            captured_len=len(payload),
            window=65535,
            **fields,
        )
        addressed(row, self.ends[sender], self.ends[receiver])
        if bits & Flag.SYN:
            row.options, row.mss, row.window_scale = Option.MSS | Option.WINDOW_SCALE | Option.SACK_PERMITTED, 65495, 7
        self.sent[sender] += row.seg_len if seq is None else 0
        if payload:
            self.payloads[self.frame] = payload
        now = states(after) if after else self.segments[-1].states
        self.segments.append(TracedSegment(row, sender, label or flags, now, 0, findings))
        return self

    def connection(self, **fields: Any) -> Connection:
        inside = tuple(finding for traced in self.segments for finding in traced.findings)
        defaults: dict[str, Any] = {
            "number": self.number,
            "originator": self._end(ORIGINATOR),
            "responder": self._end(RESPONDER),
            "handshake": Handshake.COMPLETE,
            "close": Close.THREE_SEGMENT,
            "zeek": Zeek(ConnState.SF, "ShADadFf"),
            "completeness": 31,
            "first_ns": self.segments[0].row.time_ns if self.segments else START_NS,
            "last_ns": self.time_ns,
            "handshake_ns": None,
            "segments": tuple(self.segments),
            "findings": inside,
        }
        return Connection(**(defaults | fields))

    def _end(self, side: Side) -> End:
        mine = [traced.row for traced in self.segments if traced.sender is side]
        seen = any(row.flags & Flag.SYN for row in mine)
        return End(
            endpoint=self.ends[side],
            state=self.segments[-1].states[side] if self.segments else State.CLOSED,
            iss=self.iss[side] if seen else None,
            mss=65495 if seen else None,
            window_scale=7 if seen else None,
            sack_permitted=True if seen else None,
            timestamps=False if seen else None,
            segments=len(mine),
            payload_bytes=sum(row.payload_len for row in mine),
            retransmissions=0,
        )


def addressed(row: Row, source: Endpoint, destination: Endpoint) -> None:
    row.version, row.src_hi, row.src_lo = address_halves(source.address)
    row.version, row.dst_hi, row.dst_lo = address_halves(destination.address)
    row.src_port, row.dst_port = source.port, destination.port


def inspection(*connections: Connection, **fields: Any) -> Inspection:
    frames = max((traced.row.frame for each in connections for traced in each.segments), default=0)
    defaults: dict[str, Any] = {
        "source": "demo tcp-hello",
        "capture": CaptureSummary(frames=frames, dropped=0, duplicates=0, undecoded=0, truncated=0),
        "connections": connections,
        "exchanges": (),
        "comparisons": (),
        "verdict": Verdict.NO_FINDINGS,
    }
    return Inspection(**(defaults | fields))


def opened(**fields: Any) -> Story:
    """The handshake's three segments."""
    return (
        Story(**fields)
        .say(ORIGINATOR, "SYN", "SYN-SENT SYN-RECEIVED", label="SYN (1 of 3)")
        .say(RESPONDER, "SYN,ACK", "ESTABLISHED SYN-RECEIVED", label="SYN,ACK (2 of 3)")
        .say(ORIGINATOR, "ACK", "ESTABLISHED ESTABLISHED", label="ACK (3 of 3)")
    )


def hello(**fields: Any) -> Story:
    """Handshake, a greeting, thanks, and a close in three segments."""
    return (
        opened(**fields)
        .say(RESPONDER, "PSH,ACK", payload=b"Hello, Client!", label="data", wait_us=450)
        .say(ORIGINATOR, "ACK")
        .say(ORIGINATOR, "PSH,ACK", payload=b"Thank you, Server!", label="data", wait_us=1210)
        .say(RESPONDER, "ACK")
        .say(RESPONDER, "FIN,ACK", "CLOSE-WAIT FIN-WAIT-1", label="FIN")
        .say(ORIGINATOR, "FIN,ACK", "LAST-ACK TIME-WAIT", label="FIN, ACK of FIN")
        .say(RESPONDER, "ACK", "CLOSED TIME-WAIT", label="ACK of FIN")
    )


def refused() -> Connection:
    """A SYN to a closed port."""
    story = Story().say(ORIGINATOR, "SYN", "SYN-SENT SYN-RECEIVED", label="SYN (1 of 3)")
    story.say(RESPONDER, "RST,ACK", "CLOSED CLOSED", seq=0, label="RST (refused)")
    return story.connection(
        handshake=Handshake.REFUSED, close=Close.NONE, zeek=Zeek(ConnState.REJ, "Sr"), completeness=37
    )


WRONG_ACK = Finding(
    kind="syn-ack-wrong-ack",
    blame=Blame.PEER,
    message=f"the SYN,ACK must acknowledge iss+1 = {X}+1 = {X + 1}, and acknowledges {X}",
    rule="RFC 9293 section 3.10.7.3",
    frame=2,
    field="ack",
    expected=X + 1,
    actual=X,
)


def wrong_number() -> Connection:
    """A SYN,ACK that acknowledges x instead of x+1, answered by a reset."""
    story = Story().say(ORIGINATOR, "SYN", "SYN-SENT SYN-RECEIVED", label="SYN (1 of 3)")
    story.say(RESPONDER, "SYN,ACK", ack=X, findings=(WRONG_ACK,))
    story.say(ORIGINATOR, "RST", "SYN-SENT LISTEN", seq=X, label="RST (answer)")
    return story.connection(
        handshake=Handshake.RESET, close=Close.RESET_BY_ORIGINATOR, zeek=Zeek(ConnState.RSTO, "ShR"), completeness=35
    )


def both_close() -> Connection:
    """FINs that cross."""
    story = (
        opened()
        .say(ORIGINATOR, "FIN,ACK", "FIN-WAIT-1 CLOSE-WAIT", label="FIN")
        .say(RESPONDER, "FIN,ACK", "CLOSING CLOSING", label="FIN (crossing)", ack=X + 1)
        .say(ORIGINATOR, "ACK", "CLOSING TIME-WAIT", label="ACK of FIN")
        .say(RESPONDER, "ACK", "TIME-WAIT TIME-WAIT", label="ACK of FIN")
    )
    return story.connection(close=Close.SIMULTANEOUS, zeek=Zeek(ConnState.SF, "ShAFf"), completeness=23)


def self_connected() -> Connection:
    """A socket connected to itself: one endpoint, one initial sequence number."""
    one = Endpoint("127.0.0.1", 45678)
    story = (
        Story(ends=(one, one), iss=(X, X))
        .say(ORIGINATOR, "SYN", "SYN-SENT SYN-RECEIVED", label="SYN (1 of 3)")
        .say(RESPONDER, "SYN,ACK", "SYN-RECEIVED SYN-RECEIVED", seq=X)
    )
    return story.connection(
        handshake=Handshake.SIMULTANEOUS, close=Close.NONE, zeek=Zeek(ConnState.S1, "Sh"), completeness=7
    )


def bulk(segments: int = 120) -> Story:
    """A long one-way transfer, every second segment acknowledged."""
    story = opened()
    for number in range(segments):
        story.say(ORIGINATOR, "PSH,ACK", payload=b"d" * 1448, label="data", wait_us=12)
        if number % 2:
            story.say(RESPONDER, "ACK")
    return (
        story.say(ORIGINATOR, "FIN,ACK", "FIN-WAIT-1 CLOSE-WAIT", label="FIN")
        .say(RESPONDER, "FIN,ACK", "TIME-WAIT LAST-ACK", label="FIN, ACK of FIN")
        .say(ORIGINATOR, "ACK", "TIME-WAIT CLOSED", label="ACK of FIN")
    )


def datagram(frame: int, sender: Side, payload: bytes, label: str, **fields: Any) -> TracedDatagram:
    row = Row(
        frame=frame, time_ns=START_NS + frame * 120_000, protocol=Protocol.UDP, payload_len=len(payload),
        captured_len=len(payload), **fields,
    )  # fmt: skip
    ends = (Endpoint("127.0.0.1", 51000), Endpoint("127.0.0.1", 8234))
    addressed(row, ends[sender], ends[sender.other])
    return TracedDatagram(row, sender, label)


def exchange(*datagrams: TracedDatagram, outcome: Outcome = Outcome.REPLIED, **fields: Any) -> Exchange:
    own = [each for each in datagrams if not each.row.icmp_type]
    sides = [[each.row.payload_len for each in own if each.sender is side] for side in Side]
    made = Exchange(
        number=1,
        originator=Endpoint("127.0.0.1", 51000),
        responder=Endpoint("127.0.0.1", 8234),
        outcome=outcome,
        datagrams=datagrams,
        counts=(len(sides[0]), len(sides[1])),
        payload_bytes=(sum(sides[0]), sum(sides[1])),
        first_ns=START_NS,
        last_ns=START_NS,
        conn_state="SF",
        history="Dd",
    )
    return replace(made, **fields)


def wrong_number_compared() -> Inspection:
    """The wrong-number handshake against the expected one: a changed field, an extra segment, a missing line."""
    comparison = Comparison(
        name="three-way-handshake",
        matched=False,
        differences=(
            Difference(
                Kind.CHANGED, 2, 2, "ack", f"x+1 = {X}+1 = {X + 1}", f"x = {X}", "RFC 9293 section 3.5",
                "frame.number == 2",
            ),
            Difference(Kind.EXTRA, None, 3, "", "", f"client > server  RST  seq=x  ({X})"),
            Difference(
                Kind.MISSING, 3, None, "", "client > server  ACK  seq=x+1  ack=y+1", "", sender=Side.ORIGINATOR
            ),
        ),
        bindings=(("x", X), ("y", Y)),
        lines=((1, 1), (2, 2)),
        notes=("1 retransmission of SYN",),
        connection=1,
    )  # fmt: skip
    return inspection(wrong_number(), comparisons=(comparison,), verdict=Verdict.DIFFERS)


def chinese() -> Inspection:
    """One line of Chinese text, and what a hostile peer sends back."""
    story = (
        opened(ends=(CLIENT, Endpoint("127.0.0.1", 9999)))
        .say(
            RESPONDER,
            "PSH,ACK",
            payload="欢迎来到网络编程的世界 这一行足够长 要折到第二行去。\n".encode(),
            label="data",
        )
        .say(ORIGINATOR, "PSH,ACK", payload=b"\x1b[2J\x1b[31mverdict \xe2\x80\xaeas expected\x00\xff", label="data")
    )
    return inspection(story.connection(close=Close.NONE), payloads=story.payloads, title="tcp-greeting: 一行中文")


def udp_replied() -> Inspection:
    """A request, its reply."""
    ask, answer = datagram(1, ORIGINATOR, b"ping", "request"), datagram(2, RESPONDER, "好".encode(), "reply")
    payloads = {1: b"ping", 2: "好".encode()}
    capture = CaptureSummary(frames=2, dropped=None, duplicates=2, undecoded=0, truncated=0)
    return inspection(exchanges=(exchange(ask, answer),), payloads=payloads, capture=capture, source="udp.pcapng")


def udp_unreachable() -> Inspection:
    """A datagram to a closed port, and the ICMP error that quotes it."""
    ask = datagram(1, ORIGINATOR, b"anybody?", "request")
    error = datagram(2, RESPONDER, b"anybody?", "ICMP port unreachable", icmp_type=3, icmp_code=3)
    tied = exchange(ask, replace(error, about=1), outcome=Outcome.UNREACHABLE, conn_state="S0", history="D")
    return inspection(exchanges=(tied,), payloads={1: b"anybody?", 2: b"anybody?"})


def lossy() -> Inspection:
    """A cut capture with drops, undecoded frames and a gap that nobody is to blame for."""
    gap = Finding("segment-not-captured", Blame.CAPTURE, "acknowledges 14 bytes that were not captured", frame=4)
    late = Finding("handshake-not-seen", Blame.CAPTURE, "the capture began after the handshake")
    story = opened().say(ORIGINATOR, "ACK", ack=Y + 15, findings=(gap,))
    capture = CaptureSummary(
        frames=9, dropped=3, duplicates=4, undecoded=2, truncated=1, cut="a.pcap, byte 812: record cut short",
        undecoded_reasons=(("IPv4 header length 12, at least 20 expected", 2),),
    )  # fmt: skip
    made = story.connection(close=Close.NONE, findings=(late, gap))
    return inspection(made, capture=capture, source="a.pcap")


def many(connections: int = 12) -> Inspection:
    """More connections than are drawn."""
    plain = [replace(hello(number=number).connection(), number=number) for number in range(1, connections)]
    return inspection(*plain, replace(wrong_number(), number=connections), verdict=Verdict.FINDINGS, source="big.pcap")
