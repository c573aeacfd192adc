"""Captures a connection at both of its ends at once, each by a capturer of its own, on a path that does things to it.

`python two_places.py PATH FOLDER [WORDS]`, in a network of its own, leaves client.pcapng and server.pcapng in FOLDER.
The client's end is captured by dumpcap where there is one, with a short snaplen; the server's by us, and its clock is
`AHEAD_NS` ahead. The paths:

    wire      our wire, which does what WORDS say
    offload   a router; the client's card cuts what the client sends, behind the place where it is captured
    nat       a router that gives the client another address and port; WORDS are rules of nftables beside
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.capture.recording import Recording
from inspector.link.network import ADDRESSES, Host, Network
from inspector.link.script import parse_script
from inspector.wire import CaptureWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AHEAD_NS = 3_200_000_000
PORT = 8000
SENT = 40_000
_SNAPLEN = 96
_PATIENCE_S = 10
_OFF = "tso off gso off gro off"
_ROUTED = {"client": ("10.0.1.1", "10.0.1.2"), "server": ("10.0.2.1", "10.0.2.2")}
"""The router's address, and the host's."""
_NAT = """
table ip nat {
    chain behind { type nat hook postrouting priority 100;
        oifname "server" tcp dport 8000 masquerade to :20000-30000
    }
}
"""


def run(words: str) -> None:
    subprocess.run(words.split(), check=True, stdout=subprocess.DEVNULL)


@contextmanager
def captured(client: Host, server: Host, folder: Path) -> Iterator[None]:
    """Both ends, from their first frame to their last."""
    at_server = Recording("eth0", ports={PORT})
    at_client = Recording("eth0", ports={PORT}, snaplen=_SNAPLEN, path=folder / "client.pcapng")
    dumpcap = shutil.which("dumpcap")
    server.call(at_server.__enter__)
    if dumpcap is None:
        client.call(at_client.__enter__)
    else:
        command = [dumpcap, "-i", "eth0", "-s", str(_SNAPLEN), "-f", f"tcp port {PORT}"]
        command += ["-w", str(folder / "client.pcapng")]
        program = client.call(partial(subprocess.Popen, command, stderr=subprocess.PIPE, text=True))
        assert program.stderr is not None
        while "File: " not in (line := program.stderr.readline()):
            assert line, f"dumpcap ended with {program.wait()}"
    yield
    server.call(at_server.finish)
    if dumpcap is None:
        client.call(at_client.finish)
    else:
        program.send_signal(signal.SIGINT)
        program.communicate()
    with CaptureWriter(folder / "server.pcapng", link_type=at_server.link_type) as writer:
        for frame in at_server.frames():
            writer.write(replace(frame, time_ns=frame.time_ns + AHEAD_NS))


def converse(client: Host, server: Host, address: str) -> None:
    """`SENT` bytes there, a few back, and both ends closed; over before it returns."""
    listener = server.call(partial(socket.create_server, (address, PORT)))
    listener.settimeout(_PATIENCE_S)

    def serve() -> None:
        conversation, _ = listener.accept()
        with listener, conversation:
            while conversation.recv(1 << 16):
                pass
            conversation.sendall(b"thanks")

    def ask() -> None:
        with socket.create_connection((address, PORT), timeout=_PATIENCE_S) as conversation:
            conversation.sendall(bytes(SENT))
            conversation.shutdown(socket.SHUT_WR)
            while conversation.recv(1 << 16):
                pass

    serving = threading.Thread(target=serve)
    serving.start()
    client.call(ask)
    serving.join()
    time.sleep(0.5)  # a lost FIN comes again, and the capturers of others write when they like


def over_the_wire(folder: Path, script: str) -> None:
    network = Network(parse_script(script))
    with network, Recording("wire", engine=network.wire, moving=network.moving, keep=False):
        client, server = network.hosts["client"], network.hosts["server"]
        with captured(client, server, folder):
            converse(client, server, ADDRESSES["server"][0])


@contextmanager
def routed(rules: str, cards: dict[str, str]) -> Iterator[tuple[Host, Host]]:
    """Two hosts with a router in between, whose cards do not do what `cards` says."""
    with ExitStack() as stack:
        router, client, server = (stack.enter_context(Host(name, "")) for name in ("router", "client", "server"))
        for host in (client, server):
            namespace = host.call(partial(os.open, "/proc/thread-self/ns/net", os.O_RDONLY))
            router.call(partial(_lay, host.name, namespace))
            host.call(partial(_furnish, host.name, cards.get("hosts", "")))
        router.call(partial(_set_up, rules, cards.get("router", "")))
        time.sleep(0.3)  # until the carrier is there
        yield client, server


def _lay(name: str, namespace: int) -> None:
    from pyroute2.iproute.linux import IPRoute

    run(f"ip link add {name} type veth peer name peer")
    with IPRoute() as netlink:
        netlink.link("set", index=netlink.link_lookup(ifname="peer")[0], net_ns_fd=namespace)
    os.close(namespace)
    run(f"ip addr add {_ROUTED[name][0]}/24 dev {name}")
    run(f"ip link set {name} up")


def _furnish(name: str, off: str) -> None:
    run("ip link set peer name eth0")
    run(f"ip addr add {_ROUTED[name][1]}/24 dev eth0")
    run("ip link set eth0 up")
    run(f"ip route add default via {_ROUTED[name][0]}")
    if off:
        run(f"ethtool -K eth0 {off}")


def _set_up(rules: str, off: str) -> None:
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1", encoding="ascii")
    if off:
        for name in _ROUTED:
            run(f"ethtool -K {name} {off}")
    if rules:
        subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)


def over_a_router(folder: Path, rules: str, **cards: str) -> None:
    with routed(rules, cards) as (client, server), captured(client, server, folder):
        converse(client, server, _ROUTED["server"][1])


PATHS: dict[str, Callable[[Path, str], None]] = {
    "wire": over_the_wire,
    "offload": lambda folder, rules: over_a_router(folder, rules, router=_OFF),
    "nat": lambda folder, rules: over_a_router(folder, _NAT + rules, router=_OFF, hosts=_OFF),
}

if __name__ == "__main__":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # as our wire has it: nothing overtakes what it should not
    PATHS[sys.argv[1]](Path(sys.argv[2]), " ".join(sys.argv[3:]))
