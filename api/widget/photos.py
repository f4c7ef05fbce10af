"""Photos of a claim: believed by their content alone, and made anew, so that nothing but the picture is kept.

NoPhoto
├── not a picture of the kinds that are taken, whatever its name or type says
├── too large, in bytes or in pixels
└── more than a conversation may have
"""

from __future__ import annotations

import base64
import secrets
import warnings
from datetime import datetime
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import Connection, func, insert, select

from api.tables import photos

KINDS = ("JPEG", "PNG", "WEBP")
LARGEST = 8_000_000
PIXELS = 50_000_000
SIDE = 2_000
MOST = 5


class NoPhoto(ValueError):
    """The message says what would be accepted."""


def made_anew(raw: bytes) -> bytes:
    """A JPEG of at most `SIDE` pixels a side, upright, without metadata. Raises `NoPhoto`."""
    if len(raw) > LARGEST:
        raise NoPhoto(f"a photo may have {LARGEST // 1_000_000} MB at most")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(raw), formats=KINDS) as given:
                if given.width * given.height > PIXELS:
                    raise NoPhoto(f"a photo may have {PIXELS // 1_000_000} million pixels at most")
                upright = ImageOps.exif_transpose(given).convert("RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NoPhoto(f"a photo may have {PIXELS // 1_000_000} million pixels at most") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        if isinstance(error, NoPhoto):
            raise
        raise NoPhoto("this is no JPEG, PNG or WebP picture") from None
    upright.thumbnail((SIDE, SIDE))
    clean = Image.new("RGB", upright.size)
    clean.paste(upright)
    out = BytesIO()
    clean.save(out, "JPEG", quality=85, optimize=True)
    return out.getvalue()


def keep(db: Connection, conversation: str, jpeg: bytes, now: datetime) -> str:
    """Its id. Raises `NoPhoto` when the conversation has as many as it may."""
    held = select(func.count()).select_from(photos).where(photos.c.conversation == conversation)
    if db.execute(held).scalar_one() >= MOST:
        raise NoPhoto(f"a conversation may have {MOST} photos; a person will ask for more if they help")
    made = f"P-{secrets.token_hex(8)}"
    row = {"id": made, "conversation": conversation, "jpeg": base64.b64encode(jpeg).decode("ascii")}
    db.execute(insert(photos), row | {"at": now.isoformat()})
    return made


def one(db: Connection, conversation: str, photo: str) -> bytes | None:
    found = select(photos.c.jpeg).where(photos.c.conversation == conversation, photos.c.id == photo)
    kept = db.execute(found).scalar()
    return base64.b64decode(kept) if kept else None
