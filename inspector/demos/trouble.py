"""Words for what goes wrong when a demo runs: expected, found, where, and how to mend it.

The programs of the demos catch nothing, as in the tutorials. What the kernel refused arrives here as
an OSError and leaves as a DemoError. Anything else is a bug of ours, and passes as it is.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from inspector.errors import DemoError
from inspector.language import Said, marked, said

if TYPE_CHECKING:
    from inspector.demos.demo import Demo

__all__ = ["PRIVILEGED", "cannot_bind", "explained", "too_late", "whole_only"]

PRIVILEGED = 1024
"""Below this, Linux gives a port only to root (`net.ipv4.ip_unprivileged_port_start`)."""


def cannot_bind(error: OSError, address: tuple[str, int], demo: Demo) -> DemoError:
    """Why `address` (host and port) cannot be bound."""
    host, port = address[:2]
    known = {"name": demo.name, "port": port, "host": host}
    another = f"inspector demo {demo.name} --port {port + PRIVILEGED if port < PRIVILEGED else _neighbour(port)}"
    if error.errno == errno.EADDRINUSE:
        listening = "-ltnp" if demo.transport == "tcp" else "-lunp"
        return DemoError(
            said(
                "{name} needs {transport} port {port} on {host}, and another program has it; see which with"
                " ss {listening} 'sport = :{port}', or take another with --port",
                transport=demo.transport.upper(),
                listening=listening,
                **known,
            ),
            remedies=(f"ss {listening} 'sport = :{port}'", another),
        )
    if error.errno == errno.EACCES and port < PRIVILEGED:
        return DemoError(
            said(
                "{name} may not bind port {port} on {host}: ports below {privileged} are for root; take a higher one"
                " with --port, or a private network with --link ''",
                privileged=PRIVILEGED,
                **known,
            ),
            remedies=(another, f"inspector demo {demo.name} --port {port} --link ''"),
        )
    return DemoError(
        said(
            "{name} cannot bind port {port} on {host}: {reason}; expected an address of this machine",
            reason=_reason(error),
            **known,
        )
    )


def explained(error: Exception, demo: Demo, role: str, address: tuple[str, int]) -> Exception:
    """`error` of the program `role` in words; one that the kernel did not cause is given back as it is."""
    if not isinstance(error, OSError):
        return error
    where = f"{address[0]}:{address[1]}"
    if isinstance(error, ConnectionRefusedError):
        another_port = "" if address[1] in (demo.port, *demo.ports) else f" --port {address[1]}"
        start = f"inspector demo {demo.name} --role server{another_port}"
        return DemoError(
            said(
                "the {role} was refused: nobody listens on {where}, so its SYN was answered by RST,ACK;"
                " start the server first: {start}",
                role=_role(role),
                where=where,
                start=start,
            ),
            remedies=(start, f"ss -ltn 'sport = :{address[1]}'"),
        )
    known = {"role": _role(role), "name": demo.name, "where": where, "reason": _reason(error)}
    if isinstance(error, ConnectionError):
        words = said("the {role} of {name} lost its connection on {where}: {reason}; run it again", **known)
    else:
        words = said("the {role} of {name} cannot talk on {where}: {reason}", **known)
    return DemoError(words)


def whole_only(demo: Demo) -> DemoError:
    """A demo whose programs wait for each other's signals cannot be run one end at a time."""
    whole = f"inspector demo {demo.name}"
    return DemoError(
        said(
            "the two programs of {name} wait for each other off the wire, so one end alone gets no further; run both:"
            " {whole}",
            name=demo.name,
            whole=whole,
        ),
        remedies=(whole,),
    )


def too_late(  # noqa: PLR0913 - all that there is to say of it
    demo: Demo, role: str, address: tuple[str, int], patience: float, *, met: bool, alone: bool
) -> DemoError:
    """`role` still waited after `patience` seconds.

    `met` says whether the server heard from anybody, `alone` whether the other end was to run elsewhere.
    """
    where = f"{address[0]}:{address[1]}"
    known = {"role": _role(role), "name": demo.name, "where": where, "patience": patience}
    if not alone and demo.transport == "udp":
        return DemoError(
            said(
                "the {role} of {name} waited {patience:g} s for a datagram from {where}: it was lost or never sent, and"
                " UDP tells neither",
                **known,
            )
        )
    if not alone:
        return DemoError(
            said("the {role} of {name} still waited for its peer on {where} after {patience:g} s", **known)
        )
    if role == "server" and not met:
        start = f"inspector demo {demo.name} --role client"
        return DemoError(
            said(
                "no client came to {where} within {patience:g} s; start one in another terminal: {start}",
                where=where,
                patience=patience,
                start=start,
            ),
            remedies=(start,),
        )
    if demo.transport == "udp":
        start = f"inspector demo {demo.name} --role server"
        return DemoError(
            said(
                "the {role} of {name} waited {patience:g} s for a datagram from {where}: nobody may be there, or it was"
                " lost, and UDP tells neither; is the other end running? {start}",
                start=start,
                **known,
            ),
            remedies=(start, f"ss -lun 'sport = :{address[1]}'"),
        )
    return DemoError(said("the {role} of {name} still waited for its peer on {where} after {patience:g} s", **known))


def _neighbour(port: int) -> int:
    return port + 1 if port < 65535 else port - 1


_SYSTEM_SAYS = (
    marked("address already in use"),
    marked("cannot assign requested address"),
    marked("connection refused"),
    marked("network is unreachable"),
    marked("permission denied"),
    marked("timed out"),
)
"""What the system says most often of what fails here, within a line."""


def _reason(error: OSError) -> str:
    return Said((error.strerror or str(error) or type(error).__name__).lower(), {})


def _role(role: str) -> str:
    return said("server") if role == "server" else said("client")
