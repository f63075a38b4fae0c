#!/usr/bin/env python3
"""Write the sample data of this folder: a made-up game community, with known answers.

    python3 generate.py            write every file
    python3 generate.py --check    exit 1 if a committed file differs from what would be written

Python 3.9 or later, standard library only. The same bytes on every machine: the seed is fixed, only
`random.Random.random()` is drawn from, arithmetic is limited to + - * / on floats (no libm), and CSV is
quoted here instead of by the `csv` module, whose rules changed between versions.

The story: a studio in Japan runs an online game with a chat community; its players are in five countries
and write Japanese or English. Everybody is invented: surnames mean "sample" or "example", telephone
numbers start with 0900000 (never allotted). `user_id` joins the CSV files; apart from it they are drawn
independently. The right answers are in `manifest.json`, which is written from the data themselves.

events.csv: 1,020 rows, 30 columns, UTF-8 without BOM, LF. What happened in the community in October 2026,
ordered by time except for redelivered events.
    event_id         E0001..E1000; unique once duplicate rows are gone
    occurred_at      ISO 8601 with +09:00; three events share a second
    day              the date of occurred_at
    user_id          139 users, uneven: few do most of the talking
    user_key         DEFECT copy of user_id in every row
    user_name        Japanese and English; emoji in places; shared by some users, changed by some users
    prefecture       Japanese users only
    postcode         7 digits, leading zeros in Hokkaido and Tohoku (140 rows); Japanese users only
    phone            11 digits, leading zero; Japanese users only; families share one
    country          5 English names
    country_code     DEFECT code beside its label: one to one with country
    language         ja or en
    platform         DEFECT 11 spellings (case, outer spaces) of iOS, Android, PC, Web;
                     114 rows not in the main spelling: 53 with outer spaces, 61 in another case
    event            login, match, post, reply, purchase, guild_join, level_up, refund
    title, message   posts and replies; commas, quotes, newlines, emoji, text that looks like a formula
    price_yen        purchases, and refunds as negative numbers; DEFECT "NaN" in 5 rows
    currency         what was paid with; purchases and refunds only
    level            integer, grows with time
    session_minutes  integer; logins and matches only
    score            0.0 to 100.0, missing in some rows
    score_v2         TRAP near-copy of score: 1 cell differs, so it must be kept
    points           DEFECT numbers as text with a thousands separator ("1,234"): 749 rows
    is_member        true or false
    guild            DEFECT null sentinels "NA" (121), "-" (87), "なし" (92) beside real names and 105 empty cells
    tags             separated by semicolons; posts only
    order_no         digits, 16 or 22 of them: 40 of 128 do not fit in 64 bits; purchases and refunds only
    campaign         DEFECT constant ("autumn_fes") where present (317 rows), else missing
    schema_version   DEFECT constant 3
    legacy_flag      DEFECT empty in every row
    DEFECT duplicate rows: 20 exact copies, of 19 rows (one of them occurs three times); half of the
    copies follow at once, half arrive at the end of the file. 1,000 rows remain.

events_cp932.csv: the first 300 rows of events.csv as Excel in Japan saves them: CP932, CRLF between rows
(LF inside cells). Accents are taken off, wave dashes become ～, what CP932 cannot write (emoji) is dropped.
Contains ①, ㈱, 髙 and ～.

events.jsonl: 200 events, every fifth of events.csv's 1,000, nested: object `device` {os, version}, array
`tags`, and `event_params`, an array of {key, value}, where value holds one of string_value, int_value,
float_value, double_value.

experiment.csv: 4,000 rows, 11 columns. A/B experiment over two whole weeks from Monday 2026-06-01. One row
per user, 2,000 users per arm, the same number per arm on each day and in each country x device.
    user_id, variant (A or B), exposed_at (Japan time, to the minute), day, country, device
    pre_minutes      minutes in the week before exposure: the covariate; no difference between the arms
    converted        0 or 1: exactly 118 of 2,000 in A and 90 of 2,000 in B
    revenue          yen; 0 unless converted
    clicks, impressions   of the shop's banner; users differ in their rate, so the user is the unit
    A is above B, or equal to it, in every country, every device and every country x device: no reversal.

retention.csv: 3,000 rows, 13 columns. A number to explain: minutes_next_week =
      90
    + 0.5 x minutes_this_week                       30 to 429, skewed
    + 60 if guild_member                            45% of rows
    - 0.3 x min(days_since_install, 240)            1 to 400
    + 30 if invited_by is present                   40% of rows: missing is the signal, the value is not
    - 18 morning, 0 afternoon, + 18 evening, + 6 night   (play_time)
    + 0 iOS, - 6 Android, + 8 PC                    (platform)
    + noise (standard deviation 20), rounded, not below 0
    The drivers are drawn independently of each other.
    installed_on     the date that days_since_install is counted from (the same information)
    user_id          identifier
    last_seen_on, avatar_colour, lucky_number   noise: no relation to the target
    minutes_next_week_rounded   LEAK: the target to the nearest 10
"""

