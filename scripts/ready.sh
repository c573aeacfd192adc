# shellcheck shell=sh
# Sourced by the commands of this folder, with `self` set to their own path: gives `root`, `venv` and
# `ready PURPOSE`, which returns once `.venv` can serve the purpose (run, test, check or fuzz).
#
# 1. Where nothing changed it costs a few milliseconds. The stamp is not a hash of pyproject.toml but
#    a copy of it below the checkout's path: comparing needs no tool, and a moved checkout is noticed.
# 2. Everything else is prepare.py's work; here only a Python is found that can run it.
# 3. Standard input is the caller's and is not touched.

root=${self%/scripts/*}
venv=$root/.venv

# Bytecode written by root into somebody's checkout would be in its owner's way.
[ -O "$root/pyproject.toml" ] || export PYTHONDONTWRITEBYTECODE=1

say() {
    printf 'inspector: %s\n' "$1" >&2
}

ready() {
    stamp=$root'
'$(cat "$root/pyproject.toml")
    if [ ! -x "$venv/bin/python" ] || [ "$stamp" != "$(cat "$venv/$1.stamp" 2>/dev/null)" ]; then
        prepare "$1"
    fi
}

# Tries every Python that is new enough until one can do it. A pyenv shim may be executable and
# still run nothing, Debian's python3 may lack venv, and the Python that root finds may lie in
# root's home, where the owner of the checkout may not go.
prepare() {
    for name in python3.13 python3.12 python3.11 python3 python3.14; do
        folders=$PATH:/usr/local/bin:/opt/homebrew/bin:/usr/bin:
        while [ -n "$folders" ]; do
            python=${folders%%:*}/$name
            folders=${folders#*:}
            prepare_with "$python" "$1" && return
        done
    done
    for python in "$HOME"/.pyenv/versions/3.1[1-4].*/bin/python3 \
        "$HOME"/.local/share/uv/python/cpython-3.1[1-4].*/bin/python3; do
        prepare_with "$python" "$1" && return
    done
    say 'no Python 3.11 or newer that can make a virtual environment was found; on Debian and Ubuntu: sudo apt install python3-venv'
    exit 4
}

# Succeeds when the work is done, fails when another Python should be tried, exits when none would help.
prepare_with() {
    [ -x "$1" ] || return 1
    "$1" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' </dev/null >/dev/null 2>&1 || return 1
    status=0
    "$1" -I "$root/scripts/prepare.py" "$2" </dev/null >&2 || status=$?
    [ "$status" -ne 90 ] || return 1
    [ "$status" -eq 0 ] || exit "$status"
}
