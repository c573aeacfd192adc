"""The private network: two hosts and their wire, made by this process out of network namespaces and veth pairs.

    host "client"                 the wire's own namespace                 host "server"
    10.0.0.1  fd00::1  eth0 ══════ client ◂── Wire (AF_PACKET) ──▸ server ══════ eth0  10.0.0.2  fd00::2

A host is a thread in a network namespace of its own: what is called there (`Host.call`) runs in that thread, and
threads and programs that it starts stay there. Namespaces have no name and the veth pairs no other place to be, so all
of it goes with the last thread and socket, however this process ends. Nothing outside is touched: no route, no rule.

Neighbours are written down (no ARP), duplicate address detection is off, and what a card would do (checksums,
segmentation) the kernel does itself: the wire carries what a real one would, and nothing but the programs' own words.

`Network.loop` is one host whose words to itself (127.0.0.0/8) leave by the wire and come back by it: for a command that
knows no other address. Rules of routing order that, inside that host: what comes from the wire is local, what is
sent goes out.

Needs CAP_SYS_ADMIN and CAP_NET_ADMIN, as root has, and everybody in a user namespace (`capture.namespaces`).
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from inspector.capture.namespaces import leave_network
from inspector.capture.quiet import moving
from inspector.errors import CaptureError, system_words
from inspector.language import marked, said
from inspector.link.wire import Wire, open_leg

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType
    from typing import TypeVar

    from inspector.link.script import Script
    from inspector.link.wire import Moment

    T = TypeVar("T")

__all__ = ["ADDRESSES", "LOOP", "MTU", "Host", "Network"]

ADDRESSES = {"client": ("10.0.0.1", "fd00::1"), "server": ("10.0.0.2", "fd00::2")}
LOOP = "127.0.0.1"
MTU = 1500

_DEVICE = "eth0"
_MACS = {"client": "02:00:00:00:00:01", "server": "02:00:00:00:00:02"}
_OFFLOADS = ("tx-checksumming", "tcp-segmentation-offload", "generic-segmentation-offload")
_TABLE_OUT = 100
"""Number of the routing table by which a looped host's words to itself leave."""
_PERMANENT = 0x80
"""NUD_PERMANENT: a neighbour that is not asked for."""
_NODAD = 0x02
"""IFA_F_NODAD: an address that is used at once."""
_BUCKETS = "1024"
"""Of the table of connections of each host."""
_PROBE = bytes(12) + b"\x88\xb5" + bytes(46)
"""A frame of an ethertype for local experiments (IEEE 802), which every host ignores."""
_PATIENCE_S = 5.0
_AGAIN_MS = 2
_AUTOCONFIGURATION_OFF = (("accept_ra", "0"), ("router_solicitations", "0"), ("addr_gen_mode", "1"))


class Host:
    """A thread in a network namespace of its own; a context manager."""

    def __init__(self, name: str, address: str) -> None:
        self.name = name
        self.address = address
        self.raw: socket.socket | None = None
        """For a demo that crafts frames: a raw socket at this host's end of the wire."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"host {name}")

    def __enter__(self) -> Self:
        try:
            self.call(leave_network)
        except BaseException:
            self._thread.shutdown()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.raw is not None:
            self.raw.close()
        self._thread.shutdown()

    def call(self, function: Callable[[], T]) -> T:
        """What `function` returns (or raises) in this host's thread."""
        return self._thread.submit(function).result()

    def moving(self) -> list[str]:
        """Its sockets that are not at rest; see `capture.quiet.moving`."""
        return self.call(lambda: moving(None)) or []