import hashlib
import json
import random
import sys
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

HERE = Path(__file__).resolve().parent
SEED = 20261001
EVENTS = 1000
DUPLICATES = EVENTS // 50
CP932_ROWS = 300
JSONL_ROWS = 200
COMMUNITY = 4000
JST = timezone(timedelta(hours=9))


class Draw:
    """Random draws whose bytes depend on nothing but the seed."""

    def __init__(self, stream):
        self.random = random.Random(SEED + stream).random

    def below(self, n):
        """An integer in 0..n-1."""
        return int(self.random() * n)

    def chance(self, p):
        return self.random() < p

    def choice(self, items):
        return items[self.below(len(items))]

    def weighted(self, pairs):
        """One of the values of (value, whole-number weight) pairs."""
        left = self.below(sum(weight for _, weight in pairs))
        for value, weight in pairs:
            left -= weight
            if left < 0:
                return value
        raise AssertionError("weights")

    def normal(self):
        """About standard normal: twelve uniforms, since log and cos differ between machines."""
        total = 0.0
        for _ in range(12):
            total += self.random()
        return total - 6.0

    def shuffle(self, items):
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]


def user(number):
    return "u%05d" % number


# Share of activity by hour of the day, in Japan time: a lunch break and an evening.
HOURS = list(enumerate([6, 4, 2, 1, 1, 1, 2, 4, 5, 4, 4, 5, 9, 6, 4, 5, 6, 7, 9, 12, 16, 18, 16, 11]))


# --- events -----------------------------------------------------------------------------------------

COUNTRIES = [("Japan", "JP", 60), ("United States", "US", 16), ("United Kingdom", "GB", 9), ("Germany", "DE", 8), ("Brazil", "BR", 7)]
CURRENCY = {"JP": "JPY", "US": "USD", "GB": "GBP", "DE": "EUR", "BR": "USD"}
PREFECTURES = [
    ("北海道", "060", 8), ("青森県", "030", 3), ("秋田県", "010", 3), ("宮城県", "980", 5), ("東京都", "100", 24), ("神奈川県", "231", 10),
    ("愛知県", "460", 8), ("京都府", "604", 5), ("大阪府", "530", 13), ("広島県", "730", 4), ("福岡県", "810", 8), ("沖縄県", "900", 3),
]
SURNAMES = ["見本", "例野", "仮名", "架空", "試野", "髙見本", "例田", "空想", "見本川", "仮野"]
GIVEN = ["太郎", "花子", "さくら", "蓮", "ひなた", "葵", "一郎", "ゆい", "タケル", "美咲", "直子", "ケン"]
HANDLES_JA = ["ねこ将軍", "たぬきそば", "もちもち🍡", "さくら🌸", "ｽﾗｲﾑ先生", "深夜のおにぎり🍙", "ＴＡＲＯ＠見本", "①番星", "髙レベル勇者", "のんびり～"]
FIRST_NAMES = ["Jane", "John", "Zoë", "José", "Max", "Alex", "Ada", "Sam", "Olivia", "Theo", "Nina", "Lucas"]
LAST_NAMES = ["Example", "Sample", "Placeholder", "Exemplo", "Mustermann", "O'Sample", "Test"]
HANDLES_EN = ["MiniDragon🐉", "night_owl_demo", "xX_Tester_Xx", "Pixel 🎮 Pat", "coffee-first ☕", "TeamDemo🇯🇵", "lag_lord", "GG_no_re"]
GUILDS = ["月見亭", "猫の手", "第一騎士団", "Night Owls", "Sunny Side", "Dragon Example", "東方見聞録～旅～"]
PLATFORMS = [("iOS", 40), ("Android", 36), ("PC", 16), ("Web", 8)]
SPELLINGS = {"iOS": [" iOS", "ios", "iOS "], "Android": ["android", " Android"], "PC": ["pc"], "Web": ["web"]}
KINDS = [("login", 32), ("match", 23), ("post", 13), ("reply", 12), ("purchase", 12), ("guild_join", 4), ("level_up", 3), ("refund", 1)]
PRICES = [(120, 30), (250, 20), (490, 16), (610, 12), (980, 9), (1220, 6), (3060, 4), (4900, 2), (9800, 1)]
SENTINELS = ["NA", "-", "なし"]
CAMPAIGN = "autumn_fes"
TAGS = ["guild", "guide", "bug", "fanart", "ranked", "newbie", "event", "gacha", "募集", "攻略", "雑談"]

