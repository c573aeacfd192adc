"""Look for bytes that break a law (tests/fuzz/laws.py), guided by coverage, as long as you let it.

    scripts/fuzz                              all laws in turn, five minutes each, until Ctrl-C
    scripts/fuzz --hours 2 container frame    two of them, for two hours in all
    scripts/fuzz --seeds FOLDER               begin with others' captures, too
    scripts/fuzz --try FILE container         one input again: what it breaks, as a traceback

atheris (libFuzzer) does the work, one process at a time, each law in a process of its own: libFuzzer ends the one that
it runs in. What it learns is kept in `--out` (by default in the user's cache, never in the checkout): `LAW/corpus` the
inputs that reach new code, `LAW/found` those that break the law, `log.tsv` what was done: for each turn the law, the
seconds, the inputs tried, the branches reached, the exit code, and what broke it.

A broken law becomes a test that fails, with the input as small as `--try` shows it can be, before it is mended.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from contextlib import suppress
from hashlib import sha1
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TURN = 300
LONGEST_INPUT = 8192
"""Bytes. What goes wrong goes wrong on little."""
SLOW = 30
"""Seconds after which an input counts as one that never ends."""
MEMORY = 2048
"""MiB."""
SMALL_BATCH, SMALL_WINDOW = 8, 1024
FOLDERS = ("corpus", "found")
RUN = "--run"
"""How this program starts itself, for one law."""


def main() -> int:
    """Fuzz the laws that were asked for, in turn; 1 if one was broken."""
    sys.path.insert(0, str(ROOT))
    if sys.argv[1:2] == [RUN]:
        _run(sys.argv[2], sys.argv[3:])
    asked = _arguments()
    from tests.fuzz.laws import LAWS

    unknown = sorted(set(asked.rest) - set(LAWS))
    if unknown:
        sys.exit(f"expected laws of {', '.join(LAWS)}; found {', '.join(unknown)}")
    if asked.again:
        for law in asked.rest or LAWS:
            LAWS[law](Path(asked.again).read_bytes())
        return 0
    return _in_turn(asked.rest or list(LAWS), asked)


def _arguments() -> argparse.Namespace:
    from platformdirs import user_cache_path

    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("rest", nargs="*", metavar="LAW", help="all, if none is named")
    parser.add_argument("--hours", type=float, default=float("inf"), help="end after so long")
    parser.add_argument("--turn", type=int, default=TURN, metavar="SECONDS", help="for one law, before the next")
    parser.add_argument("--out", type=Path, default=user_cache_path("handshake-inspector") / "fuzz", metavar="FOLDER")
    parser.add_argument("--seeds", type=Path, metavar="FOLDER", help="captures to begin with, beside our own")
    parser.add_argument("--try", dest="again", metavar="FILE", help="try one input and end")
    return parser.parse_intermixed_args()


def _run(law: str, flags: list[str]) -> None:
    """In a process of its own: fuzz one law, and do not return."""
    import atheris

    with atheris.instrument_imports(include=["inspector"]):
        from tests.fuzz import laws
    from inspector.wire import reader
    from inspector.wire.containers import resync, sources

    # What is instrumented cannot be compiled, so whatever would be stays plain.
    resync._PLAIN = reader.PLAIN_BYTES = laws.ALWAYS_PLAIN  # noqa: SLF001 - as above
    # Small inputs shall meet the ends of batches and windows, too, where things go wrong.
    reader._PLAIN_BATCH = SMALL_BATCH  # noqa: SLF001 - as above
    sources.Window.__init__.__defaults__ = (SMALL_WINDOW,)
    atheris.Setup([sys.argv[0], *flags], laws.LAWS[law])
    atheris.Fuzz()


def _in_turn(laws: list[str], asked: argparse.Namespace) -> int:
    for law in laws:
        _prepare(asked.out / law, law, asked.seeds)
    ends = time.monotonic() + asked.hours * 3600
    sound = list(laws)
    with suppress(KeyboardInterrupt):
        while sound and (left := ends - time.monotonic()) >= 1:
            law = sound.pop(0)
            if _turn(law, asked.out, int(min(asked.turn, left))):
                sound.append(law)  # one that is broken waits until it is mended: it would break at once
    broken = len(laws) - len(sound)
    print(f"{broken} of {len(laws)} laws broken; all that was done is in {asked.out}")
    return int(broken > 0)


def _prepare(folder: Path, law: str, more: Path | None) -> None:
    from tests.fuzz.seeds import seeds

    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for seed in seeds(law, more):
        name = sha1(seed, usedforsecurity=False).hexdigest()
        (folder / "corpus" / name).write_bytes(seed[:LONGEST_INPUT])


def _turn(law: str, out: Path, seconds: int) -> bool:
    """Fuzz one law for a while, or until it is broken; whether it held."""
    folder = out / law
    flags = [f"-max_total_time={seconds}", f"-max_len={LONGEST_INPUT}", f"-timeout={SLOW}", f"-rss_limit_mb={MEMORY}"]
    flags += [f"-artifact_prefix={folder / 'found'}/", "-print_final_stats=1", str(folder / "corpus")]
    begun = time.monotonic()
    command = [sys.executable, __file__, RUN, law, *flags]
    with (folder / "said").open("w", encoding="utf-8") as said:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, check=False)
    text = (folder / "said").read_text(encoding="utf-8", errors="replace")
    runs = _last(r"number_of_executed_units: (\d+)", text) or _last(r"^#(\d+)", text)
    found = _last(r"Test unit written to (.*)", text)
    reached = _last(r"cov: (\d+)", text)
    with (out / "log.tsv").open("a", encoding="utf-8") as log:
        log.write(f"{law}\t{time.monotonic() - begun:.0f}\t{runs}\t{reached}\t{done.returncode}\t{found}\n")
    if not done.returncode:
        print(f"{law}: {runs} runs, none broke it; {reached} branches reached", flush=True)
        return True
    why = [line for line in text.splitlines() if re.match(r"\S*(Error|Exception|Warning)\b|ERROR:", line)]
    print(f"{law}: broken by {found or 'nothing that was kept'}: {why[0] if why else text[-200:]}", flush=True)
    return False


def _last(pattern: str, text: str) -> str:
    """The last match of a pattern, or nothing."""
    found = re.findall(pattern, text, re.MULTILINE)
    return found[-1].strip() if found else ""


if __name__ == "__main__":
    sys.exit(main())
