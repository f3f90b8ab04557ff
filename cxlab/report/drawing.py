"""Charts as drawings for a page without scripts: small SVG, made anew from an allow-list.

vl-convert draws a chart without a network. What it draws is taken apart and built again from
shapes and texts alone: no style attribute (which the page's policy forbids), no link, no label of
single marks. A second drawing with the dark look says what each colour becomes there.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from cxlab.charts.theme import config
from cxlab.errors import RunError
from cxlab.report.html import Html, element, join

__all__ = ["Colours", "drawing"]

WIDTH = 760
"""How wide a chart is drawn (pixels); a page fits it to its column."""

_TAGS = {"g", "path", "line", "rect", "text", "tspan", "defs", "clipPath", "linearGradient", "stop"}
_COLOURS = ("fill", "stroke", "stop-color")
_LOOK = ("fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray",
         "stroke-linecap", "opacity", "font-size", "font-weight", "text-anchor")  # fmt: skip
_KEPT = {*_LOOK, "d", "transform", "x", "y", "x1", "x2", "y1", "y2", "dx", "dy", "width", "height",
         "id", "clip-path", "offset", "stop-color"}  # fmt: skip
_DEFAULTS = {"opacity": "1", "fill-opacity": "1", "stroke-opacity": "1", "font-weight": "normal"}
_NUMBER = re.compile(r"-?\d*\.\d+(?:e-?\d+)?")
_LINK = re.compile(r"url\(#([^)]+)\)")
_MOVE = re.compile(r"translate\((-?[\d.]+),(-?[\d.]+)\)")


_Rgb = tuple[int, int, int]
_CLOSE = 7
"""By how much (of 255) shades of a continuous scale may differ and be drawn as one."""


@dataclass
class Colours:
    """What each light colour of a page's drawings becomes on a dark ground."""

    dark: dict[str, str] = field(default_factory=dict)
    used: set[tuple[str, str]] = field(default_factory=set)
    scale: list[tuple[_Rgb, tuple[str, str]]] = field(default_factory=list)

    def step(self, shade: _Rgb, light: str, dark: str) -> tuple[str, str]:
        """Return the pair of a shade of a continuous scale, or the one of a shade close to it.

        So that hundreds of cells need a dozen rules.
        """
        for known, pair in self.scale:
            if max(abs(a - b) for a, b in zip(known, shade, strict=True)) <= _CLOSE:
                return pair
        self.scale.append((shade, (light, dark)))
        return light, dark

    def pair(self, light: str, dark: str) -> str:
        """Remember a pair, and return the light colour to write.

        Where that colour has another dark one already, its neighbour, which no eye can tell from
        it, is taken.
        """
        number = int(light[1:], 16)
        near = (f"#{number ^ bit:06x}" for bit in range(16))
        return next(one for one in near if self.dark.setdefault(one, dark) == dark)

    def css(self) -> str:
        """Return the rules that turn light drawings dark."""
        rules = (
            f'.plot [{name}="{light}"]{{{name}:{dark}}}'
            for light, dark in sorted(self.dark.items())
            if light != dark
            for name in _COLOURS
            if (name, light) in self.used
        )
        return "@media screen and (prefers-color-scheme:dark){" + "".join(rules) + "}"


@dataclass
class _Node:
    tag: str
    look: dict[str, str]
    children: list[_Node] = field(default_factory=list)
    text: str = ""

    def markup(self) -> Html:
        inner = [self.text, *(child.markup() for child in self.children)]
        return element(self.tag, *inner, **{k.replace("-", "_"): v for k, v in self.look.items()})


def drawing(spec: Mapping[str, Any], name: str, colours: Colours) -> Html:
    """Return a chart (Vega-Lite, its data inside) as SVG; `name` makes its ids the page's own.

    Raises RunError when the chart cannot be drawn.
    """
    light, dark = (ET.fromstring(_svg(spec, config(dark=d))) for d in (False, True))
    for one, other in zip(light.iter(), dark.iter(), strict=True):
        _match(one, other, colours)
    # vl-convert numbers what it draws through, so that the second drawing of a chart is another.
    found = (e.get("id") for e in light.iter())
    names = {old: f"{name}-{i}" for i, old in enumerate(old for old in found if old)}
    nodes = [made for child in light if (made := _node(child, names)) is not None]
    _record(nodes, colours)
    whole = element(
        "svg", join(node.markup() for node in nodes), viewBox=light.get("viewBox"),
        aria_hidden="true",
    )  # fmt: skip
    return Html(whole.replace("></path>", "/>"))


