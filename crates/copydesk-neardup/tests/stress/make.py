#!/usr/bin/env python3
"""A stream of stories, edited copies and look-alikes, for score-like checks of the near-duplicate index.

    make.py BASE.jsonl SEED > stream.jsonl

BASE holds distinct real stories, one `{"text", "title"}` a line (other fields are ignored); about 1,000 are used. What is
done to them, and the look-alikes, are this script's own. Each line out has `id`, `text`, `title`, `published`, `source` and
the gold: `cluster`, `relation`, `ops` (edits of a copy), `kind`.
"""
import datetime
import json
import random
import re
import sys

SEED = int(sys.argv[2])
R = random.Random(SEED)
START = datetime.datetime(2024, 9, 2)
MINUTES = 60 * 24 * 30
OUTLETS = ["Valley Ledger", "Coast Record", "Metro Daily", "North Post", "Harbour News", "The Plain", "Wire One"]

FIRST = "Avery Blake Carmen Dmitri Elena Farid Greta Hassan Ines Jonas Kofi Lucia Marek Nadia Oskar Petra Quentin Rosa Stefan Tomas".split()
LAST = "Abbott Berger Castillo Dawson Eriksen Farrell Gupta Hoffman Ivanov Jensen Kowalski Lopez Murray Novak Okafor Petrov Quinn Rossi Santos Turner Usman Vance Weber Yilmaz Zhang".split()
TOWN = "Ashford Brookdale Carlton Denby Eastleigh Fenwick Glenmore Hartley Ilford Kendal Langley Marston Norwood Oakham Penrith Redhill Selby Tiverton Upton Whitby".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
n = R.randint
pick = R.choice


def person():
    return f"{pick(FIRST)} {pick(LAST)}"


def sentences(text):
    return [s for s in re.split(r"(?<=[.!?])\s+", text.strip()) if s]


def paragraphs(text):
    parts = [p for p in re.split(r"\n\s*\n", text) if p.strip()]
    if len(parts) >= 4:
        return parts
    s = sentences(text)
    return [" ".join(s[i:i + 2]) for i in range(0, len(s), 2)]


# Edits of a copy. Each takes a text and gives another one.

SPELLING = [("percent", "per cent"), ("center", "centre"), ("color", "colour"), ("labor", "labour"), ("program", "programme"),
            ("defense", "defence"), ("million", "m"), ("government", "govt"), ("organiz", "organis"), ("said", "says"),
            ("President", "Pres."), ("United States", "US"), ("United Kingdom", "UK"), ("two", "2"), ("three", "3"), ("four", "4")]


def house_style(text):
    for a, b in R.sample(SPELLING, 9):
        text = re.sub(r"\b" + a, b, text)
    return text


def new_lead(text):
    """Another first paragraph by the desk that took the copy over."""
    s = sentences(text)
    words = " ".join(s[:3]).split()
    R.shuffle(words)
    lead = f"In a turn that {pick(['few', 'many'])} had {pick(['expected', 'feared', 'hoped for'])}, " + " ".join(words[:22]).lower() + "."
    return lead + "\n\n" + " ".join(s[1:])


def mojibake(text):
    text = text.replace("'", "’").replace('"', "“")
    return text.encode().decode("cp1252", "replace")


def read_more(text):
    out = []
    for i, p in enumerate(paragraphs(text)):
        out.append(p)
        if i % 3 == 1:
            out.append("READ MORE: " + pick(POOL)["title"])
    return "\n\n".join(out)


def second_page(text):
    s = sentences(text)
    return " ".join(s[int(len(s) * R.uniform(.25, .5)):])


def thinned(text):
    s = sentences(text)
    kept = [x for x in s if R.random() < .68]
    return " ".join(kept or s)


def comments(text):
    said = ["I was there and it was nothing like that", "Well done to all who helped", "Typical. Nobody asks the people who live here",
            "Can the paper please check its figures", "My thoughts are with the families", "This will cost us all in the end"]
    return text + "\n\nComments\n\n" + "\n\n".join(f"{pick(FIRST)}{n(10, 99)}: {pick(said)}. {pick(said)}." for _ in range(n(3, 9)))


def twice(text):
    return text + "\n\n" + text