class Network:
    """The hosts and their wire, from `with` to its end.

    Args:
        script: what the wire does.
        loop: one host, whose 127.0.0.0/8 goes over the wire, instead of two.
        ipv6: whether the hosts of two are named by their IPv6 addresses.
        settings: kernel settings of each host, by their path below /proc/sys.
        crafted: whether each host gets a raw socket (`Host.raw`).
        on_pass: as `Wire` has it.

    """

    def __init__(  # noqa: PLR0913 - what a network may be
        self,
        script: Script,
        *,
        loop: bool = False,
        ipv6: bool = False,
        settings: Sequence[tuple[str, str]] = (),
        crafted: bool = False,
        on_pass: Callable[[int, Moment, int], None] | None = None,
    ) -> None:
        self._script = script
        self._loop = loop
        self._settings = settings
        self._crafted = crafted
        self._on_pass = on_pass
        addresses = {"client": LOOP} if loop else {name: both[ipv6] for name, both in ADDRESSES.items()}
        self.hosts = {name: Host(name, address) for name, address in addresses.items()}
        self._stack = ExitStack()
        self.wire: Wire

    def __enter__(self) -> Self:
        """Make it.

        Raises:
            CaptureError: if this process may not.

        """
        try:
            self._stack.enter_context(_on_one_processor())
            middle = self._stack.enter_context(Host("wire", ""))
            middle.call(_keep_tables_small)
            for host in self.hosts.values():
                # In the wire's thread: a namespace takes some of its settings from the one that is left for it.
                self._stack.push(middle.call(host.__enter__))
                descriptor = host.call(lambda: os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC))
                try:
                    middle.call(partial(_lay_leg, host.name, descriptor))
                finally:
                    os.close(descriptor)
                host.call(partial(self._furnish, host))
            legs = [middle.call(partial(open_leg, name)) for name in self.hosts]
            for host, leg in zip(self.hosts.values(), legs, strict=True):
                host.call(partial(_prove_passage, leg))
            self.wire = Wire(legs, self._script, on_pass=self._on_pass)
            self._stack.callback(self.wire.close)
        except OSError as error:
            self._stack.close()
            raise _explained(error) from error
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def moving(self) -> list[str]:
        """Sockets of all hosts that are not at rest."""
        return [each for host in self.hosts.values() for each in host.moving()]

    def _furnish(self, host: Host) -> None:
        """Give the host its device, its addresses, and what it must know of the other. In the host's thread."""
        for name, value in _AUTOCONFIGURATION_OFF:
            _set(f"net/ipv6/conf/{_DEVICE}/{name}", value, missing_ok=True)
        _leave_nothing_to_the_card()
        if self._loop:
            _route_loopback_out()
        else:
            _introduce(host.name)
        _set("net/ipv4/ip_unprivileged_port_start", "0")  # nobody here has anything to protect
        for path, value in self._settings:
            _set(path, value)
        if self._crafted:
            host.raw = open_leg(_DEVICE)