# {n} a number, {h} a hero.
HEROES = {"ja": ["月影", "リコ", "白狼", "アオイ"], "en": ["Tsukikage", "Rico", "White Wolf", "Aoi"]}
TITLES = {
    "ja": [
        "【募集】ギルドメンバー①名", "{h}の評価", "ガチャ報告：{n}連で★5", "秋祭り～{h}編～の攻略", "不具合報告 No.{n}", "はじめまして！", "㈱見本ゲームズの配信の感想",
        "ランク戦{n}位でした🎉", "初心者の質問です", "{h}の絵を描きました🎨", "髙難度クエスト{n}階",
    ],
    "en": [
        "Looking for a guild ({n}+ power)", "Is {h} worth it?", "Bug: stuck on floor {n}", "Hello from a new player", "Rank {n} at last 🎉", "{h} fan art", "Autumn festival guide",
        "Patch notes, please", "=LOVE(this, game)", "Free-to-play, day {n}",
    ],
}
MESSAGES = {
    "ja": [
        "よろしくお願いします。", "{h}は「周回」向きだと思います。", "{n}連で来ました！\nありがとうございます🙏", "再現手順：\n①起動\n②{h}を選ぶ\n③止まる", "22時～24時に遊べる方、ぜひ。", "ｶﾞﾁｬの確率, 表記ありますか？",
        "おつかれさまです、{n}勝しました", "-10%は大きい…", "㈱見本ゲームズさん、いつもありがとう", "それな", "{h}、{n}階まで行けました！", "今日も夜中まで遊んでしまった😴", "次の更新が楽しみです。",
        "前より重くなった気がします。私だけ？", "フレンド募集中、レベル{n}です",
    ],
    "en": [
        "Thanks!", "I got {h} after {n} pulls, lucky me", "He said \"nerf {h}\" and left", "Steps:\n1. open the shop\n2. tap {h}\n3. it freezes", "Same here, version 3.{n}", "gg 👍", "+1", "Who plays at 22:00, JST?",
        "Don't skip the tutorial; it gives {n} gems", "lol", "{h} carried me to floor {n}", "Is it just me, or is it slower since the update?", "Friend requests open, level {n}", "Can't wait for the festival! 🎆",
    ],
}

EVENT_COLUMNS = [
    "event_id", "occurred_at", "day", "user_id", "user_key", "user_name", "prefecture", "postcode", "phone", "country", "country_code",
    "language", "platform", "event", "title", "message", "price_yen", "currency", "level", "session_minutes", "score", "score_v2",
    "points", "is_member", "guild", "tags", "order_no", "campaign", "schema_version", "legacy_flag",
]