def page(text):
    nav = "Home UK World Business Politics Tech Science Health Family Education Entertainment Stories Video Sign in Register Account Notifications More Search"
    cookies = "We and our partners use cookies to store and read information on your device, to measure how our pages are used and to show you content that fits your interests. You can accept all of them or choose below."
    more = "\n".join(["Most read", *[d["title"] for d in R.sample(POOL, 8)]])
    return "\n".join([nav, cookies, "Share on Facebook", "Print", f"{n(2, 9)} min read", text, more, "Follow us", "Terms of use | Privacy | About | Contact"])


def dateline(text):
    return f"{pick(TOWN).upper()}, {pick(MONTHS)[:3]}. {n(1, 28)} ({pick(['Wire One', 'AgencyNet'])}) -- " + text


def brief(text):
    s = sentences(text)
    out = []
    for x in s:
        out.append(x)
        if sum(len(y.split()) for y in out) > 75:
            break
    return " ".join(out)


def names_with_titles(text):
    return re.sub(r"(?<=[a-z,] )([A-Z][a-z]{4,})(?= (?:said|told|added))", lambda m: "Mr " + m.group(1), text)


def words_changed(text):
    return " ".join(pick(WORDS) if w.isalpha() and w.islower() and R.random() < .07 else w for w in text.split(" "))


def updated(text):
    """New paragraphs on top of the old text: a later version."""
    s = sentences(SPARE.pop()["text"])[1:4]
    return " ".join(s) + "\n\n" + text


def typing_errors(text):
    out = list(text)
    for i in range(len(out) - 1):
        if out[i].isalpha() and R.random() < .012:
            out[i], out[i + 1] = out[i + 1], out[i]
    return "".join(out)


EDITS = [house_style, new_lead, mojibake, read_more, second_page, thinned, comments, twice, page, dateline, brief, names_with_titles,
         words_changed, updated, typing_errors]
CUTS = (brief, second_page, thinned)


# Look-alikes: texts of one mould, none a copy of another.

