"""How `demo` and `demo all` run a demo: with the sequence that it promises, and with the privilege that it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspector.cli.environment import command_line, invoking_user

if TYPE_CHECKING:
    from pathlib import Path

    from inspector.demos.demo import Demo
    from inspector.report.inspection import Inspection

__all__ = ["record"]


def record(
    chosen: Demo, path: Path, *, link: str | None = None, kernel: bool = False, sockets: bool = False, **options: Any
) -> Inspection:
    """Run a demo as `live.record_demo` does, with the privilege that it takes.

    Over a wire if the kernel is asked: there its tables can be read at each frame, before and after it has arrived.
    """
    from inspector.cli.privilege import drop_privilege, secure_privilege
    from inspector.expect.library import load
    from inspector.live import record_demo, script_of

    script = script_of(chosen, "" if link is None and (kernel or sockets) else link)
    expected = load(chosen.expected)
    secure_privilege(wired=script is not None)
    return record_demo(
        chosen, path, expected=expected, owner=invoking_user(), drop=drop_privilege,
        command_line=command_line(), link=script, forgiving=link is not None,
        kernel=kernel, sockets=sockets, **options,
    )  # fmt: skip
