"""The commands in `scripts/`: they start at once when nothing changed, and find their way when everything did.

A copy of them lies in a folder with a space in its name; its Pythons are shell scripts telling what was asked of them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

TELLS = '#!/bin/sh\nshift\nprintf "<%s>" "$@"\ncat\nexit 3\n'
"""Stands for the Python of `.venv`: its first argument is the installed command, which it leaves out."""
NEW_ENOUGH = '#!/bin/sh\n[ "$1" != -c ] || exit 0\necho "$0 prepares $3" >&2\nexit %d\n'
SHIM = "#!/bin/sh\nexit 127\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "check out"
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.fixture
def ready(checkout: Path) -> Path:
    """A checkout that has been installed."""
    executable(checkout / ".venv" / "bin" / "python", TELLS)
    stamp = f"{checkout}\n{(checkout / 'pyproject.toml').read_text(encoding='utf-8')}"
    (checkout / ".venv" / "run.stamp").write_text(stamp, encoding="utf-8")
    return checkout


def executable(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def call(command: Path, *arguments: str, path: Path | None = None, cwd: str = "/") -> subprocess.CompletedProcess[str]:
    folders = "/usr/bin:/bin" if path is None else f"{path}:/usr/bin:/bin"
    environment = {"PATH": folders, "HOME": "/nonexistent", "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null"}
    return subprocess.run(
        [command, *arguments], input="piped", env=environment, cwd=cwd, capture_output=True, text=True, check=False
    )


def test_an_installed_command_gets_arguments_and_input_and_gives_its_exit_code(ready: Path) -> None:
    done = call(ready / "scripts" / "run", "demo", "two words", "")

    assert (done.stdout, done.stderr, done.returncode) == ("<demo><two words><>piped", "", 3)


def test_it_is_found_through_a_link(ready: Path, tmp_path: Path) -> None:
    link = tmp_path / "inspector"
    link.symlink_to(ready / "scripts" / "run")

    assert call(link, "demo").stdout == "<demo>piped"


def test_it_is_found_by_a_relative_path(ready: Path) -> None:
    assert call(Path("../scripts/run"), "demo", cwd=str(ready / ".venv")).stdout == "<demo>piped"


def test_a_changed_pyproject_is_installed_anew(ready: Path, tmp_path: Path) -> None:
    python = executable(tmp_path / "bin" / "python3.13", NEW_ENOUGH % 0)
    with (ready / "pyproject.toml").open("a", encoding="utf-8") as project:
        project.write("# a change\n")

    done = call(ready / "scripts" / "run", "demo", path=python.parent)

    assert done.stderr == f"{python} prepares run\n"
    assert done.stdout == "<demo>piped"


def test_a_moved_checkout_is_installed_anew(ready: Path, tmp_path: Path) -> None:
    python = executable(tmp_path / "bin" / "python3.13", NEW_ENOUGH % 0)
    moved = ready.rename(tmp_path / "moved")

    assert call(moved / "scripts" / "run", path=python.parent).stderr == f"{python} prepares run\n"


def test_a_python_that_does_not_run_or_cannot_do_it_is_passed_over(checkout: Path, tmp_path: Path) -> None:
    """A pyenv shim is executable and runs nothing; Debian's Python may lack venv."""
    executable(tmp_path / "bin" / "python3.13", SHIM)
    unable = executable(tmp_path / "bin" / "python3.12", NEW_ENOUGH % 90)
    able = executable(tmp_path / "bin" / "python3.11", NEW_ENOUGH % 4)

    done = call(checkout / "scripts" / "run", path=able.parent)

    assert done.stderr == f"{unable} prepares run\n{able} prepares run\n"
    assert (done.stdout, done.returncode) == ("", 4)


@pytest.mark.slow
def test_a_failed_install_says_so_and_leaves_no_stamp(checkout: Path) -> None:
    done = call(checkout / "scripts" / "run", "demo", path=Path(sys.base_prefix, "bin"))

    lines = done.stderr.splitlines()

    assert lines[0].startswith("inspector: first run here")
    assert lines[1].startswith("inspector: the package could not be installed")
    assert all(line.startswith("  ") for line in lines[2:])
    assert (done.stdout, done.returncode) == ("", 4)
    assert list((checkout / ".venv").glob("*.stamp*")) == []


@pytest.mark.slow
@pytest.mark.usefixtures("root")
def test_root_leaves_nothing_of_its_own_in_the_checkout_of_another() -> None:
    """Else the owner could not install, nor remove, what `sudo scripts/run` once made."""
    nobody = 65534
    with tempfile.TemporaryDirectory() as folder:  # not below tmp_path, which is closed to others
        shutil.copytree(ROOT / "scripts", Path(folder, "scripts"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        for path in (Path(folder), *Path(folder).rglob("*")):
            os.chown(path, nobody, nobody)

        done = call(Path(folder, "scripts", "run"))
        made = [Path(folder, ".venv.lock"), *Path(folder, ".venv").rglob("*")]
        owners = {path.lstat().st_uid for path in made if os.path.lexists(path)}

    assert done.returncode == 4
    assert owners <= {nobody}
