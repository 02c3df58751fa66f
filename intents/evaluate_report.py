"""What an evaluation found, as lines of text and as a page."""

from __future__ import annotations

from intents.evaluate import Rates, Report


def table(found: Report) -> str:
    """Return the report as lines of text: totals and groups first, then the commonest confusions."""
    lines = [_line("all", found.total), *(_line(name, group) for name, group in found.groups.items())]
    lines.append(f"calibration error {100 * found.error:.1f} points")
    lines += [f"{one.count} x {one.wanted} taken for {one.got}: {one.example[:60]}" for one in found.confusions[:20]]
    return "\n".join(lines)


def _line(name: str, group: Rates) -> str:
    parts = [f"{name:22}"]
    if group.inside:
        parts.append(
            f"in-scope {group.inside:4}  accuracy {group.accuracy:5.1f}  direct {group.direct:5.1f}  "
            f"helped {group.helped:5.1f}  wrong {group.wrong:4.1f}"
        )
    if group.codes:
        parts.append(f"codes {group.codes_found:5.1f} of {group.codes}")
    if group.outside:
        parts.append(
            f"out-of-scope {group.outside:3}  answered {group.outside_answered:4.1f}  "
            f"clarified {group.outside_clarified:5.1f}"
        )
    return "  ".join(parts)


def html(found: Report, title: str = "posbot eval") -> str:
    """Return the report as one HTML page with charts as inline SVG; it needs nothing from outside."""
    from jinja2 import Environment, PackageLoader

    page = Environment(loader=PackageLoader("intents", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return page.get_template("report.html.j2").render(report=found, title=title, enumerate=enumerate)
