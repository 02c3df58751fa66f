"""What goes wrong with PostgreSQL, as sentences; never with the password."""

from __future__ import annotations

import psycopg
from psycopg import conninfo, errors
from psycopg_pool import PoolClosed, PoolTimeout

from bot.errors import StoreError, StoreUnavailable, StoreUnusable

_PASSING = (psycopg.OperationalError, psycopg.InterfaceError, PoolClosed, errors.ReadOnlySqlTransaction,
            errors.QueryCanceled, errors.TransactionRollback)  # fmt: skip
_WRONG = ("authentication failed", "no password supplied", "does not exist", "pg_hba.conf", "not permitted")
"""Words of a refused connection that waiting does not mend; it carries no error code."""


def place(dsn: str) -> str:
    """Return what may be shown of an address: database and host."""
    try:
        known = conninfo.conninfo_to_dict(dsn)
    except psycopg.ProgrammingError as error:
        raise StoreUnusable(
            "POSBOT_DATABASE: must be an address such as postgresql://user:password@host/database"
        ) from error
    return f"{known.get('dbname') or 'postgres'} on {known.get('host') or 'this machine'}"


def refused(error: psycopg.Error, where: str) -> StoreError:
    """Return why no connection could be made."""
    said = _first_line(error)
    if any(words in said for words in _WRONG):
        return StoreUnusable(f"the database {where} lets posbot not in: {said}")
    return StoreUnavailable(f"the database {where} cannot be reached: {said}")


def wrap(error: BaseException, where: str) -> BaseException:
    """Return posbot's own error for one of psycopg; any other stays what it is."""
    if isinstance(error, PoolTimeout):
        return StoreUnavailable(f"the database {where} has no connection to spare: all are in use, or it is away")
    if isinstance(error, errors.InsufficientPrivilege):
        return StoreUnusable(f"posbot's user lacks rights in the database {where}: {_first_line(error)}")
    if isinstance(error, _PASSING):
        return StoreUnavailable(f"the database {where} cannot be used now: {_first_line(error)}")
    if isinstance(error, psycopg.Error):
        return StoreError(f"the database {where} has a fault: {_first_line(error)}")
    return error


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    # a refusal names each address that was tried; the server's own words stand last
    return (lines[0].rpartition("FATAL:  ")[2] if lines else "") or type(error).__name__
