"""Methods that send files, and the way back to their bytes."""

from __future__ import annotations

from typing import Any

from .params import Params
from .refusal import bad
from .registry import method
from .sending import caption_fields, post, target
from .state import File, World

KINDS = {
    "photo": ("photos", ".jpg", "image/jpeg"),
    "document": ("documents", "", "application/octet-stream"),
    "voice": ("voice", ".oga", "audio/ogg"),
    "video": ("videos", ".mp4", "video/mp4"),
    "audio": ("music", ".mp3", "audio/mpeg"),
    "sticker": ("stickers", ".webp", "image/webp"),
    "animation": ("animations", ".mp4", "video/mp4"),
}


def describe(kind: str, file: File, name: str = "") -> Any:
    """Return the field of a message that shows a file of this kind."""
    base = file.public()
    if kind == "photo":
        small = base | {"file_unique_id": base["file_unique_id"] + "s", "width": 90, "height": 67}
        return [small, base | {"width": 1280, "height": 960}]
    extras: dict[str, dict[str, Any]] = {
        "document": {"file_name": name or "file"},
        "voice": {"duration": 3},
        "audio": {"duration": 3, "file_name": name or "audio.mp3"},
        "video": {"duration": 3, "width": 640, "height": 480, "file_name": name or "video.mp4"},
        "animation": {"duration": 3, "width": 64, "height": 64},
        "sticker": {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False},
    }
    return base | extras[kind] | ({} if kind == "sticker" else {"mime_type": file.mime or KINDS[kind][2]})


def store(world: World, kind: str, content: bytes, name: str = "", mime: str = "") -> Any:
    """Store bytes and return the message field that shows them."""
    folder, suffix, usual = KINDS[kind]
    if kind == "document" and "." in name:
        suffix = "." + name.rsplit(".", 1)[1]
    return describe(kind, world.add_file(content, folder, suffix, mime or usual), name)


def _uploaded(world: World, params: Params, kind: str, value: Any) -> Any:
    """Return the field for a file given as an upload, attach:// or file id."""
    reference = str(value or "")
    upload = params.files.get(reference.removeprefix("attach://") if reference else kind)
    if upload is not None:
        if not upload[1]:
            raise bad("file must be non-empty")
        return store(world, kind, upload[1], upload[0])
    if not reference:
        raise bad(f"there is no {kind} in the request")
    if reference.startswith(("http://", "https://")):
        raise bad("failed to get HTTP URL content")
    if reference not in world.files:
        raise bad("wrong file identifier/HTTP URL specified")
    return describe(kind, world.files[reference])


@method("sendPhoto", "sendDocument", "sendVoice", "sendVideo", "sendAudio", "sendSticker", "sendAnimation")
def send_file(world: World, params: Params) -> dict[str, Any]:
    """Send one file; the server puts the method's kind into `_kind`."""
    kind = params["_kind"]
    chat, fields = target(world, params)
    fields |= caption_fields(params) | {kind: _uploaded(world, params, kind, params.get(kind))}
    return post(world, chat, fields, params.data("reply_markup")).message


@method("sendMediaGroup")
def send_album(world: World, params: Params) -> list[dict[str, Any]]:
    """Send 2 to 10 photos, videos, documents or audios as one album."""
    chat, fields = target(world, params)
    items = params.data("media")
    if not isinstance(items, list) or not 2 <= len(items) <= 10:
        raise bad("MEDIA_INVALID: an album has 2 to 10 items")
    group = str(1_000_000 + world.serial())
    contents = [_album_item(world, params, item) for item in items]
    return [post(world, chat, fields | c | {"media_group_id": group}, None).message for c in contents]


def _album_item(world: World, params: Params, item: Any) -> dict[str, Any]:
    kind = str(item.get("type", "")) if isinstance(item, dict) else ""
    if kind not in {"photo", "video", "document", "audio"}:
        raise bad(f"can't use the media of the specified type in the album: {kind}")
    return caption_fields(params, item) | {kind: _uploaded(world, params, kind, item.get("media"))}


@method("getFile")
def get_file(world: World, params: Params) -> dict[str, Any]:
    """Tell where the bytes of a file are."""
    file = world.files.get(params.text("file_id"))
    if file is None:
        raise bad("wrong file_id or the file is temporarily unavailable")
    if len(file.content) > world.file_limit:
        raise bad("file is too big")
    return file.public() | {"file_path": file.path}