@contextlib.contextmanager
def _on_one_processor() -> Iterator[None]:
    """Keep the calling thread, and all that it starts, on one processor.

    A veth pair has a queue for each of them: what a host's program sends on one can overtake what its kernel had sent
    before it on another (an ACK, mostly), and no two runs would be alike.
    """
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(allowed)[os.getpid() % len(allowed)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def _keep_tables_small() -> None:
    """Give namespaces that are made from here a table of connections of their own, small enough to be read at once."""
    _set("net/ipv4/tcp_child_ehash_entries", _BUCKETS, missing_ok=True)  # before Linux 6.1 all share one


def _netlink() -> Any:
    from pyroute2.iproute.linux import IPRoute

    return IPRoute()


def _lay_leg(name: str, descriptor: int) -> None:
    """A veth pair from the wire's namespace into the host's. In the wire's thread."""
    with _netlink() as netlink:
        netlink.link("add", ifname=name, kind="veth", peer={"ifname": _DEVICE, "address": _MACS[name], "mtu": MTU})
        device, leg = (netlink.link_lookup(ifname=each)[0] for each in (_DEVICE, name))
        netlink.link("set", index=device, net_ns_fd=descriptor)
        _quiet_ipv6(name)
        netlink.link("set", index=leg, state="up", mtu=MTU)


def _quiet_ipv6(interface: str) -> None:
    """The wire's own ends say nothing."""
    _set(f"net/ipv6/conf/{interface}/disable_ipv6", "1", missing_ok=True)


def _introduce(name: str) -> None:
    """Addresses, and the other host as a neighbour that need not be asked for. In the host's thread."""
    other = next(each for each in ADDRESSES if each != name)
    has_ipv6 = Path("/proc/net/if_inet6").exists()
    with _netlink() as netlink:
        device = netlink.link_lookup(ifname=_DEVICE)[0]
        netlink.link("set", index=device, state="up")
        netlink.addr("add", index=device, address=ADDRESSES[name][0], prefixlen=24, broadcast="10.0.0.255")
        if has_ipv6:
            netlink.addr("add", index=device, address=ADDRESSES[name][1], prefixlen=64, flags=_NODAD)
        for address in ADDRESSES[other][: 1 + has_ipv6]:
            netlink.neigh("replace", dst=address, lladdr=_MACS[other], ifindex=device, state=_PERMANENT)


def _route_loopback_out() -> None:
    """Send 127.0.0.0/8 out by the wire, and take for local what comes in by it. In the host's thread.

    IPv6 has no such loopback (::1 never leaves a host), so it is switched off: `localhost` is 127.0.0.1 here.
    """
    _set("net/ipv6/conf/all/disable_ipv6", "1", missing_ok=True)
    for interface in ("all", _DEVICE):
        for name, value in (("route_localnet", "1"), ("accept_local", "1"), ("rp_filter", "0")):
            _set(f"net/ipv4/conf/{interface}/{name}", value)
    with _netlink() as netlink:
        device = netlink.link_lookup(ifname=_DEVICE)[0]
        netlink.link("set", index=device, state="up")
        netlink.neigh("replace", dst=LOOP, lladdr=_MACS["client"], ifindex=device, state=_PERMANENT)
        netlink.route("add", dst="127.0.0.0/8", oif=device, prefsrc=LOOP, table=_TABLE_OUT, scope=253)
        netlink.rule("add", priority=10, iifname=_DEVICE, table=255)
        netlink.rule("add", priority=20, dst="127.0.0.0/8", table=_TABLE_OUT)
        netlink.rule("add", priority=30, table=255)
        netlink.rule("del", priority=0, table=255)


def _leave_nothing_to_the_card() -> None:
    from pyroute2.ethtool.ioctl import IoctlEthtool

    with contextlib.closing(IoctlEthtool(_DEVICE)) as card:
        for offload in _OFFLOADS:
            card.set_offload_flag(offload, 0)


def _prove_passage(leg: socket.socket) -> None:
    """Wait until frames pass between the host and its leg, both ways. In the host's thread.

    A veth pair that is up carries nothing until the kernel has noticed its carrier, some time later; what is sent
    before that is gone and counted nowhere.
    """
    with open_leg(_DEVICE) as device:
        for sender, receiver in ((device, leg), (leg, device)):
            deadline = time.monotonic() + _PATIENCE_S
            while not _hears(receiver):
                if time.monotonic() > deadline:
                    raise OSError(errno.ETIMEDOUT, marked("a new pair of interfaces carries no frames"))
                with contextlib.suppress(OSError):
                    sender.send(_PROBE)


def _hears(receiver: socket.socket) -> bool:
    """Whether a probe has come; whatever else has come is nobody's yet."""
    poll = select.poll()
    poll.register(receiver, select.POLLIN)
    poll.poll(_AGAIN_MS)
    with contextlib.suppress(BlockingIOError):
        while True:
            if receiver.recv(len(_PROBE)) == _PROBE:
                return True
    return False


def _set(path: str, value: str, *, missing_ok: bool = False) -> None:
    try:
        Path("/proc/sys", path).write_text(value, encoding="ascii")
    except FileNotFoundError:
        if not missing_ok:
            raise


def _explained(error: OSError) -> CaptureError:
    if error.errno in {errno.EPERM, errno.EACCES}:
        return CaptureError(
            said(
                "a private network needs CAP_SYS_ADMIN and CAP_NET_ADMIN, and this process has them not: {reason}",
                reason=system_words(error),
            )
        )
    return CaptureError(said("this system gives no private network: {reason}", reason=system_words(error)))
