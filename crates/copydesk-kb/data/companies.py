"""Companies and cities of the npm package name-suggestion-index (BSD 3-clause): names with Wikidata ids, and labels and one-line
descriptions of those ids (Wikidata, CC0). Taken in by make.py."""
import collections
import json
import os
import re
import unicodedata

# What an organization is called in a description.
BODY = re.compile(r'\b(company|companies|corporation|manufacturer|bank|banking|retailer|chain|agency|operator|service|services|department|ministry|police|university|hospital|authority|association|'
                  r'organi[sz]ation|charity|newspaper|network|railway|railways|group|supermarket|supermarkets|insurer|insurance|energy|utility|telecommunications|broadcaster|publisher|postal|post|'
                  r'conglomerate|cooperative|institute|foundation|airline|airport|brewery|firm|business|enterprise|producer|provider|subsidiary|franchise|automaker|carmaker|retail|multinational|alliance)\b', re.I)
# Trees of shops, offices and works; routes, schools and flags are none of the news.
TREES = ('brands/', 'operators/office/', 'operators/power/plant', 'operators/amenity/post_office', 'operators/amenity/police', 'operators/amenity/hospital', 'operators/aeroway', 'operators/man_made/pipeline',
         'operators/amenity/prison', 'operators/landuse', 'operators/industrial')
CITY = re.compile(r'\b(city|town|capital|municipality)\b', re.I)
NO_CITY = re.compile(r'\b(flag|council|government of|company|agency|department|network|service|operator|supplier|bank|university|authority|organi[sz]ation|association|body|library|police|club|chain|based|located)\b', re.I)
# Names that mean something else as often.
WORDS = set('next action public express budget expert habitat garage millennium journeys rituals quiz clicks checkers lime gate spaces dune builders reserved savers natura naturals interchange capi curves sonic '
            'nautica regatta botanic orchestra lewis edwin christ agatha marisa mikel debra aldo salomon müller giordano valentino casa costa patagonia dia boss lotus seat penny fossil esprit giant raffles mercator '
            'proton elektra indra taj jumbo camper courtyard diesel subway zeeman trek vans manpower leonidas erste finsbury pret home total citizens direct premier capital first'.split())
LEGAL = re.compile(r',? (Inc\.?|Corp\.?|Corporation|Company|Co\.|Ltd\.?|Limited|LLC|PLC|plc|AG|SE|S\.A\.|SA|N\.V\.|GmbH|Holdings?|Group)$')
GENERIC = re.compile(r'(Ministry|Department|Government|State|City|County|Post|Police|National|Central|Public) |(Post|Police)$', re.I)


def plain(name):
    text = ''.join(c for c in unicodedata.normalize('NFKD', name.replace('’', "'").replace('ʻ', "'").replace('‘', "'")) if not unicodedata.combining(c))
    return re.sub(r"'s\b", '', text.lower()).replace('.', '')


def latin(name):
    return all(ord(c) < 0x250 or c in '’–' for c in name) and re.search(r'[A-Za-z]{2}', name)


def load(path):
    """the index and what Wikidata says of its ids"""
    with open(os.path.join(path, 'json', 'nsi.min.json'), encoding='utf-8') as f:
        trees = json.load(f)['nsi']
    with open(os.path.join(path, 'wikidata', 'wikidata.json'), encoding='utf-8') as f:
        return trees, {q: v for q, v in json.load(f)['wikidata'].items() if v.get('label')}


def uses(trees):
    """for each id: its names in the index, and where it is"""
    found = collections.defaultdict(lambda: (set(), set()))
    for tree, content in trees.items():
        if not tree.startswith(TREES):
            continue
        kind = 'brand' if tree.startswith('brands/') else 'operator'
        for item in content['items']:
            tags = item['tags']
            qid = tags.get(f'{kind}:wikidata')
            if not qid:
                continue
            names, places = found[qid]
            names.update(n for key in (kind, f'{kind}:en', f'{kind}:short', 'official_name', 'short_name', 'name:en') for n in (tags.get(key) or '').split(';') if n)
            places.update(p[:2] if isinstance(p, str) else '??' for p in item['locationSet'].get('include', []))
    return found


def companies(path, taken):
    """organizations under names that are not `taken` and that only one of them has"""
    trees, items = load(path)
    found = {}
    for qid, (names, places) in uses(trees).items():
        item = items.get(qid)
        if not item or not BODY.search(item.get('description') or '') or not latin(item['label']):
            continue
        world = '00' in places or len(places) >= 5
        label = item['label']
        # What few know is a name of many things.
        accounts = len(item.get('identities') or {})
        if accounts < (4 if world else 8) or GENERIC.match(label) or not (label[0].isupper() or label[0].isdigit()):
            continue
        aliases = {n for n in names if latin(n) and len(n) > 2 and not n[0].islower()} | ({LEGAL.sub('', label)} if world else set())
        country = next(iter(places)).upper().replace('FX', 'FR') if len(places) == 1 and not world else None
        found[qid] = dict(name=label, type='organization', wikidata=qid, aliases=sorted(aliases - {label}), country=country if country and country.isalpha() else None,
                          weight=400000 if world else 30000)
        short = [n for n in aliases | {label} if n.isupper() and len(n) < 5]
        found[qid]['unsure'] = {plain(n) for n in short if accounts < 7}
    owners = collections.defaultdict(set)
    for qid, e in found.items():
        for name in [e['name'], *e['aliases']]:
            owners[plain(name)].add(qid)
    free = lambda name: plain(name) not in taken and len(owners[plain(name)]) == 1
    for e in sorted(found.values(), key=lambda e: int(e['wikidata'][1:])):
        unsure = e.pop('unsure') | WORDS
        names = [n for n in [e['name'], *e['aliases']] if free(n) and plain(n) not in unsure]
        if names:
            yield {**e, 'name': names[0], 'aliases': names[1:]}


def cities(path, countries):
    """(country, plain name) of a city: its id and description, where one item alone is described so"""
    _, items = load(path)
    known = {plain(c['name']): c['iso'] for c in countries.values()}
    known.update({'united states of america': 'US', 'usa': 'US', 'us': 'US', 'england': 'GB', 'scotland': 'GB', 'wales': 'GB', 'northern ireland': 'GB', 'netherlands': 'NL', 'czech republic': 'CZ', 'turkey': 'TR', 'german': 'DE'})
    # The longest name first, so that "Northern Ireland" is not Ireland.
    pattern = re.compile(r'\b(' + '|'.join(sorted(map(re.escape, known), key=len, reverse=True)) + r')\b')
    found = collections.defaultdict(list)
    for qid, item in items.items():
        text = item.get('description') or ''
        where = {known[name] for name in pattern.findall(plain(text))}
        if CITY.search(text) and not NO_CITY.search(text) and len(where) == 1:
            found[where.pop(), plain(item['label'])].append((qid, text))
    return {key: ids[0] for key, ids in found.items() if len(ids) == 1}


def city_ids(path, towns, countries, states):
    """GeoNames id of a town: its Wikidata id. The town is by far the largest of its name in its country, or the one in the
    state that the description names."""
    named = collections.defaultdict(list)
    for t in towns:
        named[t['countrycode'], plain(t['name'])].append(t)
    found = {}
    for key, (qid, text) in cities(path, countries).items():
        same = sorted(named.get(key, []), key=lambda t: -t['population'])
        if key[0] in ('US', 'CA'):
            same = [t for t in same if states.get((key[0], t['admin1code']), '-') in plain(text)]
        if same and (len(same) == 1 or same[0]['population'] > 5 * same[1]['population']):
            found[same[0]['geonameid']] = qid
    return found
