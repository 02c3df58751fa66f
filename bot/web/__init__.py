"""The web pages: merchant chat, support desk, health and metrics."""

from starlette.convertors import IntegerConvertor, register_url_convertor


class _Number(IntegerConvertor):
    """A number in an address; one that no database could hold is no address at all (404)."""

    regex = "[0-9]{1,15}"


# here, because every module with routes is imported after its package
register_url_convertor("int", _Number())