def whats_on():
    """A weekly list that keeps half of its lines."""
    global LISTED
    fresh = [f"{pick(DAYS)}: {pick(['Choir', 'Quiz', 'Book fair', 'Film club', 'Jazz night', 'Market', 'Lecture', 'Dance'])} at {pick(TOWN)} {pick(['Hall', 'Library', 'Church', 'Arms'])}, {n(6, 9)}pm, entry {n(2, 15)} pounds." for _ in range(8)]
    LISTED = R.sample(LISTED, len(LISTED) // 2) + fresh[:len(fresh) - len(LISTED) // 2]
    return "What's on this week", "\n\n".join(LISTED)


LISTED = []


def lottery():
    return f"Lottery: {pick(DAYS)}'s numbers", f"The winning numbers in {pick(DAYS)}'s draw were {', '.join(str(n(1, 59)) for _ in range(6))}. The bonus ball was {n(1, 59)}. There were {n(0, 3)} winners of the jackpot of {n(2, 20)}.{n(0, 9)} million pounds. A total of {n(10, 90)},{n(100, 999)} tickets won smaller prizes. Set {pick('ABCD')} and ball machine {pick(['Arthur', 'Guinevere', 'Merlin', 'Lancelot'])} were used. Players have 180 days to claim a prize and should sign the back of their ticket."


def blotter():
    what = ["a burglary", "a theft of tools from a van", "an assault outside a bar", "damage to a parked car", "a suspicious person", "a noise complaint"]
    rows = [f"{n(1, 12)}:{n(10, 59)} {pick(['a.m.', 'p.m.'])}, {n(100, 9900)} block of {pick(TOWN)} Street: Officers answered a call about {pick(what)}. {pick(['No arrest was made.', 'A report was taken.', 'The suspect was gone on arrival.', 'A ' + str(n(19, 60)) + '-year-old was arrested.'])}" for _ in range(n(4, 7))]
    return "Police log", "The following is taken from the log of the police department. All suspects are presumed innocent until proven guilty.\n\n" + "\n\n".join(rows)


def market_close():
    side = pick(["rose", "fell"])
    return f"Shares {pick(['up', 'down'])} at the close", f"Stocks {side} on {pick(DAYS)} as investors weighed {pick(['rates', 'oil', 'earnings', 'jobs data'])}. The index of leading shares closed {n(3, 90)} points {pick(['higher', 'lower'])} at {n(5000, 8000)}.{n(0, 9)}. {pick(LAST)} Bank gained {n(1, 6)}.{n(0, 9)} percent, while {pick(LAST)} Mining lost {n(1, 6)}.{n(0, 9)} percent. The pound bought {n(1, 1)}.{n(10, 39)} dollars. Brent crude for delivery next month was {n(0, 3)}.{n(10, 99)} dollars higher at {n(60, 95)}.{n(10, 99)} dollars a barrel. Gold stood at {n(1500, 2400)} dollars an ounce. In New York the main index was {n(10, 300)} points {pick(['up', 'down'])} at the time of the London close."


def match_report():
    a, b = R.sample(TOWN, 2)
    return f"{a} {n(0, 4)}-{n(0, 3)} {b}", f"{a} {pick(['beat', 'held', 'lost to'])} {b} at the {pick(LAST)} Ground on {pick(DAYS)}. {pick(LAST)} opened the scoring after {n(2, 40)} minutes with a shot from the edge of the box, and {pick(LAST)} made it two before half-time. {b} replied through {pick(LAST)} in the {n(46, 89)}th minute. The manager, {person()}, said his players had shown character and that there was a long way to go. {a} are {n(2, 20)}th in the table with {n(10, 60)} points from {n(14, 35)} games. {b} host {pick(TOWN)} on {pick(DAYS)}. Attendance: {n(2, 40)},{n(100, 999)}."


def cases_today():
    return "Today's figures", f"Health officials reported {n(20, 4000)} new cases of the virus in the county on {pick(DAYS)}, and {n(0, 30)} further deaths. There are {n(30, 600)} patients in hospital, {n(4, 60)} of them in intensive care. The rate for the past seven days stands at {n(20, 700)} for each 100,000 people. The highest rates were found in {pick(TOWN)} and {pick(TOWN)}. People with symptoms are asked to stay at home and to order a test. Vaccination is open to everybody over the age of {n(12, 60)}, with walk-in centres at {pick(TOWN)} and {pick(TOWN)} from 9 a.m. to 5 p.m."


def column():
    body = " ".join(sentences(SPARE.pop()["text"])[1:6])
    return f"{COLUMNIST}: notes from the shed", f"Every week {COLUMNIST} writes from a shed at the end of the garden about what grows there, what does not and what the neighbours say about it.\n\n{body}\n\nDo you have a question about your garden? Write to {COLUMNIST.split()[0]} at the usual address, with your name and town. Questions may be shortened and not all of them can be answered. Back issues of this column are on our website, with an index by plant and by month."


COLUMNIST = person()


def horoscope():
    signs = "Aries Taurus Gemini Cancer Leo Virgo Libra Scorpio Sagittarius Capricorn Aquarius Pisces".split()
    advice = ["A call from an old friend lifts the mood", "Money matters need a second look", "Rest tonight and leave the list for tomorrow",
              "A short trip brings a good idea", "Speak plainly and you will be heard", "Someone close needs patience", "Luck is on your side before noon",
              "Put nothing in writing today", "An offer looks better than it is", "Trust the first thought", "A door that was shut stands open",
              "Old papers hold the answer", "The moon favours repairs", "Do not lend what you cannot miss", "News from afar changes the week"]
    return "Your stars today", "\n\n".join(f"{s}: {pick(advice)}. {pick(advice)}." for s in signs)


def recall():
    maker = pick(LAST) + " Foods"
    return f"{maker} recalls product", f"{maker} is recalling its {pick(['oat bars', 'soup', 'hummus', 'cheese slices', 'frozen peas'])} because they may contain {pick(['glass', 'milk', 'peanuts', 'salmonella', 'metal'])}. The packs affected weigh {n(100, 900)} grams and carry the batch code {pick('LKTM')}{n(1000, 9999)} with a use-by date of {n(1, 28)} {pick(MONTHS)}. If you have bought the product, do not eat it. Instead, return it to the shop for a full refund, with or without a receipt. For more information call {n(1000, 9999)} {n(100000, 999999)}. The company said it was sorry for any inconvenience and that no other products were affected."


def property_sale():
    return f"For sale: {n(2, 6)} bedrooms in {pick(TOWN)}", f"This {pick(['handsome', 'bright', 'charming', 'modern'])} {pick(['cottage', 'terrace', 'flat', 'farmhouse'])} in {pick(TOWN)} has {n(2, 6)} bedrooms, {n(1, 3)} bathrooms and a {pick(['garden', 'garage', 'cellar', 'balcony'])}. It lies {n(2, 30)} minutes by train from {pick(TOWN)} and within walking distance of shops and schools. The guide price is {n(150, 990)},000 pounds. Viewing is by appointment with the agent, {pick(LAST)} and {pick(LAST)}, on {n(10000, 99999)} {n(100000, 999999)}. Measurements are approximate and do not form part of any contract. Fixtures and appliances have not been tested."


MOULDS = [whats_on, lottery, blotter, market_close, match_report, cases_today, column, horoscope, recall, property_sale]


def main():
    events = []

    def put(at, text, title, cluster, ops, kind, outlet):
        notice = NOTICES.get(outlet)
        if notice and R.random() < .6:
            text = text + "\n\n" + notice
        events.append((at, dict(text=text, title=title, cluster=cluster, ops=ops, kind=kind, source=outlet, relation="duplicate" if ops else "distinct")))

    def later(minutes):
        return START + datetime.timedelta(minutes=minutes)

    for i, d in enumerate(USED):
        text, title = d["text"], d["title"]
        at = n(0, MINUTES)
        kind = "plain"
        if i % 4 == 0:  # standing background at the end of many stories
            text = text + "\n\n" + SAGAS[i // 4 % len(SAGAS)]
            kind = "saga"
        put(later(at), text, title, f"b{i}", [], kind, pick(OUTLETS))
        if R.random() < .45:
            for _ in range(n(1, 3)):
                copy, ops = text, []
                # Cuts come first, or they would leave little of the story.
                for edit in sorted(R.sample(EDITS, n(1, 2)), key=lambda e: e not in CUTS):
                    copy = edit(copy)
                    ops.append(edit.__name__)
                if len(copy.split()) >= 45:
                    put(later(at + n(1, 2500)), copy, title if R.random() < .6 else "", f"b{i}", ops, kind, pick(OUTLETS))
    for i in range(400):
        mould = MOULDS[i % len(MOULDS)]
        title, text = mould()
        put(later(n(0, MINUTES)), text, title, f"m{i}", [], "mould:" + mould.__name__, pick(OUTLETS[:3]))
    for i in range(60):  # one event by two reporters, who quote the same words
        a, b, c = SPARE.pop(), SPARE.pop(), SPARE.pop()
        quotes = " ".join(sentences(c["text"])[2:5])
        for j, d in enumerate((a, b)):
            s = sentences(d["text"])[:n(6, 12)]
            put(later(n(0, MINUTES)), " ".join(s[:3]) + "\n\n" + quotes + "\n\n" + " ".join(s[3:]), d["title"] + " again", f"q{i}.{j}", [], "quoting", pick(OUTLETS))
    for i in range(70):
        parts = [" ".join(sentences(d["text"])[:n(2, 5)]) for d in R.sample(USED, n(3, 5))]
        put(later(n(MINUTES // 2, MINUTES)), "\n\n".join(parts), pick(["Morning briefing", "The week in short", "Five things to know"]), f"r{i}", [], "roundup", pick(OUTLETS))
    events.sort(key=lambda e: e[0])
    for i, (at, d) in enumerate(events):
        print(json.dumps(dict(d, id=f"x{i}", published=at.strftime("%Y-%m-%dT%H:%M:%SZ"))))


def stories():
    docs = []
    for line in open(sys.argv[1], encoding="utf-8"):
        d = json.loads(line)
        title = d.get("title") or ""
        text = d["text"]
        if title and text.startswith(title):
            text = text[len(title):].strip()
        if not d.get("ops") and d.get("kind", "x") in ("x", "bbc", "reuters", "polnear") and len(text.split()) >= 90:
            docs.append(dict(text=text, title=title or " ".join(text.split()[:8])))
    R.shuffle(docs)
    return docs


ALL = stories()
SAGAS = [" ".join([s for s in sentences(d["text"]) if 8 < len(s.split()) < 40][:6]) for d in ALL[:12]]
POOL, SPARE, USED = ALL[12:112], ALL[112:522], ALL[522:1400]
WORDS = [w for d in POOL for w in d["text"].split() if w.isalpha() and w.islower() and len(w) > 3]
NOTICES = {o: " ".join(R.sample([f"The content of this site belongs to {o} and may not be reproduced without written consent.",
                                 "Opinions are those of their writers.", "We correct errors as soon as we learn of them; write to the readers' editor.",
                                 f"{o} is a member of the press council and follows its code.", "Prices and times were right when published.",
                                 "Subscribe for a pound a week and cancel at any time.", "Registered office: 1 Printing House Lane."], n(3, 6))) for o in OUTLETS[:5]}
main()
