"""Looks for secrets in everything that git tracks; ends with 1 if there are any, with 2 if it could not look.

`python tools/audit.py --accept` takes what is found now as known: after a look at each, they are no secrets.
A known one is known by its file and its hash, wherever in the file it stands.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings

KNOWN = Path(".secrets.known")
PASSED_OVER = (".lock", ".jpg", ".png", ".min.js", ".min.css", ".woff2", KNOWN.name)
"""Hashes of packages, pictures, and other people's code as it was published."""
VERIFYING = "detect_secrets.filters.common.is_ignored_due_to_verification_policies"
"""Asks the makers of a key over the network whether it is real."""
Secret = tuple[str, str, str]
"""File, kind, hash."""


def main() -> int:
    """Look, and say what was found."""
    try:
        files = _tracked()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"audit: git cannot say which files there are: {error}\n")
        return 2
    found = _scan(files)
    if "--accept" in sys.argv[1:]:
        KNOWN.write_text("".join(json.dumps(one) + "\n" for one in sorted(found)), encoding="utf-8")
        return 0
    new = sorted(set(found) - _known())
    for secret in new:
        sys.stderr.write(f"{secret[0]}:{found[secret]}: looks like a secret ({secret[1]})\n")
    sys.stdout.write(f"{len(files)} files looked at for secrets: {len(new) or 'none'} found\n")
    return 1 if new else 0


def _tracked() -> list[str]:
    shown = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True).stdout  # noqa: S607 - the user's git
    files = [name for name in shown.split("\0") if name and not name.endswith(PASSED_OVER) and Path(name).is_file()]
    if not files:
        raise OSError("it tracks none")
    return files


def _scan(files: list[str]) -> dict[Secret, int]:
    """Return what was found, each with its line."""
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(workers) as pool:
        parts = pool.map(_scan_part, [files[start::workers] for start in range(workers)])
        return {secret: line for part in parts for secret, line in part.items()}


def _scan_part(files: list[str]) -> dict[Secret, int]:
    secrets = SecretsCollection()
    with default_settings() as settings:
        settings.disable_filters(VERIFYING)
        for file in files:
            secrets.scan_file(file)
    return {(file, secret.type, secret.secret_hash): secret.line_number for file, secret in secrets}


def _known() -> set[Secret]:
    if not KNOWN.exists():
        return set()
    rows = [json.loads(line) for line in KNOWN.read_text(encoding="utf-8").splitlines()]
    return {(file, kind, digest) for file, kind, digest in rows}


if __name__ == "__main__":
    raise SystemExit(main())
