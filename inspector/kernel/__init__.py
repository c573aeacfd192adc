"""The kernel's word: what Linux itself says of the states of its sockets, beside what we read off the wire.

    model.py       what was said, as values: `Testimony` of `StateChange`s and `Snapshot`s
    trace.py       every change, by the tracepoint `sock:inet_sock_set_state` (needs root); `witness.py` is its helper
    tables.py      what there is at a moment, by the socket tables (`ss -tan`); needs no privilege
    paths.py       from what was said to the path of states of each end of each connection
    agreement.py   our path against the kernel's; `reasons.py` has the known differences and their words

How a live run uses it:

    with ExitStack() as stack:
        tracer = stack.enter_context(Tracer(ports))          # first of all: needs root. Never raises: `tracer.why_not`
        tables = stack.enter_context(Tables(ports))          # needs no privilege; ports None: all there are
        network = stack.enter_context(Network(..., on_pass=tables.look))       # called as look(frame, moment, time_ns)
        for host in network.hosts.values():
            host.call(partial(tables.attend, host.name))     # in the host's thread: opens its table
        ...                                                  # on loopback: tables.attend() in any thread, no `look`s
        with recording:
            drop_privileges(); run(...)
        tables.look(last_frame, "settled", time.time_ns())   # when nothing moves any more; one "begun" look is frame 0
        tracer.stop()                                        # proves that all came through; the witness cleans up, ends
    testimony = witnessed(tracer, tables, show_sockets=...)    # -> Take.kernel -> Inspection.kernel
    agreements(inspection.connections, testimony)            # the report does this itself

Law: neither witness ends a run. What could not be witnessed is a reason in words (`Testimony.untraced`).

The tracepoint names no network namespace. So runs that are traced take turns: `turn("kernel trace port 12345", ...)`,
held by the process that stands in the system's own network namespace; and a foreign socket with the very addresses
and both ports of ours, alive at the same time, is noticed (`KernelPath.ambiguous`), and then nothing is claimed.
"""

from __future__ import annotations

__all__: list[str] = []