def _svg(spec: Mapping[str, Any], look: dict[str, Any]) -> str:
    import vl_convert

    sized = _square(dict(spec)) | ({"width": WIDTH} if spec.get("width") == "container" else {})
    try:
        return str(vl_convert.vegalite_to_svg(sized, config=look, allowed_base_urls=[]))
    except ValueError as error:
        raise RunError("a chart cannot be drawn", hint=str(error)[:300]) from None


def _square(value: Any) -> Any:
    """Return a specification without round corners: a cell with them takes six times the room."""
    if isinstance(value, Mapping):
        return {k: _square(v) for k, v in value.items() if not str(k).startswith("cornerRadius")}
    return [_square(v) for v in value] if isinstance(value, list) else value


def _match(one: ET.Element, other: ET.Element, colours: Colours) -> None:
    for name in _COLOURS:
        light, dark = (_hex(e.get(name)) for e in (one, other))
        if light and dark:
            if shade := _RGB.fullmatch(one.get(name, "")):
                red, green, blue = map(int, shade.groups())
                light, dark = colours.step((red, green, blue), light, dark)
            one.set(name, colours.pair(light, dark))


_RGB = re.compile(r"rgb\((\d+), ?(\d+), ?(\d+)\)")


def _hex(colour: str | None) -> str | None:
    """Return a colour as #rrggbb; None for what is none."""
    if colour is None:
        return None
    if found := _RGB.fullmatch(colour):
        return "#" + "".join(f"{int(v):02x}" for v in found.groups())
    if re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        return colour.lower()
    return {"black": "#000000", "white": "#ffffff"}.get(colour)


def _node(source: ET.Element, names: Mapping[str, str]) -> _Node | None:
    """Return an element built anew; None when nothing of it is seen."""
    tag = source.tag.rpartition("}")[2]
    if tag not in _TAGS or source.get("display") == "none" or source.get("opacity") == "0":
        return None
    look = {k: _short(k, v, names) for k, v in source.attrib.items() if k in _KEPT}
    look = {k: v for k, v in look.items() if _DEFAULTS.get(k) != v}
    text = "".join(source.itertext()) if tag in ("text", "tspan") and not len(source) else ""
    children = [made for child in source if (made := _node(child, names)) is not None]
    node = _Node(tag, look, children, text)
    if tag in ("path", "line", "rect") and not _seen(node):
        return None
    if tag == "g":
        return _simple(node)
    if tag == "text":
        return _placed(node)
    return _plain_shape(node) if tag in ("line", "path") else node


def _seen(node: _Node) -> bool:
    paints = [node.look.get(k, "none") for k in ("fill", "stroke")]
    return any(p not in ("none", "transparent") for p in paints) and (
        node.tag != "path" or node.look.get("d", "") != ""
    )


def _short(key: str, value: str, names: Mapping[str, str]) -> str:
    if key == "id":
        return names[value]
    if key == "clip-path" or key in _COLOURS:
        return _LINK.sub(lambda m: f"url(#{names.get(m.group(1), '')})", value)
    if key == "font-size":
        return value.removesuffix("px")
    return _NUMBER.sub(lambda m: f"{float(m.group(0)):.1f}".removesuffix(".0"), value)


def _placed(node: _Node) -> _Node:
    """Return a text that was moved to a place as one that stands there, to the pixel."""
    moved = _MOVE.fullmatch(node.look.get("transform", ""))
    if moved and not {"x", "y"} & node.look.keys():
        del node.look["transform"]
        node.look |= {name: f"{float(moved.group(i)):.0f}" for i, name in ((1, "x"), (2, "y"))}
    return node


