"""Small SVG pictures of the report, drawn by hand: lines, points and bars on plain axes."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final, NamedTuple

Point = tuple[float, float]

COLOURS: Final = ("#1b6ca8", "#c0504d", "#5b8c3e", "#8064a2")
_WIDTH: Final = 560
_HEIGHT: Final = 340
_LEFT: Final = 62
_BOTTOM: Final = 44
_TOP: Final = 30
_RIGHT: Final = 14
_TICKS: Final = 5
_POINTS: Final = 120


class Axes(NamedTuple):
    """What is drawn against what, and within which limits."""

    title: str
    across: str
    up: str
    least: Point
    most: Point

    def place(self, point: Point) -> str:
        return f"{self.x(point[0]):.1f},{self.y(point[1]):.1f}"

    def x(self, value: float) -> float:
        share = (value - self.least[0]) / (self.most[0] - self.least[0])
        return _LEFT + min(1.0, max(0.0, share)) * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        share = (value - self.least[1]) / (self.most[1] - self.least[1])
        return _HEIGHT - _BOTTOM - min(1.0, max(0.0, share)) * (_HEIGHT - _BOTTOM - _TOP)

    def holds(self, point: Point) -> bool:
        return (
            self.least[0] <= point[0] <= self.most[0] and self.least[1] <= point[1] <= self.most[1]
        )


def lines(axes: Axes, series: Mapping[str, Sequence[Point]], *, diagonal: bool = False) -> str:
    """A line for each series; what lies outside of the axes is left out."""
    parts = _frame(axes)
    if diagonal:
        ends = f"{axes.place(axes.least)} {axes.place(axes.most)}"
        parts.append(f'<polyline points="{ends}" stroke="#999" stroke-dasharray="4" fill="none"/>')
    for number, (name, points) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        inside = thinned([point for point in points if axes.holds(point)])
        places = " ".join(axes.place(point) for point in inside)
        parts.append(
            f'<polyline points="{places}" stroke="{colour}" stroke-width="2" fill="none"/>'
        )
        if diagonal:
            parts += [
                f'<circle cx="{axes.x(x):.1f}" cy="{axes.y(y):.1f}" r="3" fill="{colour}"/>'
                for x, y in inside
            ]
        parts.append(_named(name, number, colour))
    return _whole(parts)


def bars(axes: Axes, groups: Sequence[str], series: Mapping[str, Sequence[float]]) -> str:
    """Bars side by side for each group, one for each series."""
    parts = _frame(axes, ticks_across=False)
    room = (_WIDTH - _LEFT - _RIGHT) / max(1, len(groups))
    thick = room * 0.8 / max(1, len(series))
    for number, (name, values) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        for place, value in enumerate(values):
            x, y = _LEFT + place * room + room * 0.1 + number * thick, axes.y(value)
            high = _HEIGHT - _BOTTOM - y
            parts.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{thick * 0.92:.1f}" height="{high:.1f}" '
                f'fill="{colour}"/>'
            )
        parts.append(_named(name, number, colour))
    for place, group in enumerate(groups):
        parts.append(_text(_LEFT + (place + 0.5) * room, _HEIGHT - _BOTTOM + 15, group, "middle"))
    return _whole(parts)


def thinned(points: Sequence[Point]) -> list[Point]:
    """At most so many points, first and last among them: a picture shows no more."""
    if len(points) <= _POINTS:
        return list(points)
    step = (len(points) - 1) / (_POINTS - 1)
    return [points[round(place * step)] for place in range(_POINTS)]


def _frame(axes: Axes, *, ticks_across: bool = True) -> list[str]:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = [
        _text(_WIDTH / 2, 16, axes.title, "middle"),
        _text((_LEFT + right) / 2, _HEIGHT - 8, axes.across, "middle"),
        _upright(axes.up),
        f'<path d="M{_LEFT},{_TOP}V{bottom}H{right}" stroke="#333" fill="none"/>',
    ]
    for number in range(_TICKS + 1):
        share = number / _TICKS
        value = axes.least[1] + share * (axes.most[1] - axes.least[1])
        y = axes.y(value)
        parts.append(f'<path d="M{_LEFT},{y:.1f}H{right}" stroke="#ddd"/>')
        parts.append(_text(_LEFT - 5, y + 4, f"{value:.4g}", "end"))
        if ticks_across:
            value = axes.least[0] + share * (axes.most[0] - axes.least[0])
            parts.append(_text(axes.x(value), bottom + 15, f"{value:.4g}", "middle"))
    return parts


def _named(name: str, number: int, colour: str) -> str:
    y = _HEIGHT - _BOTTOM - 12 - 16 * number
    square = f'<rect x="{_LEFT + 10}" y="{y - 9}" width="10" height="10" fill="{colour}"/>'
    return square + _text(_LEFT + 26, y, name, "start")


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _upright(text: str) -> str:
    """Along the left axis, read from below."""
    where = f'x="14" y="{_HEIGHT / 2}" transform="rotate(-90 14 {_HEIGHT / 2})"'
    return f'<text {where} text-anchor="middle">{escape(text)}</text>'


def _whole(parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>'
    )
    return "\n".join([head, *parts, "</svg>\n"])
