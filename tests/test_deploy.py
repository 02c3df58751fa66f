"""What deploys posbot: the systemd unit and what it forbids, the image, the manifests."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.config import Settings
from tests import confined

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
with_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze") and not os.environ.get("POSBOT_TEST_REQUIRE_SYSTEMD"),
    reason="no systemd-analyze here: apt install systemd",
)
POSBOT = str(Path(sys.executable).parent / "posbot")
PHOTO = ROOT / "tests/data/screens/30-green-plain.jpg"


def manifests() -> dict[str, Any]:
    found = yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8"))
    return {one["kind"]: one for one in found}


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return found


@with_systemd
def test_the_unit_s_exposure_is_low() -> None:
    shown = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", DEPLOY / "posbot.service"],  # noqa: S607 - wherever it stands
                           capture_output=True, text=True, check=False)  # fmt: skip
    found = re.search(r"Overall exposure level for posbot.service: ([\d.]+)", shown.stdout)
    assert found, shown.stderr
    assert float(found[1]) <= 2.0


@with_systemd
def test_posbot_talks_and_reads_a_photo_under_the_unit_s_restrictions(tmp_path: Path) -> None:
    probe = """
import mmap, os, sys
for forbidden in (lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC),
                  lambda: os.setpriority(os.PRIO_PROCESS, 0, 1)):
    try:
        forbidden()
        sys.exit("nothing is restricted")
    except PermissionError:
        pass
"""
    assert confined_run(tmp_path, [sys.executable, "-c", probe]).returncode == 0
    lines = [{"text": "打不出小票"}, {"photo": str(PHOTO)}]
    said = "\n".join(map(json.dumps, lines))
    ended = confined_run(tmp_path, [POSBOT, "chat", "--jsonl"], said)
    assert ended.returncode == 0, ended.stderr
    replies = [json.loads(line)["replies"] for line in ended.stdout.splitlines()]
    assert "屏幕" in replies[0][0]["text"]
    assert "94" in str(replies[1:])
    added = confined_run(tmp_path, [POSBOT, "staff", "add", "wang", "--name", "Wang"], "a long pass phrase\n" * 2)
    assert added.returncode == 0, added.stderr


def confined_run(folder: Path, command: list[str], said: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-m", "tests.confined", *command], cwd=folder, input=said, text=True,
                          env=environment, capture_output=True, check=False, timeout=100)  # fmt: skip


def test_the_unit_s_service_can_be_started_from_a_clone() -> None:
    assert confined.settings("ExecStart") == ["/opt/posbot/.venv/bin/posbot run"]
    stop = int(confined.settings("TimeoutStopSec")[0])
    assert stop >= 15


def known(names: object) -> bool:
    """Tell whether all are options: a misspelt one would be passed over in silence."""
    options = {f"POSBOT_{name.upper()}" for name in Settings.model_fields}
    return {str(name) for name in names if str(name).startswith("POSBOT_")} <= options  # type: ignore[attr-defined]


def test_compose_gives_each_replica_what_it_needs_and_no_password_has_a_default() -> None:
    found = compose()
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    for name in ("posbot-1", "posbot-2"):
        one = found["services"][name]
        assert known(one["environment"])
        assert {secret.upper() for secret in one["secrets"]} <= {f"POSBOT_{f.upper()}" for f in Settings.model_fields}
        assert one["read_only"]
        assert one["cap_drop"] == ["ALL"]
        assert f"{name}:8080" in (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    assert not re.search(r"PASSWORD: |TOKEN: |SECRET: ", text)
    assert set(found["services"]["postgres"]["networks"]) == {"inside"}
    assert found["networks"]["inside"]["internal"]


def test_the_manifest_rolls_without_a_gap_and_restricts_the_pods() -> None:
    found = manifests()
    deployment = found["Deployment"]["spec"]
    pod = deployment["template"]["spec"]
    container = pod["containers"][0]
    assert deployment["replicas"] >= 2
    assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert pod["terminationGracePeriodSeconds"] >= 15
    assert known(found["ConfigMap"]["data"])
    assert container["lifecycle"]["preStop"]
    probes = {name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "readiness", "liveness")}
    assert probes == {"startup": "/readyz", "readiness": "/readyz", "liveness": "/livez"}
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert "Secret" not in found
    paths = {one["path"] for one in found["Ingress"]["spec"]["rules"][0]["http"]["paths"]}
    assert not paths & {"/metrics", "/healthz", "/readyz", "/livez"}


def test_the_ingress_lets_every_page_through() -> None:
    """A route that is added to the pages and forgotten here would be missing on many machines only."""
    served = {path for path in routes() if path not in ("/metrics", "/healthz", "/readyz", "/livez")}
    rules = [(one["path"], one["pathType"]) for one in manifests()["Ingress"]["spec"]["rules"][0]["http"]["paths"]]
    for path in served:
        assert any(path == rule or (kind == "Prefix" and path.startswith(f"{rule}/")) for rule, kind in rules), path


def routes() -> set[str]:
    from bot.channels.webhook import PATH
    from bot.web import chat, health
    from bot.web.desk import routes as desk

    return {route.path for route in (*chat.ROUTES, *desk.ROUTES, *health.ROUTES)} | {PATH, "/static", "/language"}  # type: ignore[attr-defined]


def test_the_image_is_built_from_hashed_wheels_and_does_not_run_as_root() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    final = text.rpartition("\nFROM ")[2]
    assert re.search(r"^USER 10001", final, re.M)
    assert "HEALTHCHECK" in final
    assert "pip" not in final
    for lock in ("requirements-build.lock", "requirements-run.lock"):
        assert f"--require-hashes --only-binary :all: -r {lock}" in text
    assert {f"!{word}" for line in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.M)
            for word in line.removeprefix("./").split()} <= set(ignored())  # fmt: skip


def test_what_runs_is_what_was_tested() -> None:
    """The image's packages are those of the tests' lock, and none of them is for development."""
    run, tested = pins("requirements-run.lock"), pins("requirements.lock")
    assert run <= tested
    names = {name for name, _ in run}
    assert {"psycopg", "onnxruntime", "rapidocr"} <= names
    assert not names & {"pytest", "ruff", "mypy", "hypothesis", "playwright", "detect-secrets", "hatchling"}


def pins(lock: str) -> set[tuple[str, str]]:
    return set(re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / lock).read_text(encoding="utf-8"), re.M))


def ignored() -> list[str]:
    return (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
