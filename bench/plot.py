"""plot.py - a drawing (SVG, as plain text) of ratios: two bars a query, wall and CPU, on a logarithmic scale."""
import html
import math

LEFT, TOP, WIDTH, BAR, GAP = 170, 50, 600, 6, 6
LOW, HIGH = 1 / 8, 8  # ratios at the left and at the right end; what is beyond is cut there
COLOURS = {"wall": "#4878a8", "CPU": "#e08030"}


def place(ratio):
    """Where a ratio lies from left to right."""
    ratio = min(max(ratio, LOW), HIGH)
    return LEFT + WIDTH * math.log(ratio / LOW) / math.log(HIGH / LOW)


def text(x, y, words, **how):
    style = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in how.items())
    return f'<text x="{x:.1f}" y="{y:.1f}"{style}>{html.escape(words)}</text>'


def bar(ratio, y, colour):
    left, right = sorted((place(1), place(ratio)))
    shape = f'<rect x="{left:.1f}" y="{y:.1f}" width="{right - left:.1f}" height="{BAR}" fill="{colour}"/>'
    return shape


def grid(bottom):
    ratio = LOW
    while ratio <= HIGH:
        colour = "#000000" if ratio == 1 else "#cccccc"
        x = place(ratio)
        yield f'<line x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{bottom:.1f}" stroke="{colour}"/>'
        yield text(x, TOP - 10, f"{ratio:g}", text_anchor="middle")
        ratio *= 2


def legend():
    x = LEFT + WIDTH - 120
    for name, colour in COLOURS.items():
        yield f'<rect x="{x}" y="12" width="10" height="10" fill="{colour}"/>'
        yield text(x + 14, 21, name)
        x += 60


def svg(title, rows):
    """`rows`: (name, wall, CPU), as ratios to the best peer; left of 1 Vonk takes less."""
    step = 2 * BAR + GAP
    bottom = TOP + step * len(rows)
    shapes = [text(10, 21, f"{title}: Vonk's time of the best peer's", font_weight="bold"), *legend(), *grid(bottom)]
    for i, (name, *values) in enumerate(rows):
        y = TOP + i * step
        shapes.append(text(LEFT - 8, y + BAR + 4, name, text_anchor="end"))
        for k, (value, colour) in enumerate(zip(values, COLOURS.values())):
            shapes.append(bar(value, y + k * BAR, colour))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 30}" height="{bottom + 10}" '
        'font-family="sans-serif" font-size="11">'
    )
    ground = '<rect width="100%" height="100%" fill="#ffffff"/>'
    return "\n".join([head, ground, *shapes, "</svg>"]) + "\n"
