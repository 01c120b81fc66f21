"""Icons of a web page or an installable one: .ico, the touch icon, 192 and 512 pixels, and one that may be masked.

Source: the W3C's Web Application Manifest (a maskable icon's safe zone is a circle of 80% of its width) and what
browsers ask for.
"""

import html
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from lit.errors import InputError, Phrase
from lit.export.encode import Encoded
from lit.export.fit import SEEN, fit, on_ground
from lit.export.platform import as_json
from lit.export.sticker import Sticker
from lit.export.target import Made, Options, Progress, Target

ICO_SIDES = (16, 32, 48)
TOUCH_SIDE = 180
MANIFEST_SIDES = (192, 512)
SAFE_ZONE = 0.8


@dataclass(frozen=True, kw_only=True)
class Favicon(Target):
    """One picture as all icons of a page, with its manifest and its lines of HTML."""

    @property
    def limits(self) -> str:
        sides = ", ".join(map(str, ICO_SIDES))
        return f"one picture: ICO {sides}; PNG 180, 192, 512, and 512 maskable; manifest and HTML lines"

    def check(self, moving: Sequence[bool], options: Options) -> None:
        if len(moving) != 1:
            raise InputError("pictures", len(moving), "one picture: the icons of a page are all of one")
        if options.loop or moving[0]:
            raise InputError(
                "loop", options.loop or Phrase("a moving picture"), "none: icons stand still; leave the loop out"
            )

    def make(self, stickers: Sequence[Sticker], options: Options, on_progress: Progress) -> Made:
        made, (sticker,) = Made(), stickers
        icons = [fit(sticker.frames, (side, side))[0] for side in ICO_SIDES]
        largest = ICO_SIDES[-1]
        ico = _saved(icons[-1], "ICO", sizes=[icon.size for icon in icons], append_images=icons[:-1])
        made.add("favicon.ico", ico, (largest, largest), None)
        for side in MANIFEST_SIDES:
            made.add(f"icon-{side}.png", _saved(fit(sticker.frames, (side, side))[0], "PNG"), (side, side), None)
        # Where a system shows these, what is transparent would be black.
        touch = on_ground(fit(sticker.frames, (TOUCH_SIDE, TOUCH_SIDE), TOUCH_SIDE // 12)[0], options.matte or "white")
        made.add("apple-touch-icon.png", _saved(touch, "PNG"), touch.size, None)
        maskable = on_ground(_in_safe_zone(sticker, MANIFEST_SIDES[-1]), options.matte or "white")
        made.add("icon-maskable-512.png", _saved(maskable, "PNG"), maskable.size, None)
        made.files["site.webmanifest"] = as_json(_manifest(options))
        made.files["head.html"] = _head(options).encode()
        on_progress(1, 1)
        return made


def _in_safe_zone(sticker, side):
    """The picture as large as it goes into the circle that no mask cuts."""
    radius = side * SAFE_ZONE / 2
    widest = round(2 * radius)
    alpha = np.asarray(fit(sticker.frames, (widest, widest))[0].getchannel("A"))
    y, x = np.nonzero(alpha >= SEEN)
    reach = np.hypot(y + 0.5 - widest / 2, x + 0.5 - widest / 2).max() + 1
    margin = math.ceil((side - widest * min(1.0, radius / reach)) / 2)
    return fit(sticker.frames, (side, side), margin)[0]


def _manifest(options):
    icons = [
        {"src": f"icon-{side}.png", "sizes": f"{side}x{side}", "type": "image/png", "purpose": "any"}
        for side in MANIFEST_SIDES
    ]
    icons.append({"src": "icon-maskable-512.png", "sizes": "512x512", "type": "image/png", "purpose": "maskable"})
    return {"name": options.title, "short_name": options.title, "icons": icons, "display": "standalone"}


def _head(options):
    title = html.escape(options.title, quote=True)
    return (
        f'<meta name="apple-mobile-web-app-title" content="{title}">\n'
        '<link rel="icon" href="favicon.ico" sizes="16x16 32x32 48x48">\n'
        '<link rel="icon" href="icon-192.png" sizes="192x192" type="image/png">\n'
        '<link rel="apple-touch-icon" href="apple-touch-icon.png">\n'
        '<link rel="manifest" href="site.webmanifest">\n'
    )


def _saved(image: Image.Image, format: str, **options) -> Encoded:
    data = io.BytesIO()
    image.save(data, format, **options)
    return Encoded(data.getvalue(), 1, "")


TARGET = Favicon(name="favicon", label="Favicon and app icons", group="Icons")
