"""Cover images: which files are accepted, and how they are stored."""

import io
import uuid
from typing import IO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

# By Pillow's name of the format.
SUFFIXES = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
STORED_MODES = {"JPEG": ("L", "RGB"), "PNG": ("1", "L", "LA", "P", "RGB", "RGBA"), "WEBP": ("RGB", "RGBA")}

INVALID_IMAGE = _("This file is not a JPEG, PNG or WebP image, or it is damaged.")


def clean_image(file: IO[bytes]) -> "ContentFile[bytes]":
    """Returns the image, encoded again, under a random name.

    The result has no metadata (a place, a camera), and no other file hidden in it. Raises ValidationError on `image` if
    the content is not a JPEG, PNG or WebP image, is damaged, or has more than IMAGE_MAX_PIXELS.
    """
    try:
        with Image.open(file, formats=list(SUFFIXES)) as image:
            image_format = str(image.format)
            if image.width * image.height > settings.IMAGE_MAX_PIXELS:
                limit = {"limit": settings.IMAGE_MAX_PIXELS // 10**6}
                raise ValidationError({"image": _("The image must have at most %(limit)s megapixels.") % limit})
            pixels = copy_pixels(ImageOps.exif_transpose(image), image_format)
    except ValidationError:
        raise
    except Exception as error:  # Pillow's decoders raise many kinds of errors for damaged files
        raise ValidationError({"image": INVALID_IMAGE}) from error
    buffer = io.BytesIO()
    pixels.save(buffer, image_format)
    return ContentFile(buffer.getvalue(), name=f"books/{uuid.uuid4().hex}.{SUFFIXES[image_format]}")


def copy_pixels(image: Image.Image, image_format: str) -> Image.Image:
    """Returns only the pixels of the first frame, in a mode that the format can store."""
    if image.mode not in STORED_MODES[image_format]:
        image = image.convert("RGBA" if image.has_transparency_data and image_format != "JPEG" else "RGB")
    if image.mode == "P":  # the pixels of a palette image mean nothing without the palette, which `paste` leaves behind
        image = image.convert("RGBA")
    copy = Image.new(image.mode, image.size)
    copy.paste(image)
    return copy
