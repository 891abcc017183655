"""A square ECC 200 DataMatrix symbol (ISO/IEC 16022) as PNG and SVG."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image
from ppf.datamatrix import DataMatrix

QUIET_ZONE = 2
"""Modules; the standard asks for at least one on every side."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """The modules of a symbol without quiet zone; `True` is dark."""

    modules: tuple[tuple[bool, ...], ...]

    @classmethod
    def of(cls, text: str) -> Symbol:
        """Encode ASCII `text` in the smallest square symbol; raises ValueError when it cannot."""
        if not text.isascii() or not text:
            raise ValueError("the symbol carries ASCII text only")
        rows = DataMatrix(text).matrix
        return cls(tuple(tuple(bool(module) for module in row) for row in rows))

    @property
    def size(self) -> int:
        """Modules per side without quiet zone."""
        return len(self.modules)

    def png(self, *, scale: int = 6) -> bytes:
        """Return a black and white PNG; `scale` is pixels per module."""
        side = self.size + 2 * QUIET_ZONE
        image = Image.new("1", (side, side), 1)
        for y, row in enumerate(self.modules, QUIET_ZONE):
            for x, dark in enumerate(row, QUIET_ZONE):
                if dark:
                    image.putpixel((x, y), 0)
        target = io.BytesIO()
        image.resize((side * scale, side * scale), Image.Resampling.NEAREST).save(target, "PNG")
        return target.getvalue()

    def svg(self, *, module: float = 0.5, quiet: int = QUIET_ZONE) -> str:
        """Return an SVG; `module` is the width of one module in millimetres, `quiet` in modules."""
        side = self.size + 2 * quiet
        width = f"{side * module:g}mm"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{width}" '
            f'viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
            f'<rect width="{side}" height="{side}" fill="#fff"/>'
            f'<path fill="#000" d="{self._path(quiet)}"/></svg>'
        )

    def _path(self, quiet: int) -> str:
        parts = []
        for y, row in enumerate(self.modules, quiet):
            x = 0
            while x < len(row):
                run = next((i for i in range(x, len(row)) if not row[i]), len(row)) - x
                if run:
                    parts.append(f"M{x + quiet} {y}h{run}v1h-{run}z")
                x += run + 1
        return "".join(parts)
