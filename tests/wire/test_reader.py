"""The reader: two speeds that agree, batches of any size, every capture of the corpus, and any bytes at all."""

from __future__ import annotations

import csv
import gzip
import itertools
import subprocess
import sys
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.errors import CaptureFileError
from inspector.wire import Row, open_capture
from inspector.wire.row import Direction
from tests.wire.files import (
    NOW,
    SECOND,
    USER0,
    drained,
    enhanced,
    frames_of,
    interface,
    obsolete,
    opened,
    pcap,
    section,
    simple,
    statistics,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspector.wire import CaptureReader

SYN = bytes.fromhex(
    "000000000000000000000000080045000028000140004006000000007f0000017f0000013039d4310000000100000000500220000000000041"
)[:54]


def syn(number: int) -> bytes:
    """An Ethernet frame with a SYN of sequence number `number` and ten bytes of data."""
    ip = bytes.fromhex("4500003200014000400600007f0000017f000001")
    return (
        bytes(12)
        + b"\x08\0"
        + ip
        + b"\x30\x39\xd4\x31"
        + number.to_bytes(4)
        + bytes(4)
        + b"\x50\x02\x20\0"
        + bytes(4)
        + b"0123456789"
    )


def many(count: int) -> bytes:
    return pcap([(NOW, number % 1_000_000, syn(number), 64) for number in range(count)])


def rows_of(reader: CaptureReader) -> list[Row]:
    return [row for batch in reader for row in batch]


def test_rows_carry_what_the_container_says() -> None:
    (row,) = rows_of(opened(many(1)))

    assert (row.frame, row.time_ns, row.wire_len, row.seq, row.payload_len) == (1, NOW * SECOND, 64, 0, 10)


def test_small_captures_import_neither_numpy_nor_numba(tmp_path: Path) -> None:
    path = tmp_path / "small.pcap"
    path.write_bytes(many(2000))
    program = (
        "import sys; from inspector.wire import open_capture\n"
        "for batch in open_capture(sys.argv[1]): batch.row(0), batch.frame(0), batch.payload(0, 9)\n"
        "print('numpy' in sys.modules, 'numba' in sys.modules)"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", program, str(path)]
    output = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root).stdout

    assert output == "False False\n"


@pytest.mark.slow
class TestTwoSpeeds:
    """What is compiled gives what is plain."""

    @pytest.mark.parametrize("plain_frames", [0, 1, 2, 255, 256, 257, 2999, 3000, 3001])
    def test_it_does_not_matter_where_the_columns_begin(self, plain_frames: int) -> None:
        data = many(3000)

        assert rows_of(opened(data)) == rows_of(opened(data, plain_frames=plain_frames))

    def test_batches_say_which_form_they_have(self) -> None:
        batches = [(batch.count, batch.columnar) for batch in opened(many(9000), plain_frames=300)]

        assert sum(count for count, _ in batches) == 9000
        assert sum(count for count, columnar in batches if not columnar) == 300
        assert max(count for count, columnar in batches if columnar) == 4096

    def test_a_batch_gives_frames_payloads_and_comments_in_both_forms(self) -> None:
        data = section() + interface((9, b"\x09")) + enhanced(syn(1), (1, b"c"), ticks=5) + enhanced(syn(2), ticks=6)
        for plain_frames in (0, 100):
            (batch,) = opened(data, plain_frames=plain_frames)

            assert batch.columnar == (plain_frames == 0)
            assert [batch.payload(0, 4), batch.payload(1)] == [b"0123", b"0123456789"]
            assert [batch.comments(0), batch.comments(1)] == [("c",), ()]
            assert batch.frame(1).data == syn(2)
            assert (type(batch.row(1)), type(batch.row(1).seq), batch.row(1).seq) == (Row, int, 2)
            with pytest.raises(IndexError):
                batch.row(2)

    def test_blocks_between_frames_change_nothing(self) -> None:
        other = [
            interface(link_type=USER0),
            statistics(),
            section() + interface(),
            section(order=">") + interface(order=">"),
        ]
        data, order = section() + interface(), "<"
        for number in range(400):
            data += enhanced(syn(number), ticks=number, order=order)
            if number % 3 == 0:
                data += other[number % 4] if order == "<" or number % 4 > 1 else b""
                order = {2: "<", 3: ">"}.get(number % 4, order)
        plain, fast = opened(data), opened(data, plain_frames=0)

        assert rows_of(plain) == rows_of(fast)
        assert (plain.frames, plain.cut, plain.interfaces) == (fast.frames, fast.cut, fast.interfaces)
        assert plain.frames == 400

    def test_foreign_link_types_are_counted(self) -> None:
        data = section() + interface() + interface(link_type=USER0) + enhanced(b"f", number=1) * 3 + enhanced(b"f")
        for plain_frames in (0, 100):
            reader = opened(data, plain_frames=plain_frames)
            rows_of(reader)

            assert reader.unsupported == 3


def test_a_foreign_link_type_of_a_pcap_is_refused_at_once() -> None:
    with pytest.raises(CaptureFileError, match=r"link type 147 \(USER0\) is not supported") as caught:
        opened(pcap([], link_type=USER0))

    assert caught.value.remedies == ("tshark -r made",)


def test_a_reader_is_iterated_once() -> None:
    reader = opened(many(3))

    assert len(list(reader)) == 1
    assert list(reader) == []


blocks = st.sampled_from(
    [
        section(),
        section(order=">"),
        interface(),
        interface((9, b"\xff"), (14, b"\x7f" * 8), link_type=USER0, snaplen=3),
        enhanced(syn(7), (1, b"comment"), (2, b"\1\0\0\0"), (4, bytes(8))),
        enhanced(b"frame", number=1, ticks=(1 << 64) - 1),
        obsolete(b"old"),
        simple(b"simple"),
        statistics((5, bytes(8))),
        pcap([(NOW, 0, syn(1), 64)]),
        pcap([(NOW, 0, syn(1), 64)], magic=0xA1B2CD34, order=">", extra=bytes(8)),
        b"\0\0\0",
    ]
)


@st.composite
def nearly_captures(draw: st.DrawFn) -> bytes:
    """Blocks in any order, with some bytes changed, cut anywhere, perhaps gzipped and changed again."""
    data = bytearray(
        draw(st.sampled_from([section() + interface(), pcap([])])) + b"".join(draw(st.lists(blocks, max_size=8)))
    )
    for place, value in draw(st.lists(st.tuples(st.integers(0, len(data) - 1), st.integers(0, 255)), max_size=5)):
        data[place] = value
    data = data[: draw(st.integers(0, len(data)))]
    if draw(st.booleans()):
        return bytes(data)
    archive = bytearray(gzip.compress(bytes(data), mtime=0))
    for place, value in draw(st.lists(st.tuples(st.integers(2, len(archive) - 1), st.integers(0, 255)), max_size=2)):
        archive[place] = value
    return bytes(archive)


@given(st.one_of(st.binary(), nearly_captures()), st.sampled_from([3, 2000]))
@settings(max_examples=300)
def test_any_bytes_are_frames_and_a_cut_or_a_capture_file_error(data: bytes, plain_frames: int) -> None:
    try:
        reader = opened(data)
        frames = drained(reader)
    except CaptureFileError as error:
        assert_readable(str(error))
        return
    assert_readable(reader.cut)
    assert [frame.number for frame in frames] == list(range(1, reader.frames + 1))
    if plain_frames == 3:
        assert frames == drained(opened(data, plain_frames=plain_frames))


def assert_readable(message: str) -> None:
    """Nothing that a file says reaches a terminal as it is."""
    assert message.isascii()
    assert message.isprintable() or not message


def manifest(corpus: Path) -> Iterator[tuple[Path, str]]:
    with (corpus / "manifest.tsv").open(encoding="utf-8") as file:
        for line in csv.DictReader(file, delimiter="\t"):
            if (corpus / line["path"]).exists():
                yield corpus / line["path"], line["packets"]


@pytest.mark.slow
@pytest.mark.parametrize("plain_frames", [0, 1 << 30], ids=["compiled", "plain"])
def test_every_capture_of_the_corpus_has_as_many_frames_as_its_manifest_says(corpus: Path, plain_frames: int) -> None:
    wrong = []
    for path, packets in manifest(corpus):
        try:
            with open_capture(path, plain_frames=plain_frames) as reader:
                count = sum(batch.count for batch in reader)
        except CaptureFileError as error:
            if packets.isdigit() and "link type" not in error.reason:
                wrong.append(f"{path.name}: {error.reason}")
            continue
        if packets.isdigit() and int(packets) != count:
            wrong.append(f"{path.name}: {count} and not {packets}")

    assert wrong == []


@pytest.mark.slow
def test_both_speeds_agree_on_every_row_of_the_corpus(corpus: Path) -> None:
    for path, packets in manifest(corpus):
        if not packets.isdigit() or int(packets) > 300:
            continue
        with (
            suppress(CaptureFileError),
            open_capture(path, verify=True) as plain,
            open_capture(path, plain_frames=0, verify=True) as fast,
        ):
            both = list(zip(rows_of(plain), rows_of(fast), strict=True))

            assert [(path.name, one.frame) for one, other in both if one != other] == []
            assert (plain.frames, plain.cut, plain.dropped) == (fast.frames, fast.cut, fast.dropped)


CONTAINERS_ALIKE = (
    "pcap-be-us",
    "pcap-le-ns",
    "pcap-be-ns",
    "pcap-modified-cd34",
    "pcapng-le-epb",
    "pcapng-be-ns",
    "pcapng-2if-alternating",
    "pcapng-2sections-le-be",
    "pcapng-le-pb-obsolete",
    "pcapng-unknown-blocks",
)


@pytest.mark.parametrize("capture", ["fast_reuse", "handshake_reorder", "refused", "tfo"])
@pytest.mark.parametrize("form", CONTAINERS_ALIKE)
def test_one_capture_in_many_containers_gives_the_same_rows(corpus: Path, capture: str, form: str) -> None:
    folder = corpus / "derived-forms"
    extension = form.partition("-")[0]
    with (
        open_capture(folder / f"{capture}.pcap-le-us.pcap") as one,
        open_capture(folder / f"{capture}.{form}.{extension}") as other,
    ):
        pairs = list(itertools.zip_longest(map(facts, rows_of(one)), map(facts, rows_of(other))))

    assert [pair for pair in pairs if pair[0] != pair[1]] == []


def facts(row: Row) -> tuple[int, ...]:
    """A row without what containers differ in."""
    row.interface = row.direction = 0
    return astuple(row)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("columnar", [False, True])
@pytest.mark.parametrize(
    ("verdict", "lost"),
    [
        ((1, 2), True),  # Linux's traffic control: TC_ACT_SHOT
        ((2, 1), True),  # XDP_DROP
        ((1, 0), False),  # TC_ACT_OK
        ((2, 2), False),  # XDP_PASS
        ((0, 2), False),  # by hardware, in words of its own
        ((1, 2 | 1 << 32), False),
    ],
)
def test_a_verdict_to_drop_a_frame_says_that_it_arrived_nowhere(
    order: str, verdict: tuple[int, int], *, lost: bool, columnar: bool
) -> None:
    who, word = verdict
    option = (7, bytes([who]) + word.to_bytes(8, "little" if order == "<" else "big"))
    data = section(order=order) + interface(order=order) + enhanced(b"x" * 60, option, order=order)
    (frame,) = frames_of(data, plain_frames=0 if columnar else 100)

    assert frame.direction == (Direction.LOST if lost else Direction.UNKNOWN)


def test_a_verdict_that_is_cut_says_nothing() -> None:
    (frame,) = frames_of(section() + interface() + enhanced(b"x" * 60, (7, b"\x01\x02")))

    assert frame.direction == Direction.UNKNOWN
