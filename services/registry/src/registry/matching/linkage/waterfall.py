"""The picture of an explanation: one bar a step, right for agreement, left for contradiction."""

from xml.sax.saxutils import escape

from registry.matching.linkage.explaining import Explanation

_ROW, _LABEL, _CHART, _MARGIN = 24, 330, 520, 60
_FOR, _AGAINST, _LINE = "#2b7a5b", "#b3463c", "#888888"


def draw(explanation: Explanation) -> str:
    """The waterfall as an SVG text."""
    sums = [0.0]
    for step in explanation.steps:
        sums.append(sums[-1] + step.bits)
    low, high = min(sums), max(sums)
    scale = _CHART / max(high - low, 1.0)
    height = _ROW * (len(explanation.steps) + 3)
    width = _LABEL + _CHART + _MARGIN

    def across(bits: float) -> float:
        return _LABEL + (bits - low) * scale

    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        ' font-family="sans-serif" font-size="12">'
    )
    nothing = (
        f'<line x1="{across(0):.1f}" y1="{_ROW}" x2="{across(0):.1f}"'
        f' y2="{height - _ROW}" stroke="{_LINE}" stroke-dasharray="3 3"/>'
    )
    parts = [
        opening,
        f"<title>{escape(' and '.join(explanation.pair))}</title>",
        nothing,
    ]
    for row, (step, before, after) in enumerate(
        zip(explanation.steps, sums, sums[1:], strict=False), start=1
    ):
        top = row * _ROW
        begin, end = sorted((across(before), across(after)))
        colour = _FOR if step.bits >= 0 else _AGAINST
        label = escape(f"{step.name} {step.level}".strip())
        parts.append(f'<text x="8" y="{top + 16}">{label}</text>')
        parts.append(
            f'<rect x="{begin:.1f}" y="{top + 4}" width="{max(end - begin, 1):.1f}"'
            f' height="{_ROW - 8}" fill="{colour}"/>'
        )
        parts.append(f'<text x="{end + 4:.1f}" y="{top + 16}">{step.bits:+.1f}</text>')
    said = f"match weight {explanation.weight:.2f} bits, score {explanation.score:.4f}"
    if explanation.guards:
        said += f", held by {', '.join(explanation.guards)}"
    parts.append(f'<text x="8" y="{height - 12}">{escape(said)}</text></svg>')
    return "\n".join(parts) + "\n"