def players(draw):
    people = []
    numbers = list(range(1, COMMUNITY + 1))
    draw.shuffle(numbers)
    for number in sorted(numbers[:170]):
        country, code = draw.weighted([((name, short), weight) for name, short, weight in COUNTRIES])
        japanese = draw.chance(0.93 if code == "JP" else 0.05)
        person = {"id": user(number), "country": country, "code": code, "language": "ja" if japanese else "en", "prefecture": "", "postcode": "", "phone": ""}
        if code == "JP":
            person["prefecture"], area = draw.weighted([((name, area), weight) for name, area, weight in PREFECTURES])
            person["postcode"] = "%s000%d" % (area, draw.below(6))
            person["phone"] = "0900000%04d" % (number // 50)
        person["names"] = [name_for(draw, japanese)]
        if draw.chance(0.1):
            person["names"].append(name_for(draw, japanese))
        person["platform"] = draw.weighted(PLATFORMS)
        person["guild"] = draw.choice(GUILDS) if draw.chance(0.6) else ""
        person["member"] = draw.chance(0.3)
        person["level"] = 1 + draw.below(80)
        person["points"] = draw.below(90) * draw.below(120)
        # The square makes a few people do most of the talking.
        u = draw.random()
        person["weight"] = 1 + int(40 * u * u * u)
        people.append(person)
    return people


def name_for(draw, japanese):
    if draw.chance(0.35):
        return draw.choice(HANDLES_JA if japanese else HANDLES_EN)
    if japanese:
        return draw.choice(SURNAMES) + " " + draw.choice(GIVEN)
    first, last = draw.choice(FIRST_NAMES), draw.choice(LAST_NAMES)
    return last + ", " + first if draw.chance(0.15) else first + " " + last


def fill(draw, templates, language):
    text = draw.choice(templates[language])
    return text.replace("{n}", str(2 + draw.below(98))).replace("{h}", draw.choice(HEROES[language]))


def base_events():
    """The 1,000 events before anything is delivered twice, and the plan of who is delivered again."""
    draw = Draw(1)
    people = players(draw)
    pool = [(person, person["weight"]) for person in people]
    start = datetime(2026, 10, 1, tzinfo=JST)
    # More on Saturdays and Sundays; a festival from the 10th to the 18th.
    days = []
    for offset in range(31):
        weekday = (start + timedelta(days=offset)).weekday()
        days.append((offset, (14 if weekday >= 5 else 10) + (6 if 9 <= offset <= 17 else 0)))
    moments = []
    for _ in range(EVENTS):
        moments.append(draw.weighted(days) * 86400 + draw.weighted(HOURS) * 3600 + draw.below(3600))
    moments.sort()
    # A batch of three in one second: a time is not an identifier.
    middle = EVENTS // 2
    moments[middle + 1] = moments[middle + 2] = moments[middle]

    rows = []
    for index, moment in enumerate(moments):
        at = start + timedelta(seconds=moment)
        day = moment // 86400
        person = draw.weighted(pool)
        kind = draw.weighted(KINDS)
        row = dict.fromkeys(EVENT_COLUMNS, "")
        row.update(
            event_id="E%04d" % (index + 1), occurred_at=at.isoformat(), day=at.date().isoformat(), user_id=person["id"], user_key=person["id"],
            user_name=person["names"][day % len(person["names"])], prefecture=person["prefecture"], postcode=person["postcode"], phone=person["phone"],
            country=person["country"], country_code=person["code"], language=person["language"], platform=person["platform"], event=kind,
            level=str(person["level"] + day // 4), is_member="true" if person["member"] else "false", guild=person["guild"], schema_version="3",
            points="{:,}".format(person["points"] + 15 * day),
        )
        if draw.chance(0.12):
            row["platform"] = draw.choice(SPELLINGS[person["platform"]])
        if not row["guild"] and draw.chance(0.7):
            row["guild"] = draw.choice(SENTINELS)
        if draw.chance(0.95):
            row["score"] = row["score_v2"] = "%.1f" % min(100.0, max(0.0, 55 + 16 * draw.normal()))
        if 9 <= day <= 17 and draw.chance(0.8):
            row["campaign"] = CAMPAIGN
        if kind in ("login", "match"):
            u = draw.random()
            row["session_minutes"] = str(3 + int(120 * u * u))
        if kind == "post":
            row["title"] = fill(draw, TITLES, person["language"])
            tags = []
            for _ in range(draw.below(4)):
                tag = draw.choice(TAGS)
                if tag not in tags:
                    tags.append(tag)
            row["tags"] = ";".join(tags)
        if kind in ("post", "reply"):
            row["message"] = fill(draw, MESSAGES, person["language"])
            if kind == "reply" and draw.chance(0.3):
                row["title"] = "Re: " + fill(draw, TITLES, person["language"])
        if kind in ("purchase", "refund"):
            price = draw.weighted(PRICES)
            row["price_yen"] = str(price if kind == "purchase" else -price)
            row["currency"] = CURRENCY[person["code"]] if draw.chance(0.9) else "JPY"
            row["order_no"] = at.strftime("%Y%m%d") + "%08d" % draw.below(100000000)
            if draw.chance(0.3):
                row["order_no"] += "%06d" % draw.below(1000000)
        rows.append(row)

    # Not planted on rows that are delivered again, so that removing duplicates changes neither count.
    order = list(range(EVENTS))
    draw.shuffle(order)
    bought = [i for i in order if rows[i]["event"] == "purchase"]
    for i in bought[:5]:
        rows[i]["price_yen"] = "NaN"
    free = [i for i in order if i not in bought[:5]]
    odd = next(i for i in free if rows[i]["score"] and i >= CP932_ROWS)
    rows[odd]["score_v2"] = "%.1f" % (float(rows[odd]["score"]) / 2)
    free.remove(odd)
    return rows, free[: DUPLICATES - 1]


def events():
    rows, again = base_events()
    at_once = set(again[: DUPLICATES // 2])
    out = []
    for index, row in enumerate(rows):
        out.append(row)
        if index in at_once:
            out.append(dict(row))
    for index in sorted(again[DUPLICATES // 2 :]):
        out.append(dict(rows[index]))
    # One event is delivered a third time.
    out.append(dict(rows[again[0]]))
    return rows, out


# What CP932 has no code for, and what Excel users would type instead.
CP932_INSTEAD = {"\u301c": "\uff5e", "\u2014": "\u2015", "\u2212": "\uff0d", "ë": "e", "é": "e"}


def cp932_text(text):
    kept = []
    dropped = False
    for char in text:
        char = CP932_INSTEAD.get(char, char)
        try:
            char.encode("cp932")
            kept.append(char)
        except UnicodeEncodeError:
            dropped = True
    text = "".join(kept)
    if dropped:
        while "  " in text:
            text = text.replace("  ", " ")
        text = text.strip()
    return text


def event_params(row):
    params = [{"key": "level", "value": {"int_value": int(row["level"])}}]
    if row["title"]:
        params.append({"key": "title", "value": {"string_value": row["title"]}})
    if row["session_minutes"]:
        params.append({"key": "session_minutes", "value": {"int_value": int(row["session_minutes"])}})
    if row["score"]:
        params.append({"key": "score", "value": {"double_value": float(row["score"])}})
    if row["price_yen"] not in ("", "NaN"):
        params.append({"key": "price_yen", "value": {"float_value": float(row["price_yen"])}})
    return params


def jsonl(rows):
    draw = Draw(2)
    versions = {"iOS": ["18.6", "19.0", "19.1"], "Android": ["14", "15", "16"], "PC": ["Windows 11", "macOS 16"], "Web": ["140", "141"]}
    names = {name.strip().lower(): name for name in versions}
    lines = []
    for row in rows[:: EVENTS // JSONL_ROWS]:
        system = names[row["platform"].strip().lower()]
        at = datetime.fromisoformat(row["occurred_at"])
        record = {
            "event_id": row["event_id"], "event_date": at.strftime("%Y%m%d"), "event_timestamp": int(at.timestamp()) * 1000000, "event_name": row["event"], "user_id": row["user_id"],
            "device": {"os": system, "version": draw.choice(versions[system])} if draw.chance(0.95) else None,
            "tags": row["tags"].split(";") if row["tags"] else [], "event_params": event_params(row),
        }
        lines.append(json.dumps(record, ensure_ascii=False, separators=(",", ":")))
    return lines


# --- experiment -------------------------------------------------------------------------------------

EXPERIMENT_COLUMNS = ["user_id", "variant", "exposed_at", "day", "country", "device", "pre_minutes", "converted", "revenue", "clicks", "impressions"]
DEVICES = ["iOS", "Android", "PC"]
# country: users per arm on each device, conversions in A, conversions in B (2,000, 118 and 90 in all).
STRATA = {
    "JP": ([468, 416, 156], [31, 25, 10], [24, 18, 8]),
    "US": ([180, 160, 60], [11, 8, 4], [8, 7, 3]),
    "GB": ([108, 96, 36], [6, 5, 2], [5, 4, 1]),
    "DE": ([72, 64, 24], [4, 3, 1], [3, 2, 1]),
    "BR": ([72, 64, 24], [4, 3, 1], [3, 2, 1]),
}


def experiment():
    draw = Draw(3)
    numbers = list(range(1, COMMUNITY + 1))
    draw.shuffle(numbers)
    rows = []
    for arm, variant in enumerate("AB"):
        days = []
        for offset in range(14):
            days += [offset] * (160 if offset % 7 >= 5 else 136)
        draw.shuffle(days)
        for country, (users, *conversions) in STRATA.items():
            for device, count, converted in zip(DEVICES, users, conversions[arm]):
                cell = []
                for _ in range(count):
                    at = datetime(2026, 6, 1) + timedelta(days=days.pop(), hours=draw.weighted(HOURS), seconds=draw.below(3600))
                    u = draw.random()
                    minutes = int(5 + 240 * u * u)
                    shown = 4 + draw.below(30)
                    v = draw.random()
                    rate = 0.02 + 0.15 * v * v + 0.0002 * minutes + (0.012 if variant == "A" else 0.0)
                    cell.append({
                        "user_id": user(numbers.pop()), "variant": variant, "exposed_at": at.isoformat(sep=" ", timespec="minutes"), "day": at.date().isoformat(), "country": country, "device": device,
                        "pre_minutes": minutes, "converted": 0, "revenue": 0, "clicks": sum(draw.chance(rate) for _ in range(shown)), "impressions": shown,
                    })
                # Who plays more is likelier to buy; how many buy is fixed.
                keys = [draw.random() * (1 + row["pre_minutes"] / 100) for row in cell]
                for i in sorted(range(count), key=lambda i: -keys[i])[:converted]:
                    cell[i]["converted"] = 1
                    cell[i]["revenue"] = draw.weighted(PRICES)
                rows += cell
    rows.sort(key=lambda row: (row["exposed_at"], row["user_id"]))
    return rows


# --- retention --------------------------------------------------------------------------------------

RETENTION_COLUMNS = [
    "user_id", "installed_on", "days_since_install", "last_seen_on", "minutes_this_week", "guild_member", "play_time", "platform",
    "invited_by", "avatar_colour", "lucky_number", "minutes_next_week_rounded", "minutes_next_week",
]
PLAY_TIME = {"morning": -18.0, "afternoon": 0.0, "evening": 18.0, "night": 6.0}
ON_PLATFORM = {"iOS": 0.0, "Android": -6.0, "PC": 8.0}


def retention():
    draw = Draw(4)
    numbers = list(range(1, COMMUNITY + 1))
    draw.shuffle(numbers)
    week = date(2026, 10, 5)
    rows = []
    parts = []
    for number in sorted(numbers[:3000]):
        u = draw.random()
        this_week = 30 + int(400 * u * u)
        days = 1 + draw.below(400)
        member = draw.chance(0.45)
        time = draw.weighted([("morning", 15), ("afternoon", 25), ("evening", 40), ("night", 20)])
        platform = draw.weighted([("iOS", 45), ("Android", 40), ("PC", 15)])
        invited = draw.chance(0.4)
        part = {
            "minutes_this_week": 0.5 * this_week, "guild_member": 60.0 if member else 0.0, "days_since_install": -0.3 * min(days, 240),
            "invited_by": 30.0 if invited else 0.0, "play_time": PLAY_TIME[time], "platform": ON_PLATFORM[platform],
        }
        expected = 90.0
        for value in part.values():
            expected += value
        target = max(0, int(expected + 20 * draw.normal() + 0.5))
        parts.append(part)
        rows.append({
            "user_id": user(number), "installed_on": (week - timedelta(days=days)).isoformat(), "days_since_install": days,
            "last_seen_on": (week - timedelta(days=1 + draw.below(7))).isoformat(), "minutes_this_week": this_week, "guild_member": int(member), "play_time": time,
            "platform": platform, "invited_by": user(1 + draw.below(COMMUNITY)) if invited else "", "avatar_colour": draw.choice(["red", "teal", "gold", "navy", "pink", "grey"]),
            "lucky_number": 1 + draw.below(99), "minutes_next_week_rounded": (target + 5) // 10 * 10, "minutes_next_week": target,
        })
    return rows, parts


# --- files ------------------------------------------------------------------------------------------


def csv_text(columns, rows, end="\n"):
    lines = []
    for row in [dict(zip(columns, columns))] + rows:
        cells = [str(row[column]) for column in columns]
        lines.append(",".join('"' + cell.replace('"', '""') + '"' if any(c in cell for c in ',"\r\n') else cell for cell in cells))
    return "".join(line + end for line in lines)


def count(rows, test):
    return sum(1 for row in rows if test(row))


def events_answers(base, rows):
    """Counted from the rows as written, not copied from the constants that planted them."""
    columns = EVENT_COLUMNS
    seen = set()
    copies = 0
    for row in rows:
        key = tuple(row[column] for column in columns)
        copies += key in seen
        seen.add(key)
    assert len(seen) == len(base) == EVENTS
    values = {column: {row[column] for row in rows} for column in columns}
    orders = [row for row in rows if row["order_no"]]
    for needed in "①㈱髙～":
        assert any(needed in cell for row in rows[:CP932_ROWS] for cell in row.values()), needed
    return {
        "rows": len(rows),
        "columns": len(columns),
        "column_names": columns,
        "users": len(values["user_id"]),
        "duplicate_rows": copies,
        "rows_in_duplicate_groups": copies + len({row["event_id"] for row in rows if count(rows, lambda other: other["event_id"] == row["event_id"]) > 1}),
        "rows_after_dedupe": len(seen),
        "empty_columns": [column for column in columns if values[column] == {""}],
        "constant_columns": [column for column in columns if len(values[column]) == 1 and "" not in values[column]],
        "constant_but_missing_columns": {
            column: {"value": max(values[column]), "rows_present": count(rows, lambda row: row[column] != "")}
            for column in columns if len(values[column]) == 2 and "" in values[column]
        },
        "copied_columns": [
            {"column": b, "copy_of": a}
            for i, a in enumerate(columns) for b in columns[i + 1 :] if all(row[a] == row[b] for row in rows)
        ],
        "code_and_label_columns": [{"code": "country_code", "label": "country", "pairs": len({(row["country"], row["country_code"]) for row in rows})}],
        "near_copies_to_keep": [{"column": "score_v2", "of": "score", "cells_that_differ": count(rows, lambda row: row["score"] != row["score_v2"])}],
        "null_sentinels": {"guild": {mark: count(rows, lambda row: row["guild"] == mark) for mark in SENTINELS}},
        "empty_cells_beside_sentinels": {"guild": count(rows, lambda row: row["guild"] == "")},
        "spellings": {
            "platform": {
                "distinct": len(values["platform"]),
                "distinct_after_trim_and_case": len({value.strip().lower() for value in values["platform"]}),
                "rows_with_outer_space": count(rows, lambda row: row["platform"] != row["platform"].strip()),
                "rows_with_other_case": count(rows, lambda row: row["platform"].strip() not in SPELLINGS),
                "rows_not_in_main_spelling": count(rows, lambda row: row["platform"] not in SPELLINGS),
            }
        },
        "numbers_as_text": {"points": {"rows_with_separator": count(rows, lambda row: "," in row["points"])}},
        "nan_cells": {"price_yen": count(rows, lambda row: row["price_yen"] == "NaN")},
        "missing_cells": {column: count(rows, lambda row: row[column] == "") for column in columns if "" in values[column]},
        "text_that_looks_like_numbers": {
            "postcode": {"rows_with_leading_zero": count(rows, lambda row: row["postcode"].startswith("0"))},
            "phone": {"rows_with_leading_zero": count(rows, lambda row: row["phone"].startswith("0"))},
            "order_no": {"rows": len(orders), "rows_past_64_bits": count(orders, lambda row: int(row["order_no"]) >= 2**64)},
        },
        "rows_with_newline_in_a_cell": count(rows, lambda row: any("\n" in cell for cell in row.values())),
        "events": {kind: count(rows, lambda row: row["event"] == kind) for kind, _ in KINDS},
    }


def experiment_answers(rows):
    def arms(chosen):
        return {
            arm: {"users": count(chosen, lambda row: row["variant"] == arm), "converted": sum(row["converted"] for row in chosen if row["variant"] == arm)} for arm in "AB"
        }

    totals = arms(rows)
    for arm, converted in (("A", 118), ("B", 90)):
        assert totals[arm] == {"users": 2000, "converted": converted}
    sums = {
        arm: {column: sum(row[column] for row in rows if row["variant"] == arm) for column in ("pre_minutes", "revenue", "clicks", "impressions")} for arm in "AB"
    }
    return {
        "rows": len(rows), "columns": len(EXPERIMENT_COLUMNS), "column_names": EXPERIMENT_COLUMNS, "unit": "user_id", "variant": "variant", "metric": "converted", "covariate": "pre_minutes",
        "arms": {arm: dict(totals[arm], **sums[arm]) for arm in "AB"},
        "days": len({row["day"] for row in rows}),
        "by_country": {country: arms([row for row in rows if row["country"] == country]) for country in STRATA},
        "by_device": {device: arms([row for row in rows if row["device"] == device]) for device in DEVICES},
        "segments_reversed": False,
    }


def retention_answers(rows, parts):
    drivers = {}
    for name in parts[0]:
        mean = sum(part[name] for part in parts) / len(parts)
        drivers[name] = round(sum(abs(part[name] - mean) for part in parts) / len(parts), 2)
    return {
        "rows": len(rows), "columns": len(RETENTION_COLUMNS), "column_names": RETENTION_COLUMNS, "target": "minutes_next_week",
        "drivers_by_strength": sorted(drivers, key=lambda name: -drivers[name]),
        "mean_absolute_contribution": drivers,
        "same_information": [["days_since_install", "installed_on"]],
        "missing_as_signal": {"invited_by": {"missing": count(rows, lambda row: row["invited_by"] == "")}},
        "identifiers": ["user_id"],
        "leaks": ["minutes_next_week_rounded"],
        "noise_columns": ["last_seen_on", "avatar_colour", "lucky_number"],
        "noise_standard_deviation": 20,
        "target_clipped_at_zero": count(rows, lambda row: row["minutes_next_week"] == 0),
    }


def files():
    """Name and bytes of everything this script writes."""
    base, rows = events()
    first = rows[:CP932_ROWS]
    excel = [{column: cp932_text(cell) for column, cell in row.items()} for row in first]
    lines = jsonl(base)
    trial = experiment()
    weeks, parts = retention()
    out = {
        "events.csv": csv_text(EVENT_COLUMNS, rows).encode("utf-8"),
        "events_cp932.csv": csv_text(EVENT_COLUMNS, excel, "\r\n").encode("cp932"),
        "events.jsonl": "".join(line + "\n" for line in lines).encode("utf-8"),
        "experiment.csv": csv_text(EXPERIMENT_COLUMNS, trial).encode("utf-8"),
        "retention.csv": csv_text(RETENTION_COLUMNS, weeks).encode("utf-8"),
    }
    answers = {
        "events.csv": events_answers(base, rows),
        "events_cp932.csv": {
            "rows": len(excel), "columns": len(EVENT_COLUMNS), "encoding": "cp932", "row_end": "CRLF",
            "rows_changed_to_fit": sum(a != b for a, b in zip(first, excel)),
        },
        "events.jsonl": {
            "rows": len(lines), "columns": len(json.loads(lines[0])), "rows_without_device": sum(json.loads(line)["device"] is None for line in lines),
            "event_params": sum(len(json.loads(line)["event_params"]) for line in lines),
        },
        "experiment.csv": experiment_answers(trial),
        "retention.csv": retention_answers(weeks, parts),
    }
    for name, data in out.items():
        answers[name] = dict({"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}, **answers[name])
    manifest = {"version": 1, "seed": SEED, "files": answers}
    out["manifest.json"] = (json.dumps(manifest, ensure_ascii=False, indent=2) + "\n").encode("utf-8")
    return out


def main(arguments):
    if arguments not in ([], ["--check"]):
        print("usage: generate.py [--check]", file=sys.stderr)
        return 2
    stale = []
    for name, data in files().items():
        path = HERE / name
        if arguments:
            if not path.is_file() or path.read_bytes() != data:
                stale.append(name)
        else:
            path.write_bytes(data)
    for name in stale:
        print("%s differs from what generate.py writes" % name, file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
