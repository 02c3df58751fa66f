"""The one error tree. Each message is a sentence a person can act on; the log keeps the trace."""


class PosbotError(Exception):
    """Anything posbot itself reports."""


class ConfigError(PosbotError):
    """Wrong use or configuration: ends with exit status 2."""


class StoreError(PosbotError):
    """The database cannot be used; wraps the driver's error."""


class StoreUnavailable(StoreError):
    """The database refuses writes for now (full, read-only, locked); trying again may help."""


class StoreDamaged(StoreUnavailable):
    """The file is damaged, or was taken away: nothing is accepted until a person has mended it."""


class StoreUnusable(StoreError, ConfigError):
    """What the configuration names is no database of this posbot: wrong file, or a newer schema."""


class UndecodableUpdate(PosbotError):
    """An update that no reply can be made for; it is parked with this reason.

    A press has to be answered all the same: ``callback`` is its id, "" for other updates.
    """

    def __init__(self, reason: str, callback: str = "") -> None:
        super().__init__(reason)
        self.callback = callback


class Unreachable(PosbotError):
    """The other side cannot be reached for now; waiting helps."""
