"""Methods about the bot itself, its webhook, chats and members."""

from __future__ import annotations

from typing import Any

from .params import Params
from .refusal import bad, forbidden
from .registry import method
from .state import BOT, BOT_USER, Chat, World

RIGHTS = ("can_manage_chat", "can_delete_messages", "can_pin_messages", "can_manage_topics")


@method("getMe")
def get_me(world: World, params: Params) -> dict[str, Any]:
    """Describe the bot."""
    return dict(BOT)


@method("setMyCommands", "setMyDescription", "setMyShortDescription", "setMyName", "setChatMenuButton")
def set_about(world: World, params: Params) -> bool:
    """Keep what the bot says of itself, per language and scope."""
    name = params["_method"].removeprefix("set")
    if name == "mycommands" and not isinstance(params.data("commands"), list):
        raise bad("can't parse commands: array expected")
    world.about[f"{name}:{params.text('language_code')}:{params.text('scope')}"] = dict(params)
    return True


@method("getMyCommands")
def get_commands(world: World, params: Params) -> Any:
    """Return the commands set for this language and scope."""
    found = world.about.get(f"mycommands:{params.text('language_code')}:{params.text('scope')}", {})
    return Params(found).data("commands") or []


@method("setWebhook")
def set_webhook(world: World, params: Params) -> bool:
    """Switch to pushing; an empty address switches back."""
    if params.flag("drop_pending_updates"):
        world.updates.drop()
    if "allowed_updates" in params:
        world.updates.allowed = params.data("allowed_updates") or []
    url = params.text("url")
    if url and not url.startswith(("http://", "https://")):
        raise bad("bad webhook: an HTTPS URL must be provided for webhook")
    hook = {
        "url": url,
        "secret": params.text("secret_token"),
        "errors": {},
        "max_connections": params.number("max_connections", 40),
    }
    world.updates.webhook = hook if url else None
    world.updates.wake()
    return True


@method("deleteWebhook")
def delete_webhook(world: World, params: Params) -> bool:
    """Go back to polling."""
    if params.flag("drop_pending_updates"):
        world.updates.drop()
    world.updates.webhook = None
    world.updates.wake()
    return True


@method("getWebhookInfo")
def webhook_info(world: World, params: Params) -> dict[str, Any]:
    """Describe the webhook and its last failure."""
    hook = world.updates.webhook or {"url": "", "errors": {}, "max_connections": 40}
    info: dict[str, Any] = {"url": hook["url"], "has_custom_certificate": False}
    info |= {"max_connections": hook["max_connections"], "allowed_updates": world.updates.allowed}
    info["pending_update_count"] = len(world.updates.pending)
    info.update(hook["errors"])
    return info


@method("getChat")
def get_chat(world: World, params: Params) -> dict[str, Any]:
    """Describe a chat."""
    chat = world.chat(params.get("chat_id"))
    return chat.public() | {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": GIFTS}


GIFTS = dict.fromkeys(
    ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
)


def _member(chat: Chat, user: int, status: str) -> dict[str, Any]:
    person = BOT_USER if user == 0 else {"id": user, "is_bot": False, "first_name": f"User {user}"}
    member: dict[str, Any] = {"status": status, "user": person}
    if status == "administrator":
        flags = dict.fromkeys((*RIGHTS, "can_be_edited", "can_change_info", "can_invite_users"), True)
        more = dict.fromkeys((*MORE_RIGHTS, "is_anonymous"), False)
        member |= flags | more
    elif status == "creator":
        member["is_anonymous"] = False
    elif status == "kicked":
        member["until_date"] = 0
    return member


MORE_RIGHTS = (
    "can_manage_video_chats", "can_restrict_members", "can_promote_members", "can_post_stories",
    "can_edit_stories", "can_delete_stories",
)  # fmt: skip


@method("getChatMember")
def get_member(world: World, params: Params) -> dict[str, Any]:
    """Describe how somebody stands in a chat."""
    chat = world.chat(params.get("chat_id"))
    chat.check_writable()
    user = params.number("user_id")
    key = 0 if user == BOT["id"] else user
    if key not in chat.members and chat.type != "private":
        return _member(chat, key, "left")
    return _member(chat, key, chat.members.get(key, "member"))


@method("getChatAdministrators")
def get_administrators(world: World, params: Params) -> list[dict[str, Any]]:
    """List the administrators of a group."""
    chat = world.chat(params.get("chat_id"))
    chat.check_writable()
    if chat.type == "private":
        raise bad("there are no administrators in the private chat")
    ranks = {"administrator", "creator"}
    return [_member(chat, user, status) for user, status in chat.members.items() if status in ranks]


@method("leaveChat")
def leave(world: World, params: Params) -> bool:
    """Leave a group."""
    chat = world.chat(params.get("chat_id"))
    if chat.left:
        raise forbidden(f"bot is not a member of the {chat.type} chat")
    chat.left = True
    return True


@method("sendChatAction")
def chat_action(world: World, params: Params) -> bool:
    """Show that the bot is typing; as in Telegram, a deleted topic is no error here."""
    world.chat(params.get("chat_id")).check_writable()
    if not params.text("action"):
        raise bad("wrong parameter action in request")
    return True
