"""The numbers of a period as tiles, charts and tables."""

from __future__ import annotations

from typing import Any

from bot.web.desk.describe import Describe
from bot.web.desk.views import View

TOP = 10
Found = dict[str, Any]


def share(part: int, whole: int) -> str:
    """Return a share in per cent, "–" of nothing."""
    return f"{round(100 * part / whole)} %" if whole else "–"


def tiles(found: Found, view: View) -> list[dict[str, str]]:
    """Return the numbers that stand on top."""
    tickets, bot, times = found["tickets"], found["bot"], found["times"]
    ended = bot["solved"] + bot["escalated"] + bot["gave_up"]
    stars = f"{tickets['stars'] / tickets['rated']:.1f} / 5" if tickets["rated"] else "–"
    rows = [
        ("solved", share(bot["solved"], ended), view.words("stats.of_chats", n=ended), "robot", "green"),
        ("opened", str(tickets["opened"]), view.words("stats.open_now", n=tickets["open_now"]), "ticket", "primary"),
        ("first", _minutes(times["first"].median, view, times["first"].count),
         view.words("stats.p90", time=_minutes(times["first"].p90, view, times["first"].count)), "clock", "azure"),
        ("solve", _minutes(times["solve"].median, view, times["solve"].count),
         view.words("stats.p90", time=_minutes(times["solve"].p90, view, times["solve"].count)), "check", "azure"),
        ("sla", share(tickets["first_met"], tickets["first_all"]),
         view.words("stats.sla_solve", share=share(tickets["solve_met"], tickets["solve_all"])), "alarm", "orange"),
        ("stars", stars, view.words("stats.rated", n=tickets["rated"]), "star", "yellow"),
    ]  # fmt: skip
    return [{"title": view.words(f"stats.{name}"), "value": value, "note": note, "icon": icon, "colour": colour}
            for name, value, note, icon, colour in rows]  # fmt: skip


def charts(found: Found, view: View, describe: Describe) -> list[dict[str, Any]]:
    """Return what the charts show: kind, labels, series."""
    intents = found["bot_intent"][:TOP]
    ends = [(word, [row[word] for row in intents]) for word in ("solved", "escalated", "gave_up")]
    hours = [sum(found["hour"].get((day, hour), 0) for day in range(7)) for hour in range(24)]
    subjects, machines = found["intent"][:TOP], _machines(found, view)[:TOP]
    stars = {row["rating"]: row["count"] for row in found["satisfaction"]}
    give_up = found["give_up"][:TOP]
    return [
        _chart("bot_intent", "stacked", [view.intent(row["intent"]) for row in intents], ends, view, wide=True),
        _chart("hours", "bar", [f"{hour:02}" for hour in range(24)], [("tickets", hours)], view, wide=True),
        _chart("intent", "hbar", [view.intent(row["intent"]) for row in subjects],
               [("tickets", [row["count"] for row in subjects])], view),
        _chart("machine", "hbar", [row[0] for row in machines], [("tickets", [row[1] for row in machines])], view),
        _chart("give_up", "hbar", [_place(row, view, describe)[1] for row in give_up],
               [("gave_up", [row["count"] for row in give_up])], view),
        _chart("satisfaction", "bar", [f"{star}★" for star in range(1, 6)],
               [("tickets", [stars.get(star, 0) for star in range(1, 6)])], view),
    ]  # fmt: skip


def tables(found: Found, view: View, describe: Describe) -> list[dict[str, Any]]:
    """Return every number as tables; the names are those of the exports."""
    ends = ("solved", "escalated", "gave_up", "unhelped")
    met = [[row["priority"], row["opened"], share(row["first_met"], row["first_all"]),
            share(row["solve_met"], row["solve_all"])] for row in found["priority"]]  # fmt: skip
    return [
        _table("bot_intent", ("intent", *ends), [[view.intent(row["intent"]), *(row[word] for word in ends)]
                                                 for row in found["bot_intent"]], view),
        _table("node", ("intent", "node", *ends), [[*_place(row, view, describe), *(row[word] for word in ends)]
                                                   for row in found["node"]], view),
        _table("give_up", ("intent", "node", "count"), [[*_place(row, view, describe), row["count"]]
                                                        for row in found["give_up"]], view),
        _table("priority", ("priority", "opened", "first_met", "solve_met"), met, view),
        _table("intent", ("intent", "count"), [[view.intent(row["intent"]), row["count"]] for row in found["intent"]],
               view),
        _table("machine", ("machine", "count"), _machines(found, view), view),
        _table("hours", ("day", "hour", "count"), [[view.words(f"day.{day}"), f"{hour:02}:00", count]
               for (day, hour), count in sorted(found["hour"].items())], view),
        _table("resolution", ("reason", "count"), [[view.named("reason", row["resolution"] or "open"), row["count"]]
                                                   for row in found["resolution"]], view),
        _table("person", ("login", "resolved", "rated_count", "stars_mean"),
               [[row["login"], row["resolved"], row["rated"],
                 f"{row['stars'] / row['rated']:.1f}" if row["rated"] else "–"] for row in found["person"]], view),
        _table("words", ("number", "stars_given", "word"), [[row["number"], row["rating"], row["rating_word"]]
                                                            for row in found["words"]], view),
    ]  # fmt: skip


def _chart(name: str, kind: str, labels: list[str], series: list[tuple[str, list[int]]], view: View,
           wide: bool = False) -> dict[str, Any]:  # fmt: skip
    data = {
        "kind": kind,
        "labels": labels,
        "series": [{"name": view.words(f"stats.{word}"), "key": word, "data": values} for word, values in series],
    }
    empty = not any(any(values) for _, values in series)
    return {"name": name, "title": view.words(f"chart.{name}"), "data": data, "wide": wide, "empty": empty}


def _table(name: str, head: tuple[str, ...], rows: list[list[Any]], view: View) -> dict[str, Any]:
    return {"name": name, "title": view.words(f"chart.{name}"), "rows": rows,
            "head": [view.words(f"stats.{word}") for word in head]}  # fmt: skip


def _machines(found: Found, view: View) -> list[list[Any]]:
    return [[view.machine(row["brand"], row["model"]) or view.words("stats.unknown"), row["count"]]
            for row in found["machine"]]  # fmt: skip


def _place(row: Any, view: View, describe: Describe) -> tuple[str, str]:
    title, said = describe(row["intent"], row["node"], view.lang)
    return (title if title != row["intent"] else view.intent(row["intent"])), said or view.words("stats.start")


def _minutes(minutes: int, view: View, count: int) -> str:
    return view.span(minutes * 60) if count else "–"
