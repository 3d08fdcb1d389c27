import base64, collections, csv, datetime, hashlib, hmac, io, itertools, json, math, os, random, re, string, time, urllib.parse, uuid
from datetime import date, timedelta, timezone

random.seed(7)
print([random.randint(1, 6) for _ in range(5)], random.random(), random.uniform(-1, 1), random.choice(["a", "b", "c"]), random.sample(range(1000), 3), random.choices("abc", k=4), random.choices([1, 2], weights=[9, 1], k=3), random.gauss(0, 1), random.expovariate(2), random.randrange(0, 100, 5), random.getrandbits(40), random.triangular(1, 5, 2), random.normalvariate(1, 2))
items = list(range(10))
random.shuffle(items)
print(items, random.Random(3).random())
random.seed("text")
print(random.random(), random.sample(list("abcdefghijklmnopqrstuvwxyz"), 20))
print(json.dumps({"b": [1, 2.5, None, True], "a": {"x": "é\"\n"}}), json.dumps([1, {"a": 2}], indent=2), json.dumps({"b": 1, "a": 2}, sort_keys=True, separators=(",", ":")), json.dumps("é", ensure_ascii=False), json.dumps({1: 2, None: 3, True: 4}), json.loads('{"a": [1, -2.5e3, "\\u00e9\\n", null, false]}'), json.dumps((1, 2)))
for bad in ["{", "[1,]", "{'a': 1}", "nope", "", '{"a" 1}', "[1] x"]:
    try:
        json.loads(bad)
    except json.JSONDecodeError as e:
        print(e)
    except ValueError as e:
        print("ValueError", e)
try:
    json.dumps({"a": object})
except TypeError as e:
    print(e)
print(re.match(r"(\d+)-(?P<name>\w+)", "12-ab cd").groupdict(), re.search(r"b+", "aabbb").span(), re.findall(r"\d+", "a1b22"), re.findall(r"(a)(b)?", "abaa"), re.sub(r"(\w)(\d)", r"\2\1", "a1 b2"), re.split(r"[,;]\s*", "a, b;c"), re.compile("x", re.I).findall("xX"), re.fullmatch(r"\d+", "12a"), re.escape("a.b"), re.search('name="csrf" value="(.+?)"', '<input name="csrf" value="tok123">').group(1))
print(re.sub("a", lambda m: m.group().upper(), "banana", count=2), [m.start() for m in re.finditer("a", "banana")], bool(re.match(r"^\w+@\w+\.com$", "a@b.com\n")), re.match("a", "ba"))
print(hashlib.md5(b"a").hexdigest(), hashlib.sha256(b"abc").hexdigest()[:16], hmac.new(b"k", b"m", hashlib.sha256).hexdigest()[:16], base64.b64encode(b"hi there").decode(), base64.b64decode("aGk="), base64.urlsafe_b64encode(b"\xff\xfe").decode(), hashlib.sha1("x".encode()).digest()[:3])
print(urllib.parse.quote("a b/c?d=é"), urllib.parse.quote_plus("a b&c"), urllib.parse.urlencode({"a": 1, "b": "x y"}), urllib.parse.urlparse("https://u:p@host:8080/p/a;x?q=1#f"), urllib.parse.parse_qs("a=1&a=2&b=3"), urllib.parse.urljoin("http://h/a/b?x", "../c"), urllib.parse.urljoin("http://h/a/", "c/d"), urllib.parse.unquote("a%20b"), urllib.parse.urlparse("http://h:81/x").port, urllib.parse.urlparse("/only/path").netloc)
print(math.floor(-1.5), math.ceil(1.2), math.pi, math.log(10), math.log(8, 2), math.gcd(12, 18), math.factorial(20), math.hypot(3, 4), math.isclose(0.1 + 0.2, 0.3), math.sin(1), math.exp(2), math.inf, math.trunc(2.7), math.prod([2, 3]))
print(list(itertools.chain([1], [2, 3])), list(itertools.islice(itertools.count(5), 3)), list(itertools.product("ab", [1, 2])), list(itertools.permutations([1, 2, 3], 2)), list(itertools.combinations("abc", 2)), list(itertools.accumulate([1, 2, 3])), [next(c) for c in [itertools.cycle("ab")] for _ in range(3)], [(k, list(g)) for k, g in itertools.groupby("aab")], list(itertools.zip_longest([1], [2, 3])), list(itertools.repeat(1, 2)), list(itertools.chain.from_iterable([[1], [2]])))
reader = csv.DictReader(io.StringIO('a,b\n1,"x, ""y"""\n2,z\n'))
print([dict(r) for r in reader], list(csv.reader(["p|q", "r|s"], delimiter="|")))
out = io.StringIO()
w = csv.writer(out)
w.writerow(["a", 1, 'q"q', "c,d"])
print(repr(out.getvalue()))
u = uuid.UUID("12345678-1234-5678-1234-567812345678")
print(u, u.hex, u.int, len(str(uuid.uuid4())), uuid.uuid4().version, uuid.uuid5(uuid.NAMESPACE_DNS, "python.org"), uuid.uuid3(uuid.NAMESPACE_DNS, "python.org"), uuid.uuid4() != uuid.uuid4(), len(uuid.uuid4().hex))
print(string.ascii_letters, string.digits, string.punctuation, string.Template("$a ${b} $$").substitute(a=1, b=2))
d = datetime.datetime(2024, 2, 29, 13, 5, 9, 123456)
print(d, repr(d), d.isoformat(), d.strftime("%Y-%m-%d %H:%M:%S.%f %j %a %A %b %B %p %I %y %%"), d + timedelta(days=1, hours=2), d - datetime.datetime(2024, 1, 1), d.date(), d.weekday(), d.isoweekday(), d.replace(year=2023, day=1), d.timetuple().tm_yday, d.time())
print(timedelta(days=1, seconds=3661), timedelta(hours=36).total_seconds(), timedelta(minutes=90), -timedelta(seconds=1), timedelta(days=2) * 3, timedelta(days=1) > timedelta(hours=1), timedelta(seconds=90) / 2, repr(timedelta(days=1, microseconds=5)))
print(datetime.datetime.strptime("2024-03-01 10:20:30", "%Y-%m-%d %H:%M:%S"), datetime.datetime.strptime("01/Mar/2024", "%d/%b/%Y").date(), datetime.datetime.fromisoformat("2024-03-01T10:20:30+02:00"), datetime.datetime(2024, 1, 1, tzinfo=timezone.utc).isoformat(), datetime.datetime.fromtimestamp(86400, tz=timezone.utc), datetime.datetime.utcfromtimestamp(0), datetime.datetime(2024, 1, 1, tzinfo=timezone.utc).timestamp(), date(2024, 12, 25).strftime("%d %B"), date(2024, 1, 31) + timedelta(days=1), (date(2024, 3, 1) - date(2024, 2, 1)).days, date.fromisoformat("2024-05-06"), d < datetime.datetime(2025, 1, 1), datetime.datetime(2024, 1, 1, 5, tzinfo=timezone.utc).astimezone(timezone(timedelta(hours=2))))
print(time.strftime("%Y-%m-%d", time.gmtime(0)), isinstance(time.time(), float), time.perf_counter() > 0, time.gmtime(86400).tm_mday)
print(os.path.join("a", "b.txt"), os.path.splitext("x/y.tar.gz"), os.path.basename("/a/b"), os.path.dirname("/a/b"), os.environ.get("SURELY_NOT_SET", "dflt"), os.getenv("SURELY_NOT_SET"))
