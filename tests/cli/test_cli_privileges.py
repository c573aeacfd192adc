"""Who runs it: nobody in particular, root by way of `sudo`, and a user whose cache cannot be written."""

from __future__ import annotations

import re
import shlex
import shutil
import site
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from inspector.demos.catalogue import catalogue
from tests.cli.command import PATIENCE_S, ROOT, Done, inspector, plain_environment, shipped

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534
INVOKER = 54321


class Nobody:
    """A user without any privilege, with a home and an `inspector` of a Python that all may start."""

    def __init__(self, home: Path, python: str) -> None:
        self.home = home
        self.program = home / "bin" / "inspector"
        self.program.parent.mkdir()
        paths = [str(ROOT), *site.getsitepackages()]
        self.program.write_text(
            f"#!{python} -B\nimport sys\nsys.path[:0] = {paths!r}\nfrom inspector.cli.main import main\nmain()\n",
            encoding="utf-8",
        )
        self.program.chmod(0o755)
        self.quoted = shlex.quote(str(self.program))
        self._before = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--bounding-set=-all"]

    def shell(self, line: str) -> Done:
        """Run a line as it would be pasted into a shell."""
        done = subprocess.run(
            [*self._before, "sh", "-c", line],
            cwd=self.home,
            env=plain_environment(HOME=str(self.home)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def inspector(self, words: str) -> Done:
        return self.shell(f"{self.quoted} {words}")


@pytest.fixture(scope="module")
def nobody(root: None) -> Iterator[Nobody]:  # noqa: ARG001 - a fixture cannot be asked for otherwise
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv (util-linux)")
    python = "/usr/bin/python3"
    with tempfile.TemporaryDirectory(prefix="no body ") as folder:  # pytest's folders are closed to others
        Path(folder).chmod(0o755)
        home = Path(folder) / "home"
        home.mkdir()
        user = Nobody(home, python)
        shutil.chown(home, NOBODY, NOBODY)
        done = user.inspector("--version")
        if done.code:
            pytest.skip(f"needs a Python 3.11 as {python} that can import what is installed here: {done.err[-200:]}")
        yield user


def ways_of(done: Done) -> list[str]:
    """The lines under `try:`."""
    return [line.strip() for line in done.err.partition("try:\n")[2].splitlines()]


@pytest.mark.parametrize("words", ["capture --port 9 -c 1", "exec --port 9 -- true"])
def test_4_without_privilege_and_the_first_way_out_is_the_administrators(nobody: Nobody, words: str) -> None:
    done = nobody.inspector(words)

    assert done.code == 4
    assert "needs the privilege CAP_NET_RAW" in done.err.splitlines()[0]
    assert ways_of(done)[0].startswith(("sudo ", "su "))
    assert "inspector" in ways_of(done)[0]
    assert words in ways_of(done)[0]
    assert done.out == ""


def test_the_way_by_a_namespace_works_when_it_is_pasted(nobody: Nobody) -> None:
    ways = [way for way in ways_of(nobody.inspector("exec --port 9 -- true")) if way.startswith("unshare ")]
    if not ways:
        pytest.skip("no user namespaces here, and none was offered")
    done = nobody.shell(ways[0])

    assert done.code == 5, done.err
    assert "verdict" in done.out


# ---------------------------------------------------------------------------- rootless


@pytest.fixture
def rootless(nobody: Nobody) -> Nobody:
    """Nobody, where the system lets him have a network of his own."""
    if "✓ user namespace" not in nobody.inspector("doctor").out:
        pytest.skip("no user namespaces here: demos need a privilege")
    return nobody


def test_a_demo_runs_whole_without_privilege_and_without_a_question(rootless: Nobody) -> None:
    done = rootless.inspector("demo tcp-hello -w 'my demo.pcapng'")
    saved = (rootless.home / "my demo.pcapng").stat()

    assert done.code == 0, done.err
    assert done.err == ""
    assert "verdict   ✓ as expected" in done.out
    assert (saved.st_uid, saved.st_gid) == (NOBODY, NOBODY)


def test_a_port_for_root_alone_is_to_be_had_in_a_network_of_ones_own(rootless: Nobody) -> None:
    assert rootless.inspector("demo tcp-hello --port 80 -w x.pcapng").code == 0


@pytest.mark.parametrize("words", ["demo tcp-hello --link 'drop SYN once' -w x.pcapng", "demo udp-oneway -w y.pcapng"])
def test_a_link_and_udp_need_no_privilege_either(rootless: Nobody, words: str) -> None:
    done = rootless.inspector(words)

    assert done.code == 0, done.err


def test_a_command_behind_a_link_runs_as_the_user_and_with_no_privilege_at_all(rootless: Nobody) -> None:
    done = rootless.inspector("exec --link '' -- sh -c 'id -u; grep CapEff /proc/self/status'")

    assert done.out.split()[:3] == [str(NOBODY), "CapEff:", "0000000000000000"]


def test_the_kernel_is_asked_by_its_tables_where_the_tracepoint_is_for_root(rootless: Nobody) -> None:
    done = rootless.inspector("demo tcp-hello --kernel -w x.pcapng")

    assert done.code == 0, done.err


@pytest.mark.slow
def test_all_demos_are_as_expected_without_privilege(rootless: Nobody) -> None:
    done = rootless.inspector("demo all")

    assert done.code == 0, done.out + done.err
    assert f"{len(catalogue())} of {len(catalogue())} demos as expected" in done.out


def test_where_namespaces_are_switched_off_the_switch_is_named_and_a_capture_is_left_alone(nobody: Nobody) -> None:
    """In a user namespace of its own, which has limits of its own; without capabilities, as a user is."""
    earlier = nobody.home / "tcp-oneway.pcapng"
    earlier.write_bytes(shipped("tcp-oneway").read_bytes())
    shutil.chown(earlier, NOBODY, NOBODY)
    off = "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-all --inh-caps=-all "
    done = nobody.shell(f"unshare --map-root-user sh -c {shlex.quote(off + nobody.quoted + ' demo tcp-oneway')}")
    if "unshare:" in done.err:
        pytest.skip(f"no user namespaces here: {done.err}")

    assert done.code == 4
    assert "user.max_user_namespaces is 0" in done.err.splitlines()[0]
    assert ways_of(done)[0] == "sudo sysctl user.max_user_namespaces=10000"
    assert earlier.read_bytes() == shipped("tcp-oneway").read_bytes()


def test_replay_needs_no_privilege_and_nothing_that_can_be_written(nobody: Nobody) -> None:
    shown = nobody.home / "refused.pcapng"
    shown.write_bytes(shipped("refused").read_bytes())
    shown.chmod(0o444)
    done = nobody.shell(f"HOME=/proc/none XDG_CACHE_HOME=/proc/none {nobody.quoted} replay refused.pcapng")

    assert done.code == 0, done.err
    assert done.err == ""
    assert "handshake refused" in done.out


def test_the_doctor_says_what_lacks(nobody: Nobody) -> None:
    done = nobody.inspector("doctor")

    assert done.code == (0 if "✓ user namespace" in done.out else 4)
    assert "✗ CAP_NET_RAW" in done.out
    assert re.search(r"-> su.*inspector.* doctor", done.out)


def test_a_file_that_may_not_be_read_is_said(nobody: Nobody) -> None:
    closed = nobody.home / "closed.pcapng"
    closed.write_bytes(b"")
    closed.chmod(0o600)

    assert nobody.inspector("replay closed.pcapng").code == 3
    assert "Permission denied" in nobody.inspector("replay closed.pcapng").err


def test_a_folder_that_may_not_be_looked_into_is_said(nobody: Nobody) -> None:
    closed = nobody.home / "closed"
    closed.mkdir(mode=0o700)
    shutil.copy(shipped("tcp-hello"), nobody.home / "hello.pcapng")
    (nobody.home / "hello.pcapng").chmod(0o644)
    (nobody.home / "script.pkt").write_text("0 > S 0:0(0)\n", encoding="utf-8")

    for words, what in (
        ("record hello.pcapng -o closed/x.seq", "x.seq: cannot be written: Permission denied"),
        ("expect import script.pkt -o closed/x.seq", "x.seq: cannot be written: Permission denied"),
        ("explain closed/x.pcap:1", "closed/x.pcap: cannot be opened: Permission denied"),
        ("explain closed/x:1", "closed/x: cannot be opened: Permission denied"),
    ):
        done = nobody.inspector(words)
        assert done.code == 3, done.err
        assert what in done.err.splitlines()[0]
        assert "Traceback" not in done.err


def test_a_folder_that_may_not_be_written_is_said(nobody: Nobody) -> None:
    done = nobody.shell(f"cd / && {nobody.quoted} demo tcp-hello --port auto")
    if done.code == 4:
        pytest.skip("no user namespaces here")

    assert done.code == 3
    assert "tcp-hello.pcapng: cannot be written: Permission denied" in done.err


# ---------------------------------------------------------------------------- sudo


@pytest.mark.usefixtures("root", "can_capture")
def test_what_is_made_under_sudo_belongs_to_the_user_who_asked(tmp_path: Path) -> None:
    sudo: dict[str, Any] = {"SUDO_UID": str(INVOKER), "SUDO_GID": str(INVOKER)}
    done = inspector("demo", "tcp-hello", "--port", "auto", "-w", "new/x.pcapng", cwd=tmp_path, **sudo)
    made = [tmp_path / "new", tmp_path / "new" / "x.pcapng"]

    assert done.code == 0, done.err
    assert [(path.stat().st_uid, path.stat().st_gid) for path in made] == [(INVOKER, INVOKER)] * 2


@pytest.mark.usefixtures("root", "can_capture")
@pytest.mark.parametrize("link", [[], ["--link", ""]], ids=["loopback", "link"])
def test_what_runs_under_sudo_runs_as_the_user_who_asked_and_can_never_be_root_again(
    link: list[str], tmp_path: Path
) -> None:
    shutil.chown(tmp_path, INVOKER, INVOKER)
    sudo: dict[str, Any] = {"SUDO_UID": str(INVOKER), "SUDO_GID": str(INVOKER)}
    shown = "id -u; id -g; id -G; grep -E 'Cap(Prm|Eff)' /proc/self/status"
    done = inspector("exec", *link, "-w", "x.pcapng", "--", "sh", "-c", shown, cwd=tmp_path, **sudo)
    said = done.out.split()

    assert said[:3] == [str(INVOKER)] * 3, done.err
    assert said[4] == said[6] == "0000000000000000"


@pytest.mark.usefixtures("root")
def test_a_capture_that_only_root_can_open_is_decoded_by_the_user_who_asked(tmp_path: Path) -> None:
    secret = tmp_path / "secret.pcapng"
    secret.write_bytes(shipped("refused").read_bytes())
    secret.chmod(0o600)
    sudo: dict[str, Any] = {"SUDO_UID": str(INVOKER), "SUDO_GID": str(INVOKER)}
    done = inspector("replay", "secret.pcapng", cwd=tmp_path, **sudo)

    assert done.code == 0, done.err
    assert "handshake refused" in done.out


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("how", [("--jobs", "2"), ("--merge",)], ids=" ".join)
def test_so_are_several_of_them_in_any_number_of_processes(tmp_path: Path, how: tuple[str, ...]) -> None:
    names = [f"{number}.pcapng" for number in range(20)]
    for name in names:
        (tmp_path / name).write_bytes(shipped("refused").read_bytes())
    usual = inspector("replay", *how, *names, cwd=tmp_path)
    for name in names:
        (tmp_path / name).chmod(0o600)
    sudo: dict[str, Any] = {"SUDO_UID": str(INVOKER), "SUDO_GID": str(INVOKER)}
    few_files = ("prlimit", "--nofile=16:4096")

    assert inspector("replay", *how, *names, cwd=tmp_path, before=few_files, **sudo) == usual
    assert usual.code == 0


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.parquet"])
def test_files_of_results_belong_to_the_user_who_asked(name: str, tmp_path: Path) -> None:
    shutil.chown(tmp_path, INVOKER, INVOKER)
    sudo: dict[str, Any] = {"SUDO_UID": str(INVOKER), "SUDO_GID": str(INVOKER)}
    asked = ("--where", "number < 3", "--sort", "-first", "--table")
    done = inspector("replay", shipped("tcp-multi"), *asked, "--out", name, cwd=tmp_path, **sudo)

    assert done.code == 0, done.err
    assert {(path.stat().st_uid, path.stat().st_gid) for path in tmp_path.iterdir()} == {(INVOKER, INVOKER)}
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.usefixtures("root", "can_capture")
def test_without_sudo_it_belongs_to_root(tmp_path: Path) -> None:
    done = inspector("demo", "tcp-hello", "--port", "auto", "-w", "x.pcapng", cwd=tmp_path)

    assert done.code == 0, done.err
    assert (tmp_path / "x.pcapng").stat().st_uid == 0


@pytest.mark.parametrize("sudo", [{"SUDO_UID": "many", "SUDO_GID": "x"}, {"SUDO_UID": "1000"}], ids=["text", "half"])
@pytest.mark.usefixtures("root", "can_capture")
def test_an_odd_sudo_environment_is_no_reason_to_fail(sudo: dict[str, Any], tmp_path: Path) -> None:
    done = inspector("demo", "tcp-oneway", "--port", "auto", "-w", tmp_path / "x.pcapng", cwd=tmp_path, **sudo)

    assert done.code == 0, done.err