def _plain_shape(node: _Node) -> _Node:
    """Return a line as a path, and a path that was moved as one that starts where it stands."""
    look = dict(node.look)
    if node.tag == "line":
        ends = [look.pop(k, "0") for k in ("x2", "y2")]
        look["d"] = f"M0,0l{ends[0]},{ends[1]}"
    moved = _MOVE.fullmatch(look.get("transform", ""))
    # Only a path of relative steps (lines, bars, cells) can be moved by its first point alone.
    start = re.fullmatch(r"M(-?[\d.]+),(-?[\d.]+)([a-z\d.,\s-]*Z?)", look["d"])
    look["d"] = _without_detours(look["d"])
    if moved and start:
        place = (float(start.group(i)) + float(moved.group(i)) for i in (1, 2))
        x, y = (f"{v:.1f}".removesuffix(".0") for v in place)
        look["d"] = f"M{x},{y}{start.group(3)}"
        del look["transform"]
    return _Node("path", look)


def _without_detours(d: str) -> str:
    """Return a line in steps, without points that lie on the way between their neighbours.

    A line of very many points is drawn to the pixel.
    """
    if not re.fullmatch(r"M[\d.,-]+(?:L[\d.,-]+)+Z?", d):
        return d
    kept: list[tuple[str, str]] = []
    for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", d):
        for side in (0, 1):
            if len(kept) > 1 and kept[-2][side] == kept[-1][side] == (x, y)[side]:
                kept.pop()
                break
        kept.append((x, y))
    digits = 1 if len(kept) <= _FINE else 0
    places = [(round(float(x), digits), round(float(y), digits)) for x, y in kept]
    steps = [(x - a, y - b) for (a, b), (x, y) in pairwise(places)]
    path = _joined(v for step in [places[0], *steps] for v in step)
    return f"M{path}" + ("Z" if d.endswith("Z") else "")


_FINE = 40
"""Up to so many points a line is drawn to a tenth of a pixel."""


def _joined(values: Iterable[float]) -> str:
    """Return numbers as a path has them: a minus sign parts them as well as a comma does."""
    words = (f"{v:.1f}".removesuffix(".0").replace("-0.", "-.") for v in values)
    text = ",".join("0" if w == "-0" else w.removeprefix("0") or "0" if w.startswith("0.") else w
                    for w in words)  # fmt: skip
    x, y, *rest = text.split(",")
    return f"{x},{y}l{','.join(rest)}".replace(",-", "-") if rest else f"{x},{y}"


def _simple(group: _Node) -> _Node | None:
    """Return a group without what says nothing: empty ones, repeated looks, single shapes."""
    children = list(_unwrapped(list(_merged(group.children))))
    if not children:
        return None
    if group.look.get("transform") == "translate(0,0)":
        del group.look["transform"]
    for key in _LOOK:
        values = {child.look.get(key) for child in children}
        if len(children) > 1 and len(values) == 1 and None not in values and key != "opacity":
            group.look[key] = str(values.pop())
            for child in children:
                del child.look[key]
    return _Node("g", group.look, children)


def _unwrapped(children: list[_Node]) -> Iterator[_Node]:
    for child in children:
        if child.tag == "g" and not child.look:
            yield from child.children
        else:
            yield child


def _merged(children: list[_Node]) -> Iterator[_Node]:
    """Yield shapes of the same look as one; cells of a map also where they are not neighbours."""
    known: dict[tuple[tuple[str, str], ...], _Node] = {}
    for child in children:
        look = tuple(sorted((k, v) for k, v in child.look.items() if k != "d"))
        # See-through shapes that cover each other would add up in one path no more.
        whole = child.tag == "path" and not ({"transform", "opacity"} & child.look.keys())
        if whole and look in known:
            known[look].look["d"] += child.look["d"]
            continue
        if whole and not child.children:
            known[look] = child
        yield child


def _record(nodes: list[_Node], colours: Colours) -> None:
    for node in nodes:
        colours.used |= {(k, node.look[k]) for k in _COLOURS if k in node.look}
        _record(node.children, colours)
