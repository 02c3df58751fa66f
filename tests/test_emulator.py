"""The emulator as the real python-telegram-bot sees it."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
import telegram.error
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto, MessageEntity, Update
from telegram.request import HTTPXRequest

from tests.emulator import TOKEN, Emulator, RemoteEmulator
from tests.emulator.faults import Faults
from tests.emulator.params import Params
from tests.emulator.server import serve_app

GROUP = -1001


@pytest.fixture
def telegram_() -> Iterator[Emulator]:
    with Emulator(seed=7) as emulator:
        yield emulator


@asynccontextmanager
async def connected(emulator: Emulator, token: str = TOKEN, patience: float = 5.0) -> AsyncIterator[Bot]:
    requests = [HTTPXRequest(read_timeout=patience, httpx_kwargs={"trust_env": False}) for _ in range(2)]
    bot = Bot(
        token,
        base_url=emulator.base_url,
        base_file_url=emulator.file_url,
        request=requests[0],
        get_updates_request=requests[1],
    )
    for request in requests:
        await request.initialize()
    try:
        yield bot
    finally:
        for request in requests:
            await request.shutdown()


@pytest.fixture
async def bot(telegram_: Emulator) -> AsyncIterator[Bot]:
    telegram_.chat_info(5, first_name="Wang")
    async with connected(telegram_) as one:
        yield one


def keyboard(*rows: list[tuple[str, str]]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(t, callback_data=d) for t, d in row] for row in rows])


async def test_conversation_with_buttons_and_edits(telegram_, bot):
    telegram_.user_text(5, "/start sn123")
    (update,) = await bot.get_updates(timeout=5)
    assert update.message.entities[0].type == MessageEntity.BOT_COMMAND
    sent = await bot.send_message(5, "<b>你好</b> & 😀", "HTML", reply_markup=keyboard([("好", "ok:1")]))
    assert sent.text == "你好 & 😀"
    assert sent.entities[0].length == 2
    press = telegram_.user_press(5, "好")
    (update,) = await bot.get_updates(offset=update.update_id + 1, timeout=5)
    assert update.callback_query.data == "ok:1"
    assert await update.callback_query.answer("thanks")
    assert telegram_.answers(press) == [{"text": "thanks", "show_alert": False}]
    await sent.edit_text("done")
    assert telegram_.sent(5)[0] | {"at": 0, "message": 0} == {
        "message_id": sent.message_id, "text": "done", "buttons": [], "thread": 0, "deleted": False,
        "versions": 2, "at": 0, "reactions": [], "message": 0,
    }  # fmt: skip


async def test_offsets_confirm_and_unconfirmed_come_again(telegram_, bot):
    ids = [telegram_.raw({"message": None}) for _ in range(3)]
    first = await bot.get_updates(limit=2)
    assert [u.update_id for u in first] == ids[:2]
    assert [u.update_id for u in await bot.get_updates(offset=ids[1])] == ids[1:]
    assert telegram_.confirmed() == ids[:1]
    assert telegram_.confirmed_log()[0]["tries"] == 1
    assert [u.update_id for u in await bot.get_updates(offset=-1)] == ids[2:]
    assert telegram_.pending() == ids[2:]


async def test_long_poll_wakes_up_at_once(telegram_, bot):
    loop = asyncio.get_running_loop()
    poll = asyncio.create_task(bot.get_updates(timeout=20))
    await telegram_.until(lambda: telegram_.call_counts().get("getupdates"))
    since = loop.time()
    telegram_.user_text(5, "hello")
    assert (await poll)[0].message.text == "hello"
    assert loop.time() - since < 1


async def test_second_poll_ends_the_first(telegram_, bot):
    first = asyncio.create_task(bot.get_updates(timeout=20))
    await telegram_.until(lambda: telegram_.call_counts().get("getupdates"))
    assert await bot.get_updates() == ()
    with pytest.raises(telegram.error.Conflict, match="terminated by other getUpdates"):
        await first


async def test_allowed_updates_are_remembered(telegram_, bot):
    await bot.get_updates(allowed_updates=["callback_query"])
    telegram_.user_text(5, "unseen")
    telegram_.press_data(5, "forged")
    assert [u.callback_query.data for u in await bot.get_updates()] == ["forged"]


LONG = "字" * 4097
REFUSED = [
    ({"text": " \n"}, "Message text is empty"),
    ({"text": LONG}, "Message is too long"),
    ({"text": "😀" * 2049}, "Message is too long"),
    ({"text": "<b>x", "parse_mode": "HTML"}, "can't find end tag"),
    ({"text": "a < b", "parse_mode": "HTML"}, "unsupported start tag"),
    ({"text": "<b>x</i>", "parse_mode": "HTML"}, "unmatched end tag"),
    ({"text": "x", "reply_markup": keyboard([("a", "键" * 22)])}, "Button_data_invalid"),
    ({"text": "x", "reply_markup": keyboard(*[[("a", str(n))] for n in range(101)])}, "markup is too long"),
    ({"text": "x", "message_thread_id": 99}, "Message thread not found"),
    ({"text": "x", "reply_parameters": {"message_id": 99}}, "Message to be replied not found"),
]


@pytest.mark.parametrize(("given", "reason"), REFUSED)
async def test_messages_telegram_refuses(telegram_, bot, given, reason):
    with pytest.raises(telegram.error.BadRequest, match=reason):
        await bot.send_message(5, **given)
    assert telegram_.count(5) == 0


async def test_chats_that_cannot_be_written_to(telegram_, bot):
    with pytest.raises(telegram.error.BadRequest, match="Chat not found"):
        await bot.send_message(6, "x")
    telegram_.block(5)
    with pytest.raises(telegram.error.Forbidden, match="blocked by the user"):
        await bot.send_message(5, "x")
    telegram_.unblock(5)
    await bot.send_message(5, "x")
    telegram_.deactivate(5)
    with pytest.raises(telegram.error.Forbidden, match="deactivated"):
        await bot.send_message(5, "x")
    telegram_.group(-9, "group")
    fresh = telegram_.migrate(-9)
    with pytest.raises(telegram.error.ChatMigrated) as migrated:
        await bot.send_message(-9, "x")
    assert migrated.value.new_chat_id == fresh
    assert (await bot.send_message(fresh, "x")).chat.type == "supergroup"


async def test_edits_telegram_refuses(telegram_, bot):
    sent = await bot.send_message(5, "x")
    theirs = telegram_.user_text(5, "mine")
    with pytest.raises(telegram.error.BadRequest, match="not modified"):
        await sent.edit_text("x")
    with pytest.raises(telegram.error.BadRequest, match="can't be edited"):
        await bot.edit_message_text("y", 5, theirs["message_id"])
    assert await bot.delete_message(5, theirs["message_id"])
    await sent.delete()
    with pytest.raises(telegram.error.BadRequest, match="to edit not found"):
        await sent.edit_text("y")
    with pytest.raises(telegram.error.BadRequest, match="to delete not found"):
        await sent.delete()


async def test_old_and_unknown_presses_are_refused(telegram_, bot):
    press = telegram_.press_data(5, "x")
    telegram_.settings(callback_ttl=0.0)
    for query in (press, "unknown"):
        with pytest.raises(telegram.error.BadRequest, match="too old"):
            await bot.answer_callback_query(query)
    assert telegram_.unanswered() == [press]


async def test_files_both_ways(telegram_, bot):
    telegram_.user_photo(5, b"\xff\xd8photo", "broken screen")
    (update,) = await bot.get_updates(timeout=2)
    file = await bot.get_file(update.message.photo[-1].file_id)
    assert bytes(await file.download_as_bytearray()) == b"\xff\xd8photo"
    sent = await bot.send_photo(5, b"jpeg", caption="look")
    again = await bot.send_photo(5, sent.photo[-1].file_id)
    assert again.photo[-1].file_size == 4
    album = await bot.send_media_group(5, [InputMediaPhoto(b"a"), InputMediaPhoto(b"b", caption="two")])
    assert album[1].caption == "two"
    assert (await bot.send_document(5, b"%PDF", filename="a.pdf")).document.file_name == "a.pdf"
    with pytest.raises(telegram.error.BadRequest, match="caption is too long"):
        await bot.send_photo(5, b"jpeg", caption="x" * 1025)
    telegram_.settings(file_limit=2)
    with pytest.raises(telegram.error.BadRequest, match="too big"):
        await bot.get_file(sent.photo[-1].file_id)


async def test_forum_topics(telegram_, bot):
    telegram_.group(GROUP, forum=True)
    topic = (await bot.create_forum_topic(GROUP, "#12 no paper")).message_thread_id
    card = await bot.send_message(GROUP, "card", message_thread_id=topic)
    assert await bot.pin_chat_message(GROUP, card.message_id)
    telegram_.user_text(GROUP, "on it", user=77, thread=topic, reply_to=card.message_id)
    (update,) = await bot.get_updates(timeout=2)
    assert update.message.message_thread_id == topic
    assert update.message.reply_to_message.text == "card"
    await bot.close_forum_topic(GROUP, topic)
    with pytest.raises(telegram.error.BadRequest, match="Topic_closed"):
        await bot.send_message(GROUP, "x", message_thread_id=topic)
    with pytest.raises(telegram.error.BadRequest, match="Topic_not_modified"):
        await bot.close_forum_topic(GROUP, topic)
    await bot.reopen_forum_topic(GROUP, topic)
    telegram_.delete_topic(GROUP, topic)
    with pytest.raises(telegram.error.BadRequest, match="Message thread not found"):
        await bot.send_message(GROUP, "x", message_thread_id=topic)


async def test_chat_members_commands_and_the_rest(telegram_, bot):
    telegram_.group(GROUP)
    telegram_.member(GROUP, 77, "creator")
    assert (await bot.get_me()).username == "posbot_test_bot"
    assert (await bot.get_chat(5)).first_name == "Wang"
    assert (await bot.get_chat_member(GROUP, 77)).status == "creator"
    assert (await bot.get_chat_member(GROUP, 78)).status == "left"
    assert {m.status for m in await bot.get_chat_administrators(GROUP)} == {"creator", "administrator"}
    await bot.set_my_commands([("start", "Start")])
    assert (await bot.get_my_commands())[0].command == "start"
    await bot.set_my_description("helps")
    await bot.send_chat_action(5, "typing")
    sent = await bot.send_message(5, "x")
    await bot.set_message_reaction(5, sent.message_id, "👍")
    assert (await bot.copy_message(GROUP, 5, sent.message_id)).message_id == 1
    await bot.leave_chat(GROUP)
    with pytest.raises(telegram.error.Forbidden, match="kicked"):
        await bot.send_message(GROUP, "x")


async def test_every_user_action_parses(telegram_, bot):
    telegram_.user_sticker(5)
    telegram_.user_voice(5)
    telegram_.user_video(5)
    telegram_.user_location(5, 31.2, 121.5)
    telegram_.user_contact(5, "+8613800000000")
    telegram_.user_poll(5, "which?", ["a", "b"])
    telegram_.user_forwarded(5, "see below")
    telegram_.user_album(5, [b"a", b"b"], "two")
    telegram_.user_document(5, b"%PDF", "slip.pdf")
    edited = telegram_.user_text(5, "tpyo")
    telegram_.user_edit(5, edited["message_id"], "typo")
    telegram_.channel_post(-1002, "news")
    telegram_.block(5)
    updates = await bot.get_updates()
    assert len(updates) == 14
    assert updates[-3].edited_message.text == "typo"
    assert updates[-2].channel_post.chat.type == "channel"
    assert updates[-1].my_chat_member.new_chat_member.status == "kicked"
    with pytest.raises(LookupError, match="no button"):
        telegram_.user_press(5, "nothing")


def test_raw_updates_pass_unchanged(telegram_):
    telegram_.raw({"update_id": 200_000, "message": {"date": "not a date", "chat": []}})
    telegram_.raw(b'{"update_id":%UPDATE_ID%,"message":1e999}')
    answer = httpx.get(f"{telegram_.base_url}{TOKEN}/getUpdates", trust_env=False)
    first, second = json.loads(answer.content)["result"]
    assert first["message"]["date"] == "not a date"
    assert second == {"update_id": 200_001, "message": float("inf")}


FAULTS = [
    ("429", telegram.error.RetryAfter, 0),
    ("500", telegram.error.NetworkError, 0),
    ("502", telegram.error.NetworkError, 0),
    ("drop_before", telegram.error.NetworkError, 0),
    ("drop_after", telegram.error.NetworkError, 1),
    ("hang", telegram.error.TimedOut, 0),
    ("hang_after", telegram.error.TimedOut, 1),
]


@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
@pytest.mark.parametrize(("kind", "error", "effect"), FAULTS)
async def test_faults_strike_once(telegram_, kind, error, effect):
    telegram_.chat_info(5)
    telegram_.fault(kind, method="sendMessage", times=1)
    async with connected(telegram_, patience=0.3) as bot:
        with pytest.raises(error):
            await bot.send_message(5, "lost?")
        assert telegram_.count(5) == effect
        await bot.send_message(5, "well")
    assert telegram_.fault_report()["struck"] == {kind: 1}
    assert [c["fault"] for c in telegram_.calls("sendMessage")] == [kind, ""]


async def test_slow_answers_and_an_outage(telegram_, bot):
    loop = asyncio.get_running_loop()
    telegram_.fault("slow", seconds=0.2, times=1)
    since = loop.time()
    await bot.send_message(5, "x")
    assert loop.time() - since >= 0.2
    telegram_.outage("502")
    for _ in range(2):
        with pytest.raises(telegram.error.NetworkError):
            await bot.get_me()
    telegram_.clear_faults()
    assert await bot.get_me()


def test_faults_depend_on_the_seed_only():
    def struck(seed: int) -> list[str]:
        faults = Faults(seed)
        for kind in ("429", "500", "drop_after"):
            faults.add(kind, probability=0.05)
        rules = [faults.draw("sendmessage", Params({"chat_id": n % 50})) for n in range(4000)]
        return [rule.kind if rule else "" for rule in rules]

    assert struck(1) == struck(1) != struck(2)
    assert all(140 < struck(1).count(kind) < 260 for kind in ("429", "500", "drop_after"))


@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
async def test_rate_limits(telegram_, bot):
    telegram_.rate_limits(per_chat=1, overall=0, per_group_minute=3)
    telegram_.group(GROUP)
    await bot.send_message(5, "x")
    with pytest.raises(telegram.error.RetryAfter):
        await bot.send_message(5, "y")
    for _ in range(3):
        await bot.send_message(GROUP, "x")
    with pytest.raises(telegram.error.RetryAfter):
        await bot.send_message(GROUP, "x")


async def test_webhook_gets_updates_in_order_until_it_says_200(telegram_, bot):
    seen: list[tuple[str, str]] = []

    async def hook(request: Request) -> Response:
        update = Update.de_json(await request.json())
        seen.append((request.headers["X-Telegram-Bot-Api-Secret-Token"], update.message.text))
        return Response(status_code=500 if len(seen) < 3 else 200)

    with serve_app(Starlette(routes=[Route("/hook", hook, methods=["POST"])])) as address:
        await bot.set_webhook(f"{address}/hook", secret_token="s3cret")
        telegram_.user_text(5, "one")
        telegram_.user_text(5, "two")
        await telegram_.until(lambda: not telegram_.pending())
        with pytest.raises(telegram.error.Conflict, match="webhook is active"):
            await bot.get_updates()
        info = await bot.get_webhook_info()
    assert seen == [("s3cret", "one")] * 3 + [("s3cret", "two")]
    assert info.last_error_message == "Wrong response from the webhook: 500"
    await bot.delete_webhook()
    assert await bot.get_updates() == ()


async def test_wrong_token(telegram_):
    async with connected(telegram_, token="1:wrong") as bot:
        with pytest.raises(telegram.error.InvalidToken):
            await bot.get_me()


def test_unknown_method(telegram_):
    answer = httpx.post(f"{telegram_.base_url}{TOKEN}/makeCoffee", trust_env=False)
    assert (answer.status_code, answer.json()["ok"]) == (404, False)


def test_control_over_http_and_the_three_encodings(telegram_):
    remote = RemoteEmulator(telegram_.url)
    remote.wait_up()
    remote.user_photo(5, b"\x00\xff", "photo")
    with httpx.Client(base_url=f"{remote.base_url}{TOKEN}/", trust_env=False) as client:
        client.get("sendMessage", params={"chat_id": 5, "text": "query"})
        client.post("SENDMESSAGE", json={"chat_id": 5, "text": "json"})
        client.post("sendMessage", data={"chat_id": 5, "text": "form"})
        client.post("sendDocument", data={"chat_id": 5}, files={"document": ("a.txt", b"multipart")})
        assert client.post("sendMessage", content=b"{", headers={"content-type": "application/json"}).is_error
    assert remote.texts(5) == ["query", "json", "form", ""]
    assert remote.all_sent() == {"5": ["query", "json", "form", ""]}
    with pytest.raises(LookupError, match="no action"):
        remote._call("world", (), {})
    remote.close()
