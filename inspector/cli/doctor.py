"""`doctor`: what works on this system."""

from __future__ import annotations

import click

from inspector.cli.environment import cache_folder, command_line, invoking_user, pick_unicode
from inspector.cli.output import ExitCode, print_json, print_text, print_wrapped
from inspector.cli.speaking import Command
from inspector.language import said, shown
from inspector.report.escape import cells

__all__ = ["doctor"]


@click.command(cls=Command)
@click.option("--json", "as_json", is_flag=True, help="Print the checks as JSON.")
def doctor(*, as_json: bool) -> int:
    """Try what the tool needs here, and tell what works, what does not, and what mends it.

    Exit code 0 if demos can be captured, 4 if not.
    """
    from inspector.capture.doctor import Check
    from inspector.capture.doctor import doctor as examine
    from inspector.kernel.trace import can_trace

    works, why_not = can_trace()
    found = said("every change of state is told (--kernel)") if works else why_not
    traced = Check(said("tracepoint"), works or None, found)
    checks = (*examine(cache_folder(), command_line=command_line(), owner=invoking_user()), traced)
    if as_json:
        print_json(
            [{"name": each.name, "ok": each.ok, "detail": each.detail, "remedy": each.remedy} for each in checks]
        )
    else:
        good, bad, fact = ("✓", "✗", "·") if pick_unicode() else ("ok", "--", "  ")
        widest = max(cells(shown(each.name)) for each in checks)
        for each in checks:
            mark, name = fact if each.ok is None else good if each.ok else bad, shown(each.name)
            print_wrapped(f"{mark} {name}{' ' * (widest - cells(name))}  ", shown(each.detail))
            if each.remedy and not each.ok:
                remedy = f"-> {shown(each.remedy)}\n"  # one line: it can be pasted
                print_text(" " * (widest + len(mark) + 3) + remedy)
    can_capture = any(each.ok for each in checks if each.name.startswith(("capture ", "user namespace")))
    return ExitCode.AS_EXPECTED if can_capture else ExitCode.NO_PRIVILEGE
