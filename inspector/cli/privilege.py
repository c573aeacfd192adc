"""How a command comes to the privilege that it needs, without asking anybody.

Where this process has it, as root's does, there is nothing to do. Else it goes into a user and a network namespace of
its own (`capture.namespaces`), where everybody has it: programs and capture live inside, and the traffic of the system
is neither seen nor touched. Only where the system forbids that is there an error, and it names the switch.
"""

from __future__ import annotations

from inspector.capture.namespaces import become_private, why_not_private
from inspector.capture.privileges import CAP_NET_RAW, NETWORK_CAPABILITIES, has_capability, ways_out
from inspector.cli.environment import command_line
from inspector.errors import CaptureError

__all__ = ["secure_privilege"]


def secure_privilege(*, wired: bool) -> None:
    """Make sure that this process may capture, and where `wired` make a private network too.

    To be called before any thread is started. Raises CaptureError with the switch that forbids it, and the other ways.
    """
    needed = NETWORK_CAPABILITIES if wired else (CAP_NET_RAW,)
    if all(has_capability(each) for each in needed):
        return
    reason, remedy = why_not_private()
    if reason:
        what = "a private network needs CAP_NET_ADMIN and CAP_SYS_ADMIN" if wired else "capturing needs CAP_NET_RAW"
        raise CaptureError(
            f"{what}, which this process has not; a network namespace of its own, where everybody has it, is not to be"
            f" had here: {reason}",
            remedies=((remedy,) if remedy else ()) + ways_out(command_line()),
        )
    become_private()
