"""Cover images: what is taken, and how it is kept."""

import io
import uuid
from typing import IO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

SUFFIXES = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
MODES = {"JPEG": ("L", "RGB"), "PNG": ("1", "L", "LA", "P", "RGB", "RGBA"), "WEBP": ("RGB", "RGBA")}
BROKEN = _("This is not a JPEG, PNG or WebP image, or it is broken.")


def clean_image(file: IO[bytes]) -> ContentFile:
    """The picture alone, encoded anew: no metadata (a place, a camera), no file hidden in it, a random name.

    Raises ValidationError on `image` for what is no JPEG, PNG or WebP by content, is broken, or has more than
    IMAGE_MAX_PIXELS.
    """
    try:
        with Image.open(file, formats=list(SUFFIXES)) as image:
            kind = str(image.format)
            if image.width * image.height > settings.IMAGE_MAX_PIXELS:
                raise ValidationError(
                    {"image": _("At most %(most)s megapixels.") % {"most": settings.IMAGE_MAX_PIXELS // 10**6}}
                )
            picture = plain(ImageOps.exif_transpose(image), kind)
    except ValidationError:
        raise
    except Exception as error:  # Pillow's decoders fail on broken files with whatever they run into
        raise ValidationError({"image": BROKEN}) from error
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return ContentFile(buffer.getvalue(), name=f"books/{uuid.uuid4().hex}.{SUFFIXES[kind]}")


def plain(image: Image.Image, kind: str) -> Image.Image:
    """The pixels of the first frame and nothing else, in a mode that the kind can store."""
    if image.mode not in MODES[kind]:
        image = image.convert("RGBA" if image.has_transparency_data and kind != "JPEG" else "RGB")
    bare = Image.new(image.mode, image.size)
    if image.mode == "P":
        return plain(image.convert("RGBA"), kind)
    bare.paste(image)
    return bare
