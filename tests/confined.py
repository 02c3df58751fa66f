"""Runs a command under the restrictions of deploy/posbot.service that a process can put on itself.

`python -m tests.confined COMMAND…`: no new privileges, no memory both writable and executable, and only the system
calls that the unit allows; the lists are systemd's own, the filter is made by libseccomp, which comes with systemd.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import os
import subprocess
import sys
from pathlib import Path

UNIT = Path(__file__).parent.parent / "deploy/posbot.service"
NO_NEW_PRIVS, MDWE, REFUSE_EXEC_GAIN = 38, 65, 1
REFUSED = 0x00050000 | errno.EPERM
ALLOWED = 0x7FFF0000


def settings(name: str) -> list[str]:
    """Return the values that the unit gives a setting, in order."""
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(f"{name}=")]


def system_calls() -> set[str]:
    """Return the names of the system calls that the unit leaves."""
    groups = _groups()
    found: set[str] = set()
    for words in settings("SystemCallFilter"):
        names = set().union(*(_expand(word, groups) for word in words.removeprefix("~").split()))
        found = found - names if words.startswith("~") else found | names
    return found


def confine() -> None:
    """Restrict this process and all that it starts; OSError where the kernel cannot."""
    libc = ctypes.CDLL(None, use_errno=True)
    _must(libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0))
    if settings("MemoryDenyWriteExecute") == ["yes"]:
        _must(libc.prctl(MDWE, REFUSE_EXEC_GAIN, 0, 0, 0))
    _filter(system_calls())


def _filter(names: set[str]) -> None:
    lib = ctypes.CDLL("libseccomp.so.2")
    lib.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(lib.seccomp_init(ctypes.c_uint32(REFUSED)))
    for name in sorted(names):
        number = lib.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # below: a call that this processor does not have
            _must(lib.seccomp_rule_add(context, ctypes.c_uint32(ALLOWED), number, 0))
    _must(lib.seccomp_load(context))


def _groups() -> dict[str, list[str]]:
    command = ["systemd-analyze", "syscall-filter", "--no-pager"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    groups: dict[str, list[str]] = {}
    name = ""
    for line in shown.stdout.splitlines():
        if line.startswith("@"):
            name = line.strip()
            groups[name] = []
        elif name and line.startswith(" ") and not line.strip().startswith("#"):
            groups[name].append(line.strip())
    return groups


def _expand(word: str, groups: dict[str, list[str]]) -> set[str]:
    if not word.startswith("@"):
        return {word}
    return set().union(*(_expand(one, groups) for one in groups[word]))


def _must(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno() or -result, "the kernel refuses a restriction")


if __name__ == "__main__":
    confine()
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - that is what it is for
