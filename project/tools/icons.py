"""The icons of the back office: a part of unfold's font, with the icons that its templates and ours name.

The whole font has 4,000 icons and 292 kB. fonttools, which cuts it, is in `requirements/browser.txt`.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import unfold
from django.conf import settings
from fontTools import subset
from fontTools.ttLib import TTFont

UNFOLD = Path(unfold.__file__).parent
FONT = UNFOLD / "static/unfold/fonts/material-symbols/Material-Symbols-Outlined.woff2"
OUTPUT = settings.BASE_DIR / "project/static/project/icons.woff2"

# Where an icon is named: in an element of this class, as the `icon` of a template or an act, in the content of a style.
ELEMENT = re.compile(r"material-symbols-outlined(.*?)</", re.DOTALL)
WORD = re.compile(r"(?<![\w.-])[a-z0-9_]{2,}(?![\w.(=-])")
NAMED = re.compile(r"\bicon\"?[=:] ?\"([a-z0-9_]+)\"")
CONTENT = re.compile(r"content: ?\"([a-z0-9_]+)\"")
SECTION = re.compile(r"\.[a-z]+\": \"([a-z0-9_]+)\"")


def words() -> Iterator[str]:
    """Yields each word that may be the name of an icon. Some are not, such as the names of CSS classes."""
    ours = settings.BASE_DIR
    for template in [*UNFOLD.glob("**/templates/**/*.html"), *ours.glob("templates/**/*.html")]:
        text = template.read_text()
        for element in ELEMENT.findall(text):
            yield from WORD.findall(element)
        yield from NAMED.findall(text)
    yield from CONTENT.findall((UNFOLD / "static/unfold/css/styles.css").read_text())
    for module in [*ours.glob("*/admin*.py"), *ours.glob("*/admin/*.py"), ours / "project/site/back_office.py"]:
        text = module.read_text()
        yield from (*NAMED.findall(text), *SECTION.findall(text))


def icons(font: TTFont) -> dict[str, str]:
    """Returns the names of a font's icons with their glyphs. A name is a ligature: the font draws it as one glyph."""
    letters = {glyph: chr(code) for code, glyph in font.getBestCmap().items()}
    found = {}
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            for first, ligatures in table.ligatures.items():
                for ligature in ligatures:
                    found["".join(letters[glyph] for glyph in [first, *ligature.Component])] = ligature.LigGlyph
    return found


def used(font: TTFont) -> dict[str, str]:
    """Returns the icons of the font that templates, styles and code name."""
    all_icons = icons(font)
    return {name: all_icons[name] for name in sorted({*words()} & {*all_icons})}


def write(output: Path = OUTPUT) -> dict[str, str]:
    """Writes the part of the font with the used icons, and returns them."""
    font = TTFont(FONT)
    found = used(font)
    cmap = font.getBestCmap()
    glyphs = {*found.values(), *(cmap[ord(letter)] for letter in "".join(found))}
    # Without the closure, which would add each icon whose name consists of the letters.
    options = subset.Options(flavor="woff2", layout_closure=False, layout_features=["*"], hinting=False)
    cutter = subset.Subsetter(options)
    cutter.populate(glyphs=glyphs, text="".join(found))
    cutter.subset(font)
    subset.save_font(font, output, options)
    return found
