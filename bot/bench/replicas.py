"""posbots as processes of their own, and the CPU that they and their database use."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import os
import socket
import sys
from collections.abc import AsyncIterator
from multiprocessing.process import BaseProcess

import httpx
import psutil  # type: ignore[import-untyped]  # it ships no type information

from bot import app, runner
from bot.config import Settings
from bot.errors import PosbotError
from bot.store.base import Tx

START_SECONDS = 60.0
END_SECONDS = 15.0


class Replicas:
    """Running posbots over one database."""

    def __init__(self, processes: list[BaseProcess], postmaster: int) -> None:
        self._processes = processes
        self._postmaster = postmaster

    def cpu(self) -> tuple[float, float]:
        """Return the CPU seconds used so far: by all posbots, and by a database server on this machine."""
        return sum(_used(process.pid or 0) for process in self._processes), _used(self._postmaster)


@contextlib.asynccontextmanager
async def running(settings: Settings, count: int) -> AsyncIterator[Replicas]:
    """Run replicas with these settings, each on its own port, until the block ends.

    Raises:
        PosbotError: one of them did not start.

    """
    spawn = multiprocessing.get_context("spawn")
    ports = [_free_port() for _ in range(count)]
    places = [settings.model_copy(update={"listen": f"127.0.0.1:{port}"}) for port in ports]
    processes: list[BaseProcess] = [spawn.Process(target=_serve, args=(one,), daemon=True) for one in places]
    for process in processes:
        process.start()
    try:
        for process, port in zip(processes, ports, strict=True):
            await _healthy(process, port)
        yield Replicas(processes, await _postmaster(settings))
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            await asyncio.to_thread(process.join, END_SECONDS)
            process.kill()


def _serve(settings: Settings) -> None:
    """Be one posbot; its greeting would stand between the figures."""
    logging.disable(logging.CRITICAL)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        sys.stdout = nowhere
        asyncio.run(runner.run(settings))


async def _healthy(process: BaseProcess, port: int) -> None:
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                while process.is_alive():
                    with contextlib.suppress(httpx.TransportError):
                        if (await client.get(f"http://127.0.0.1:{port}/healthz")).status_code == 200:
                            return
                    await asyncio.sleep(0.05)
    raise PosbotError("a posbot under measurement did not start: see what `posbot run` says with the same options")


async def _postmaster(settings: Settings) -> int:
    """Return the process id of the database server; 0 where there is none on this machine."""
    if not settings.shared:
        return 0
    db = app.database(settings)
    await db.open()
    try:
        backend = await db.read(_backend)
    finally:
        await db.close()
    with contextlib.suppress(psutil.Error):
        server = psutil.Process(backend).parent()
        if server is not None and server.name().startswith("postgres"):
            return int(server.pid)
    return 0


async def _backend(tx: Tx) -> int:
    row = await tx.one("SELECT pg_backend_pid() AS pid")
    return int(row["pid"]) if row else 0


def _used(pid: int) -> float:
    """Return the CPU seconds of a process and its children, the ended ones too; 0 for none."""
    if not pid:
        return 0.0
    first = psutil.Process(pid)
    ended = first.cpu_times()
    total = ended.children_user + ended.children_system
    for one in [first, *first.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            total += times.user + times.system
    return float(total)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
