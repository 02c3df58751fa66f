"""Synthetic photos of terminal screens, with the response code or prompt that each must lead to.

``python -m tests.screens`` writes the 40 photos of tests/data/screens and their list (needs fonts-noto-cjk);
``--measure`` reads them and prints what was read; ``--seed N --out DIR`` makes others than the committed ones.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.photographing import photograph

FOLDER = Path(__file__).parent / "data" / "screens"
SEED = 20261123
_NOTO = Path("/usr/share/fonts/opentype/noto")
FONTS = {
    "sans": [_NOTO / "NotoSansCJK-Regular.ttc", _NOTO / "NotoSansCJK-Bold.ttc"],
    "lcd": [_NOTO / "NotoSansCJK-Regular.ttc"],
    "mono": [Path("/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf"),
             Path("/usr/share/fonts/truetype/liberation/LiberationMono-Bold.ttf")],
}  # fmt: skip

CODES = [  # (code, words on the screen, language)
    ("55", "密码错误", "zh"), ("51", "余额不足", "zh"), ("91", "发卡方不能操作", "zh"), ("05", "DO NOT HONOR", "en"),
    ("A0", "MAC校验错", "zh"), ("51", "INSUFFICIENT FUNDS", "en"), ("61", "超出消费限额", "zh"),
    ("54", "EXPIRED CARD", "en"), ("96", "系统异常、失效", "zh"), ("75", "密码错误次数超限", "zh"),
    ("14", "无效卡号", "zh"), ("Z1", "OFFLINE DECLINED", "en"), ("98", "超时", "zh"),
    ("91", "ISSUER UNAVAILABLE", "en"), ("41", "LOST CARD", "en"), ("03", "商户未登记", "zh"),
    ("58", "终端无效", "zh"), ("12", "INVALID TRANSACTION", "en"),
    ("57", "不允许此卡交易", "zh"), ("65", "EXCEEDS FREQUENCY LIMIT", "en"), ("99", "PIN格式错", "zh"),
    ("N7", "CVV2 FAILURE", "en"), ("25", "未能找到原交易", "zh"), ("62", "受限制的卡", "zh"), ("13", "无效金额", "zh"),
    ("1A", "ADDITIONAL AUTHENTICATION REQUIRED", "en"), ("30", "格式错误", "zh"), ("97", "终端号找不到", "zh"),
    ("01", "查询发卡方", "zh"), ("94", "DUPLICATE TRANSMISSION", "en"),
]  # fmt: skip
PROMPTS = [  # (first code of the entry, words on the screen, language)
    ("请签到", "请先签到", "zh"), ("TAMPER", "TAMPER DETECTED", "en"), ("打印机缺纸", "打印机缺纸", "zh"),
    ("通讯失败", "通讯超时", "zh"), ("CANNOT CALL HOST", "NO RESPONSE", "en"), ("请使用芯片卡", "请插卡或挥卡", "zh"),
    ("交易流水满", "交易流水满,请结算", "zh"), ("BAD SWIPE", "BAD SWIPE", "en"), ("安全模块异常", "已被攻击", "zh"),
    ("签到失败", "签到失败", "zh"),
]  # fmt: skip


@dataclass(frozen=True)
class Style:
    """How a terminal draws: size of its screen, colours, size of a line, dots or smooth letters."""

    size: tuple[int, int]
    paper: tuple[int, int, int]
    ink: tuple[int, int, int]
    body: tuple[int, int, int]
    line: int
    dots: bool = False


STYLES = {
    "smart": Style((480, 640), (250, 250, 252), (30, 32, 38), (28, 28, 30), 36),
    "dark": Style((480, 640), (22, 34, 66), (240, 242, 250), (60, 62, 64), 36),
    "colour": Style((520, 400), (214, 232, 250), (12, 30, 90), (190, 192, 196), 36),
    "red": Style((520, 400), (250, 244, 240), (186, 24, 24), (40, 44, 52), 36),
    "green": Style((192, 112), (140, 168, 92), (52, 72, 36), (70, 74, 76), 17, dots=True),
    "grey": Style((192, 112), (176, 186, 178), (38, 44, 42), (206, 204, 196), 17, dots=True),
}
EFFECTS = ("plain", "tilted", "left", "right", "upside", "perspective", "blur", "shaken", "glare", "moire",
           "noise", "dark", "pale", "cast", "jpeg",
           "finger", "cropped", "moire+tilted", "glare+perspective", "dark+blur")  # fmt: skip


def text_of(rng: random.Random, code: str, words: str, lang: str, small: bool) -> list[str]:
    """Return the lines of one screen: the code or prompt, and numbers that are none."""
    prompt = not words or (code, words, lang) in PROMPTS
    if lang == "zh":
        head = rng.choice(["消费", "银行卡消费", "撤销", "预授权", "收款"])
        core = [words] if prompt else rng.choice([
            ["交易失败", f"{code} {words}"], ["交易失败", f"应答码:{code}", words], [f"{words}[{code}]"],
            [f"交易失败 {code}", words], ["交易结果:失败", f"返回码:{code}", f"返回信息:{words}"],
            [f"失败原因:{words}({code})"], ["交易拒绝", f"错误码 {code}", words], [f"{code}-{words}"],
            [f"{words} {code}"],
        ])  # fmt: skip
        decoys = [f"金额:{rng.choice(['51.00', '128.00', '1,055.00', '91.50'])}元",
                  f"终端号:{rng.randint(10000000, 99999999)}", f"商户号:8983{rng.randint(10**10, 10**11 - 1)}",
                  f"2026/11/{rng.randint(10, 23)} {rng.randint(8, 21)}:{rng.randint(10, 59)}:{rng.randint(10, 59)}",
                  f"凭证号:{rng.randint(1, 99):06}", f"批次号 {rng.randint(1, 99):06}", "操作员:01",
                  f"卡号:622848******{rng.randint(1000, 9999)}", f"流水号 {rng.randint(1, 9999):06}"]  # fmt: skip
        foot = rng.choice(["请按确认键返回", "确认    取消", "返回首页", "1.重试 2.返回", "客服 95516"])
    else:
        head = rng.choice(["SALE", "PURCHASE", "VOID", "REFUND", "PRE-AUTH"])
        core = [words] if prompt else rng.choice([
            ["TRANSACTION DECLINED", f"{code} {words}"], [f"ERROR {code}", words], [f"RESP CODE: {code}", words],
            [f"DECLINED {code}", words], [f"{words} ({code})"], ["TXN FAILED", f"RC:{code}", words],
            [f"ERR {code} {words}"], [f"{code}-{words}"],
        ])  # fmt: skip
        decoys = [f"AMOUNT: {rng.choice(['51.00', '96.20', '1,205.00', '12.99'])}",
                  f"TID: {rng.randint(10000000, 99999999)}", f"MID: {rng.randint(10**14, 10**15 - 1)}",
                  f"{rng.randint(10, 23)}/11/2026 {rng.randint(8, 21):02}:{rng.randint(0, 59):02}",
                  f"BATCH {rng.randint(1, 99):06}", f"TRACE NO {rng.randint(1, 999):06}", "CLERK 01",
                  f"CARD ************{rng.randint(1000, 9999)}", f"STAN {rng.randint(1, 9999):06}"]  # fmt: skip
        foot = rng.choice(["PRESS ENTER", "OK     CANCEL", "RETRY? 1.YES 2.NO", "REMOVE CARD"])
    if small:
        return [*([head] if len(core) < 3 else []), *core, rng.choice(decoys)][:5]
    chosen = rng.sample(decoys, rng.randint(2, 4))
    cut = rng.randint(0, len(chosen))
    return [head, *chosen[:cut], *core, *chosen[cut:], foot]


def draw(rng: random.Random, style: Style, lines: list[str], lang: str) -> Any:
    """Return the picture of a terminal's front: body, screen and the upper keys."""
    from PIL import Image, ImageDraw, ImageFont

    width, height = style.size
    screen = Image.new("RGB", style.size, style.paper)
    pen = ImageDraw.Draw(screen)
    pen.fontmode = "1" if style.dots else "L"
    kind = "lcd" if style.dots else "mono" if lang == "en" and rng.random() < 0.5 else "sans"
    face = str(rng.choice(FONTS[kind]))
    y = 4 if style.dots else 40
    if not style.dots:
        status = ImageFont.truetype(str(FONTS["sans"][0]), 20)
        pen.text((10, 6), f"{rng.randint(8, 21):02}:{rng.randint(0, 59):02}", font=status, fill=style.ink)
        pen.text((width - 120, 6), f"4G  {rng.randint(11, 99)}%", font=status, fill=style.ink)
    step = (height - y) / max(len(lines), 5)
    middle = rng.random() < 0.4
    for text in lines:
        size = style.line if style.dots else min(style.line, int(step * 0.8))
        font = ImageFont.truetype(face, size)
        while pen.textlength(text, font=font) > width - 12 and size > 11:
            size -= 1
            font = ImageFont.truetype(face, size)
        x = (width - pen.textlength(text, font=font)) / 2 if middle else 6 if style.dots else 24
        pen.text((x, y), text, font=font, fill=style.ink)
        y += step
    if style.dots:
        screen = screen.resize((width * 3, height * 3), Image.Resampling.NEAREST)
    front = Image.new("RGB", (screen.width + 90, screen.height + 230), style.body)
    front.paste(screen, (45, 50))
    keys = ImageDraw.Draw(front)
    light = sum(style.body) < 300
    font = ImageFont.truetype(str(FONTS["sans"][0]), 26)
    for number in range(6):
        left = 45 + (number % 3) * (screen.width // 3) + 10
        top = screen.height + 76 + number // 3 * 74
        keys.rounded_rectangle((left, top, left + screen.width // 3 - 30, top + 54), 10, fill=(92, 96, 100))
        keys.text((left + 16, top + 8), str(number + 1), font=font, fill=(235, 235, 235) if light else (20, 20, 20))
    return front


def make(seed: int, folder: Path) -> list[dict[str, str]]:
    """Write 40 photos and their list; the same seed gives the same photos."""
    rng = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    styles, effects = list(STYLES), [*EFFECTS, *EFFECTS]
    rng.shuffle(effects)
    found = []
    for number, (code, words, lang) in enumerate([*CODES, *PROMPTS]):
        style, effect = styles[(number + seed) % len(styles)], effects[number]
        lines = text_of(rng, code, words, lang, STYLES[style].dots)
        photo = photograph(rng, draw(rng, STYLES[style], lines, lang), effect)
        name = f"{number + 1:02}-{style}-{effect.replace('+', '-')}.jpg"
        (folder / name).write_bytes(photo)
        found.append({"file": name, "code": code, "lang": lang, "effect": effect, "screen": "\n".join(lines)})
    head = "# Written by `python -m tests.screens`: photo, what it must lead to, what its screen says.\n"
    (folder / "screens.yaml").write_text(head + yaml.safe_dump(found, allow_unicode=True, sort_keys=False), "utf-8")
    return found


def load(folder: Path = FOLDER) -> list[dict[str, str]]:
    """Return the list of the photos in a folder."""
    return list(yaml.safe_load((folder / "screens.yaml").read_text(encoding="utf-8")))


def measure(folder: Path, verbose: bool) -> bool:
    """Read every photo as the bot's worker does and print how many lead to the right code; False below 95 %."""
    from bot import photos
    from bot import screen as pixels
    from bot.redact import redact_text
    from intents import screen
    from intents.load import understand

    understanding = understand()
    pixels.read(photos.clean((folder / load(folder)[0]["file"]).read_bytes()))  # the models load once
    right, seconds = 0, []
    for entry in load(folder):
        photo = photos.clean((folder / entry["file"]).read_bytes())
        began = time.process_time()
        text = redact_text(pixels.read(photo).text).text
        seconds.append(time.process_time() - began)
        shown = screen.focus(text, understanding.codes, understanding.knowledge.codes)
        got = leads_to(understanding, shown)
        right += got == entry["code"]
        if verbose or got != entry["code"]:
            row = {"file": entry["file"], "code": entry["code"], "got": got, "shown": shown, "read": text,
                   "screen": entry["screen"], "seconds": round(seconds[-1], 2)}  # fmt: skip
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
    ordered = sorted(seconds)
    middle = ordered[len(ordered) // 2]
    sys.stdout.write(f"{right} of {len(seconds)} right; CPU seconds per photo: median {middle:.2f}, "
                     f"longest {ordered[-1]:.2f}, total {sum(ordered):.1f}\n")  # fmt: skip
    return right >= 0.95 * len(seconds)


def leads_to(understanding: Any, text: str) -> str | None:
    """Return the code or prompt that a confirmed screen leads to."""
    return understanding.match(text).code or understanding.codes.find_prompt(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--measure", action="store_true", help="read the photos of --out instead of writing them")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    if args.measure:
        sys.exit(0 if measure(args.out, args.verbose) else 1)
    else:
        make(args.seed, args.out)


if __name__ == "__main__":
    main()
