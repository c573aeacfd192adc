"""What other tools would call a connection, against what they were seen or read to call it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from inspector.crosscheck.reading import read
from inspector.pipeline import inspect
from inspector.report.json_report import schema, to_json
from inspector.report.terminal import render_inspection
from inspector.rosetta import rosetta
from inspector.rosetta.model import Called
from tests.opinions import captures_with_tcp

HARD_CASES = {
    # What tshark and tcptrace were measured to say, and Zeek is read to.
    "simultaneous-open-and-close": ("Complete, WITH_DATA (31)", "SF", "complete, S2F2"),
    "wrong-third-ack": ("Incomplete, ESTABLISHED (7)", "S1", "(no word), S2F0"),
    "unanswered": ("Incomplete, SYN_SENT (1)", "S0", "unidirectional, S1F0"),
    "refused": ("Incomplete (37)", "REJ", "reset, S1F0 R"),
    "half-closed": ("Complete, NO_DATA (23)", "S2", "(no word), S2F1"),
    "tcp-self-connect": ("Complete, WITH_DATA (31)", "", "unidirectional, S1F1"),
    "reset-by-client": ("Complete, WITH_DATA (47)", "RSTO", "reset, S2F0 R"),
    "reset-by-server": ("Complete, WITH_DATA (47)", "RSTR", "reset, S2F0 R"),
}

REMARKS = {
    # capture: tool, name, frames
    "tcp-simultaneous-open": ("Zeek", "simultaneous_open", (2,)),
    "tcp-half-open-discovery": ("Zeek", "SYN_after_reset", (11,)),
    "old-duplicate-syn-at-client": ("Zeek", "bad_SYN_ack", (2,)),
    "tcp-fast-open": ("Zeek", "SYN_with_data", (7,)),
    "wrong-syn-ack": ("Suricata", "3whs_synack_with_wrong_ack", (2,)),
    "wrong-third-ack": ("Suricata", "3whs_right_seq_wrong_ack_evasion", (3,)),
    "half-open-discovery": ("Suricata", "est_syn_resend_diff_seq", (4,)),
    "simultaneous-open-and-close": ("Wireshark", "Note: Retransmission (suspected)", (3, 4)),
}

UNALIKE = {
    # What tcptrace takes for one connection, or for several, by what it remembers of a pair of endpoints.
    *("half-open-discovery", "old-duplicate-syn-at-client", "port-reuse", "tcp-half-open-discovery"),
    *("activeosfingerprinting", "kday3", "of13_ericsson", "smb_data_print-segv", "timestamp_invalid_micro"),
    *("timestamp_invalid_nano", "test5-lines-randomized", "retransmit-timeout"),
    "nb6-http",  # half of it is in L2TP, which tcptrace does not unwrap
}


def called(path: Path) -> list[dict[str, Called]]:
    return [{each.tool: each for each in rosetta(connection)} for connection in read(path).connections]


@pytest.mark.parametrize("name", HARD_CASES)
def test_the_hard_cases_are_called_as_the_tools_call_them(captures: Path, name: str) -> None:
    (said,) = called(captures / name / f"{name}.pcapng")
    wireshark, zeek, tcptrace = HARD_CASES[name]

    assert said["Wireshark"].word == wireshark
    assert said["Zeek"].word.startswith(zeek)
    assert said["tcptrace"].word == tcptrace


@pytest.mark.parametrize("name", REMARKS)
def test_a_tool_remarks_it_where_it_would(captures: Path, name: str) -> None:
    tool, remark, frames = REMARKS[name]

    said = [
        (each.name, each.frames) for one in called(captures / name / f"{name}.pcapng") for each in one[tool].remarks
    ]

    assert (remark, frames) in said


def test_zeek_finds_no_number_wrong_that_lies_between() -> None:
    """It takes a SYN,ACK that acknowledges x itself, and not x+1: nothing is weird."""
    path = Path(__file__).resolve().parents[2] / "captures" / "wrong-syn-ack" / "wrong-syn-ack.pcapng"

    (said,) = called(path)

    assert said["Zeek"].remarks == ()


def test_an_orderly_connection_gets_no_remark(captures: Path) -> None:
    (said,) = called(captures / "tcp-hello" / "tcp-hello.pcapng")

    assert [(each.tool, each.word, each.remarks) for each in said.values()] == [
        ("Wireshark", "Complete, WITH_DATA (31)", ()),
        ("Zeek", "SF ShAdDaFf", ()),
        ("tcptrace", "complete, S2F2", ()),
        ("Suricata", "session", ()),
    ]


def test_without_a_syn_suricata_has_no_session(captures: Path) -> None:
    (said,) = called(captures / "midstream" / "midstream.pcapng")

    assert said["Suricata"].word == "no session"
    assert {remark.name for remark in said["Suricata"].remarks} == {"fin_but_no_session"}


def test_text_and_json_have_it_only_where_it_was_asked_for(captures: Path) -> None:
    inspection = inspect(captures / "refused" / "refused.pcapng")
    plain, asked = to_json(inspection), to_json(inspection, rosetta=True)

    Draft202012Validator(schema()).validate(asked)
    assert "rosetta" not in plain["connections"][0]
    assert [each["tool"] for each in asked["connections"][0]["rosetta"]] == [
        "Wireshark",
        "Zeek",
        "tcptrace",
        "Suricata",
    ]
    assert "tcptrace: reset, S1F0 R" in render_inspection(inspection, width=80, colour=False, rosetta=True)
    assert "tcptrace" not in render_inspection(inspection, width=80, colour=False)


@pytest.mark.slow
def test_tcptrace_itself_says_the_same(corpus: Path, captures: Path, tmp_path: Path) -> None:
    tool = shutil.which("tcptrace")
    if tool is None:
        pytest.skip("tcptrace is not installed (sudo apt install tcptrace)")
    wrong, compared = [], 0
    for path in [*(corpus / name for name in captures_with_tcp(corpus)), *captures.glob("*/*.pcapng")]:
        theirs = words_of_tcptrace(tool, path, tmp_path)
        if not theirs or path.name.partition(".")[0] in UNALIKE:
            continue
        ours = [one["tcptrace"].word.partition(",")[0].replace("(no word)", "").split() for one in called(path)]
        compared += len(ours)
        wrong += [path.name] * (theirs != ours)

    assert wrong == []
    assert compared > 400


def words_of_tcptrace(tool: str, path: Path, folder: Path) -> list[list[str]]:
    """The words at the ends of its lines; none where it does not read the file."""
    done = subprocess.run([tool, "-n", str(path)], capture_output=True, check=False, cwd=folder)
    lines = re.findall(
        r"^\s*\d+: .+ - .+ \(\S+\)\s+\d+>\s+\d+<(.*)$", done.stdout.decode("utf-8", "replace"), re.MULTILINE
    )
    return [line.replace("(", "").replace(")", "").split() for line in lines]
