# What load tests use of Faker: plausible data in English, the same for the same seed. Not Faker's own values.
import hashlib as _hashlib
import logging as _logging
import random as _random
import string as _string
import uuid as _uuid
from datetime import date as _date, datetime as _datetime, timedelta as _timedelta

_FEMALE = "Alice Amanda Amy Angela Anna Barbara Carol Christine Deborah Diana Elizabeth Emily Emma Grace Hannah Heather Helen Jennifer Jessica Julia Karen Katherine Kelly Laura Linda Lisa Maria Mary Megan Michelle Nancy Nicole Olivia Patricia Rachel Rebecca Sandra Sarah Sophia Stephanie Susan Teresa Tina Victoria".split()
_MALE = "Aaron Adam Alexander Andrew Anthony Benjamin Brandon Brian Charles Christopher Daniel David Edward Eric Gary George Gregory Jacob James Jason Jeffrey John Jonathan Joseph Joshua Justin Kenneth Kevin Mark Matthew Michael Nicholas Patrick Paul Peter Richard Robert Ryan Samuel Scott Stephen Steven Thomas Timothy Tyler William".split()
_LAST = "Adams Allen Anderson Baker Brown Campbell Carter Clark Collins Davis Diaz Edwards Evans Flores Garcia Gonzalez Green Hall Harris Hernandez Hill Jackson Johnson Jones King Lee Lewis Lopez Martin Martinez Miller Mitchell Moore Nelson Nguyen Parker Perez Phillips Ramirez Roberts Robinson Rodriguez Sanchez Scott Smith Taylor Thomas Thompson Torres Turner Walker White Williams Wilson Wright Young".split()
_CITIES = "Ashford Bridgeport Brookfield Cedarville Clearwater Eastwood Fairview Franklin Georgetown Greenville Hamilton Jamestown Kingston Lakeside Lexington Madison Milton Newport Northfield Oakland Oxford Richmond Riverside Salem Springfield Westport Winchester Woodstock".split()
_STREETS = "Avenue Boulevard Court Drive Lane Parkway Place Road Square Street Terrace Trail Way".split()
_STATES = {"AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware", "FL": "Florida", "GA": "Georgia", "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming"}
_COUNTRIES = {"AR": "Argentina", "AU": "Australia", "AT": "Austria", "BE": "Belgium", "BR": "Brazil", "CA": "Canada", "CL": "Chile", "CN": "China", "CO": "Colombia", "DK": "Denmark", "EG": "Egypt", "FI": "Finland", "FR": "France", "DE": "Germany", "GR": "Greece", "IN": "India", "ID": "Indonesia", "IE": "Ireland", "IT": "Italy", "JP": "Japan", "KE": "Kenya", "MX": "Mexico", "NL": "Netherlands", "NZ": "New Zealand", "NG": "Nigeria", "NO": "Norway", "PE": "Peru", "PL": "Poland", "PT": "Portugal", "ZA": "South Africa", "KR": "South Korea", "ES": "Spain", "SE": "Sweden", "CH": "Switzerland", "TR": "Turkey", "GB": "United Kingdom", "US": "United States of America", "VN": "Vietnam"}
_WORDS = "able account action activity address age agree air always amount animal answer area arrive article ask bank beautiful become begin benefit better between board book bring build business call capital car care case center certain change character child choose city class clear close cold collection color come community company computer condition consider control cost could country course cover create culture customer data day decide degree design detail develop difference difficult direction discover discuss door draw drive early east economy education effect effort energy enjoy enough enter environment evening event every evidence exactly example experience explain eye face fact family far father feel field figure film final find fine finish fire floor follow food force form forward free friend front full future game garden general give glass goal good government great green ground group grow guess half hand happen hard health hear heart help high history hold home hope hour house human idea image imagine impact important improve include increase indicate industry information inside instead interest issue item job join keep kind kitchen know land language large late law lead learn leave left letter level life light line listen list little local long look machine main major make manage market matter measure media meet member memory mention message method middle mind minute model moment money month morning mother mountain move movement music name nature near need network new next night north note nothing notice number offer office often open order organization other outside own page paper parent part partner party past pattern peace people perform period person phone picture place plan plant play point policy position possible power practice prepare present president pressure price problem process produce product program project protect prove provide public purpose put quality question quickly reach read ready reason receive recent record reduce region relate remain remember report represent research resource respond rest result return rise risk road role room rule safe same save scene school science season second section seek seem sell send serve service set several share short show side sign similar simple sing sister site situation size skill small social society some song soon sort sound source south space speak special spend stage stand standard start state station stay step still stock stop store story strategy street strong structure student study style subject success suggest summer support sure surface system table take talk task teach team technology tell term test thank theory thing think thought time today together top total tough toward town trade training travel treat tree trial true try turn type under understand unit until use usually value various view visit voice wait walk wall want watch water way week weight west while white whole window winter wish woman wonder word work world write year young".split()
_JOBS = ["Accountant", "Architect", "Baker", "Carpenter", "Chef", "Chemist", "Civil engineer", "Data scientist", "Dentist", "Designer", "Doctor", "Economist", "Editor", "Electrician", "Engineer", "Farmer", "Geologist", "Journalist", "Lawyer", "Librarian", "Mechanic", "Musician", "Nurse", "Optician", "Photographer", "Physicist", "Pilot", "Plumber", "Product manager", "Psychologist", "Sales executive", "Software engineer", "Surveyor", "Teacher", "Translator", "Veterinarian", "Writer"]
_COLORS = {"Black": "#000000", "Blue": "#0000ff", "Brown": "#a52a2a", "Coral": "#ff7f50", "Crimson": "#dc143c", "Cyan": "#00ffff", "Gold": "#ffd700", "Gray": "#808080", "Green": "#008000", "Indigo": "#4b0082", "Ivory": "#fffff0", "Khaki": "#f0e68c", "Lavender": "#e6e6fa", "Lime": "#00ff00", "Magenta": "#ff00ff", "Maroon": "#800000", "Navy": "#000080", "Olive": "#808000", "Orange": "#ffa500", "Pink": "#ffc0cb", "Plum": "#dda0dd", "Purple": "#800080", "Red": "#ff0000", "Salmon": "#fa8072", "Silver": "#c0c0c0", "Tan": "#d2b48c", "Teal": "#008080", "Tomato": "#ff6347", "Violet": "#ee82ee", "White": "#ffffff", "Yellow": "#ffff00"}
_CURRENCIES = {"AUD": "Australian dollar", "BRL": "Brazilian real", "CAD": "Canadian dollar", "CHF": "Swiss franc", "CNY": "Renminbi", "DKK": "Danish krone", "EUR": "Euro", "GBP": "Pound sterling", "INR": "Indian rupee", "JPY": "Japanese yen", "KRW": "South Korean won", "MXN": "Mexican peso", "NOK": "Norwegian krone", "NZD": "New Zealand dollar", "PLN": "Polish zloty", "SEK": "Swedish krona", "TRY": "Turkish lira", "USD": "United States dollar", "ZAR": "South African rand"}
_TLDS = ("com", "com", "com", "net", "org", "info", "biz")
_SAFE_DOMAINS = ("example.com", "example.net", "example.org")
_FREE_DOMAINS = ("gmail.com", "hotmail.com", "yahoo.com")
_SUFFIXES = ("Group", "Inc", "LLC", "Ltd", "PLC", "and Sons")
_EXTENSIONS = {"audio": ("flac", "mp3", "wav"), "image": ("bmp", "gif", "jpg", "png", "tiff"), "office": ("docx", "pptx", "xlsx", "odt", "pdf"), "text": ("css", "csv", "html", "js", "json", "txt"), "video": ("avi", "mov", "mp4", "webm")}
_MIMES = ("application/json", "application/pdf", "application/zip", "audio/mpeg", "image/gif", "image/jpeg", "image/png", "text/css", "text/csv", "text/html", "text/plain", "video/mp4")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2629800, "y": 31557600}
_warned = set()
_shared = _random.Random()


class UniquenessException(Exception):
    pass


def _moment(value, now):
    # "now", "-30y", "+2w", a date, a timedelta, or seconds since 1970.
    if isinstance(value, _datetime):
        return value
    if isinstance(value, _date):
        return _datetime(value.year, value.month, value.day)
    if isinstance(value, _timedelta):
        return now + value
    if isinstance(value, (int, float)):
        return _datetime.fromtimestamp(value)
    if value in ("now", "today"):
        return now
    seconds, number = 0, ""
    for c in value:
        if c in _SECONDS and number not in ("", "+", "-"):
            seconds, number = seconds + int(number) * _SECONDS[c], ""
        elif c.isdigit() or (not number and c in "+-"):
            number += c
        else:
            number = "?"
            break
    if number or not value:
        raise ValueError(f"Can't parse date string `{value}`")
    return now + _timedelta(seconds=seconds)


class Generator:
    def __init__(self, locale=None, providers=None, generator=None, includes=None, use_weighting=True, **config):
        self.random = _shared
        self.locales = [locale] if isinstance(locale, str) else list(locale or ["en_US"])
        for each in self.locales:
            if not each.startswith("en") and each not in _warned:
                _warned.add(each)
                _logging.getLogger("faker").warning("the locale %s is not there natively: data are English; a real Locust has it (--engine locust)", each)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        from _swarmgate import unsupported
        unsupported(f"faker's `{name}`")

    def __getitem__(self, locale):
        return self

    @classmethod
    def seed(cls, seed=None):
        _shared.seed(seed)

    def seed_instance(self, seed=None):
        self.random = _random.Random(seed)

    def seed_locale(self, locale, seed=None):
        self.seed_instance(seed)

    def add_provider(self, provider):
        made = provider(self) if isinstance(provider, type) else provider
        for name in dir(made):
            if not name.startswith("_") and callable(getattr(made, name)):
                setattr(self, name, getattr(made, name))

    @property
    def unique(self):
        found = self.__dict__.get("_unique")
        if found is None:
            found = self._unique = _Unique(self)
        return found

    @property
    def optional(self):
        return _Optional(self)

    def format(self, name, *args, **kwargs):
        return getattr(self, name)(*args, **kwargs)

    # Chance
    def _pick(self, values):
        return self.random.choice(values)

    def random_int(self, min=0, max=9999, step=1):
        return self.random.randrange(min, max + 1, step)

    def random_digit(self):
        return self.random.randint(0, 9)

    def random_digit_not_null(self):
        return self.random.randint(1, 9)

    def random_digit_or_empty(self):
        return self.random.randint(0, 9) if self.random.randint(0, 1) else ""

    def random_number(self, digits=None, fix_len=False):
        digits = self.random_digit_not_null() if digits is None else digits
        if not digits:
            return 0
        return self.random.randint(10 ** (digits - 1) if fix_len else 0, 10 ** digits - 1)

    def random_letter(self):
        return self._pick(_string.ascii_letters)

    def random_letters(self, length=16):
        return [self._pick(_string.ascii_letters) for _ in range(length)]

    def random_lowercase_letter(self):
        return self._pick(_string.ascii_lowercase)

    def random_uppercase_letter(self):
        return self._pick(_string.ascii_uppercase)

    def random_element(self, elements=("a", "b", "c")):
        if hasattr(elements, "items"):
            return self.random.choices(list(elements), weights=list(elements.values()))[0]
        return self._pick(list(elements))

    def random_choices(self, elements=("a", "b", "c"), length=None):
        return self.random_elements(elements, length)

    def random_elements(self, elements=("a", "b", "c"), length=None, unique=False, use_weighting=None):
        weights = list(elements.values()) if hasattr(elements, "items") else None
        values = list(elements)
        length = self.random.randint(1, len(values)) if length is None else length
        if unique:
            return self.random.sample(values, length)
        return self.random.choices(values, weights=weights, k=length)

    def random_sample(self, elements=("a", "b", "c"), length=None):
        return self.random_elements(elements, length, unique=True)

    def randomize_nb_elements(self, number=10, le=False, ge=False, min=None, max=None):
        made = int(number * self.random.randint(100 if ge else 60, 100 if le else 140) / 100)
        made = made if min is None or made >= min else min
        return made if max is None or made <= max else max

    def numerify(self, text="###"):
        out = []
        for c in text:
            out.append(str(self.random_digit()) if c == "#" else str(self.random_digit_not_null()) if c == "%" else str(self.random_digit_or_empty()) if c in "!@" else c)
        return "".join(out)

    def lexify(self, text="????", letters=_string.ascii_letters):
        return "".join([self._pick(letters) if c == "?" else c for c in text])

    def bothify(self, text="## ??", letters=_string.ascii_letters):
        return self.lexify(self.numerify(text), letters)

    def hexify(self, text="^^^^", upper=False):
        digits = "0123456789ABCDEF" if upper else "0123456789abcdef"
        return "".join([self._pick(digits) if c == "^" else c for c in text])

    # Values of Python
    def boolean(self, chance_of_getting_true=50):
        return self.random.randint(1, 100) <= chance_of_getting_true

    def pybool(self, truth_probability=50):
        return self.boolean(truth_probability)

    def pyint(self, min_value=0, max_value=9999, step=1):
        return self.random_int(min_value, max_value, step)

    def pyfloat(self, left_digits=None, right_digits=None, positive=None, min_value=None, max_value=None):
        right = self.random.randint(1, 6) if right_digits is None else right_digits
        if min_value is not None or max_value is not None:
            low = min_value if min_value is not None else (0 if positive else max_value - 10 ** (left_digits or 4))
            high = max_value if max_value is not None else low + 10 ** (left_digits or 4)
            made = round(self.random.uniform(low, high), right)
            return max(low, min(high, made))
        left = self.random.randint(1, 9) if left_digits is None else left_digits
        made = round(self.random.uniform(0, 10 ** left), right)
        return made if positive or (positive is None and self.boolean()) else -made

    def pystr(self, min_chars=None, max_chars=20, prefix="", suffix=""):
        count = max_chars if min_chars is None else self.random.randint(min_chars, max_chars)
        return prefix + "".join([self._pick(_string.ascii_letters) for _ in range(count)]) + suffix

    def pystr_format(self, string_format="?#-###{{random_int}}{{random_letter}}", letters=_string.ascii_letters):
        return self.bothify(self.parse(string_format), letters)

    def pylist(self, nb_elements=10, variable_nb_elements=True, value_types=None, allowed_types=None):
        count = self.randomize_nb_elements(nb_elements) if variable_nb_elements else nb_elements
        return [self.word() for _ in range(count)]

    def pydict(self, nb_elements=10, variable_nb_elements=True, value_types=None, allowed_types=None):
        return {self.word(): self.word() for _ in range(nb_elements)}

    def parse(self, text):
        while "{{" in text:
            before, _, rest = text.partition("{{")
            name, _, after = rest.partition("}}")
            text = f"{before}{self.format(name.strip())}{after}"
        return text

    # People
    def first_name(self):
        return self._pick(_FEMALE) if self.boolean() else self._pick(_MALE)

    def first_name_female(self):
        return self._pick(_FEMALE)

    def first_name_male(self):
        return self._pick(_MALE)

    first_name_nonbinary = first_name

    def last_name(self):
        return self._pick(_LAST)

    last_name_female = last_name_male = last_name_nonbinary = last_name

    def name(self):
        return f"{self.first_name()} {self.last_name()}"

    def name_female(self):
        return f"{self.first_name_female()} {self.last_name()}"

    def name_male(self):
        return f"{self.first_name_male()} {self.last_name()}"

    name_nonbinary = name

    def prefix(self):
        return self._pick(("Dr.", "Mr.", "Mrs.", "Ms."))

    def suffix(self):
        return self._pick(("DDS", "Jr.", "MD", "PhD"))

    def job(self):
        return self._pick(_JOBS)

    def ssn(self):
        return f"{self.random.randint(1, 665):03d}-{self.random.randint(1, 99):02d}-{self.random.randint(1, 9999):04d}"

    def phone_number(self):
        return self.numerify(self._pick(("%##-%##-####", "(%##)%##-####", "%##.%##.####", "001-%##-%##-####", "+1-%##-%##-####", "%#########")))

    def basic_phone_number(self):
        return self.numerify(self._pick(("%##-%##-####", "(%##)%##-####", "%#########")))

    def msisdn(self):
        return self.numerify("%############")

    def country_calling_code(self):
        return self._pick(("+1", "+33", "+34", "+39", "+44", "+46", "+48", "+49", "+55", "+61", "+81", "+86", "+91"))

    def profile(self, fields=None, sex=None):
        made = {**self.simple_profile(sex), "job": self.job(), "company": self.company(), "ssn": self.ssn(), "residence": self.address(),
                "current_location": (self.latitude(), self.longitude()), "blood_group": self._pick(("A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-")), "website": [self.url()]}
        return {name: made[name] for name in fields} if fields else made

    def simple_profile(self, sex=None):
        sex = sex or self._pick("FM")
        return {"username": self.user_name(), "name": self.name_female() if sex == "F" else self.name_male(), "sex": sex, "address": self.address(),
                "mail": self.free_email(), "birthdate": self.date_of_birth()}

    # Places
    def building_number(self):
        return self.numerify(self._pick(("%##", "%###", "%####")))

    def street_name(self):
        return f"{self.last_name()} {self._pick(_STREETS)}"

    def street_suffix(self):
        return self._pick(_STREETS)

    def secondary_address(self):
        return self.numerify(self._pick(("Apt. ###", "Suite ###")))

    def street_address(self):
        made = f"{self.building_number()} {self.street_name()}"
        return f"{made} {self.secondary_address()}" if self.random.randint(0, 2) == 0 else made

    def city(self):
        return self._pick(("North ", "South ", "East ", "West ", "New ", "Port ", "Lake ")) + self._pick(_CITIES) if self.boolean(40) else self._pick(_CITIES)

    def city_prefix(self):
        return self._pick(("North", "South", "East", "West", "New", "Port", "Lake"))

    def city_suffix(self):
        return self._pick(("berg", "borough", "bury", "chester", "fort", "furt", "land", "mouth", "port", "shire", "side", "stad", "ton", "town", "view", "ville"))

    def state(self):
        return self._pick(list(_STATES.values()))

    def state_abbr(self, include_territories=True, include_freely_associated_states=True):
        return self._pick(list(_STATES))

    province = administrative_unit = state

    def postcode(self):
        return f"{self.random.randint(501, 99950):05d}"

    zipcode = postalcode = postcode

    def address(self):
        return f"{self.street_address()}\n{self.city()}, {self.state_abbr()} {self.postcode()}"

    def country(self):
        return self._pick(list(_COUNTRIES.values()))

    def current_country(self):
        return "United States"

    def country_code(self, representation="alpha-2"):
        return self._pick(list(_COUNTRIES))

    def latitude(self):
        return self._coordinate(90)

    def longitude(self):
        return self._coordinate(180)

    def _coordinate(self, most):
        from decimal import Decimal
        return Decimal(f"{self.random.uniform(-most, most):.6f}")

    def coordinate(self, center=None, radius=0.001):
        from decimal import Decimal
        return self._coordinate(180) if center is None else Decimal(f"{self.random.uniform(float(center) - radius, float(center) + radius):.6f}")

    def latlng(self):
        return self.latitude(), self.longitude()

    def locale(self):
        return self._pick(("de_DE", "en_GB", "en_US", "es_ES", "fr_FR", "it_IT", "nl_NL", "pt_BR"))

    def language_code(self):
        return self._pick(("ar", "de", "en", "es", "fr", "hi", "it", "ja", "ko", "nl", "pl", "pt", "ru", "sv", "tr", "zh"))

    def language_name(self):
        return self._pick(("Arabic", "Chinese", "Dutch", "English", "French", "German", "Hindi", "Italian", "Japanese", "Polish", "Portuguese", "Russian", "Spanish", "Swedish", "Turkish"))

    def timezone(self):
        return self._pick(("Africa/Cairo", "America/Chicago", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney", "Europe/Berlin", "Europe/London", "Europe/Paris"))

    # Companies
    def company(self):
        form = self.random.randint(0, 2)
        if form == 0:
            return f"{self.last_name()} {self._pick(_SUFFIXES)}"
        if form == 1:
            return f"{self.last_name()}-{self.last_name()}"
        return f"{self.last_name()}, {self.last_name()} and {self.last_name()}"

    def company_suffix(self):
        return self._pick(_SUFFIXES)

    def catch_phrase(self):
        return " ".join((self._pick(("Adaptive", "Advanced", "Automated", "Balanced", "Centralized", "Configurable", "Digitized", "Expanded", "Focused", "Integrated", "Managed", "Optimized", "Robust", "Seamless")),
                         self._pick(("dynamic", "global", "holistic", "local", "modular", "multi-state", "national", "optimal", "regional", "scalable", "stable", "zero-defect")),
                         self._pick(("access", "algorithm", "architecture", "capacity", "database", "framework", "groupware", "interface", "matrix", "portal", "protocol", "solution", "strategy", "toolset"))))

    def bs(self):
        return " ".join((self._pick(("deliver", "enable", "enhance", "extend", "grow", "integrate", "leverage", "optimize", "scale", "transform")),
                         self._pick(("efficient", "global", "innovative", "interactive", "open-source", "real-time", "robust", "scalable", "seamless", "wireless")),
                         self._pick(("applications", "channels", "communities", "experiences", "markets", "models", "networks", "platforms", "solutions", "systems"))))

    # Text
    def word(self, part_of_speech=None, ext_word_list=None):
        return self._pick(list(ext_word_list) if ext_word_list else _WORDS)

    def words(self, nb=3, ext_word_list=None, part_of_speech=None, unique=False):
        values = list(ext_word_list) if ext_word_list else _WORDS
        return self.random.sample(values, nb) if unique else [self._pick(values) for _ in range(nb)]

    def sentence(self, nb_words=6, variable_nb_words=True, ext_word_list=None):
        count = self.randomize_nb_elements(nb_words, min=1) if variable_nb_words else nb_words
        if count <= 0:
            return ""
        words = self.words(count, ext_word_list)
        return " ".join([words[0][:1].upper() + words[0][1:]] + words[1:]) + "."

    def sentences(self, nb=3, ext_word_list=None):
        return [self.sentence(ext_word_list=ext_word_list) for _ in range(nb)]

    def paragraph(self, nb_sentences=3, variable_nb_sentences=True, ext_word_list=None):
        count = self.randomize_nb_elements(nb_sentences, min=1) if variable_nb_sentences else nb_sentences
        return " ".join(self.sentences(count, ext_word_list))

    def paragraphs(self, nb=3, ext_word_list=None):
        return [self.paragraph(ext_word_list=ext_word_list) for _ in range(nb)]

    def text(self, max_nb_chars=200, ext_word_list=None):
        if max_nb_chars < 5:
            raise ValueError("text() can only generate text of at least 5 characters")
        if max_nb_chars < 25:
            made = ""
            while len(made) + 1 < max_nb_chars:
                word = self.word(ext_word_list=ext_word_list)
                if len(made) + len(word) + 2 > max_nb_chars:
                    break
                made += (" " if made else "") + word
            made = made or self.random_lowercase_letter() * 3
            return made[:1].upper() + made[1:] + "."
        made, size = [], 0
        while True:
            sentence = self.sentence(ext_word_list=ext_word_list)
            if size + len(sentence) + 1 > max_nb_chars:
                break
            made.append(sentence)
            size += len(sentence) + 1
        return ("\n" if max_nb_chars >= 100 else " ").join(made) if made else self.sentence(1, False, ext_word_list)[:max_nb_chars]

    def texts(self, nb_texts=3, max_nb_chars=200, ext_word_list=None):
        return [self.text(max_nb_chars, ext_word_list) for _ in range(nb_texts)]

    # The internet
    def _plain(self, text):
        return "".join([c for c in text.lower() if c.isalnum()])

    def user_name(self):
        form = self.random.randint(0, 3)
        first, last = self._plain(self.first_name()), self._plain(self.last_name())
        if form == 0:
            return f"{first}{last}"
        if form == 1:
            return f"{first[0]}{last}"
        return f"{first}{self.random.randint(10, 99)}" if form == 2 else f"{last}{first}"

    def domain_word(self):
        return self._plain(self.last_name()) + ("-" + self._plain(self.last_name()) if self.boolean(40) else "")

    def tld(self):
        return self._pick(_TLDS)

    def domain_name(self, levels=1):
        return ".".join([self.domain_word() for _ in range(levels)] + [self.tld()])

    def safe_domain_name(self):
        return self._pick(_SAFE_DOMAINS)

    def free_email_domain(self):
        return self._pick(_FREE_DOMAINS)

    def hostname(self, levels=1):
        return self.numerify(self._pick(("db", "email", "srv", "web", "lt")) + "-##.") + self.domain_name(levels)

    def email(self, safe=True, domain=None):
        return f"{self.user_name()}@{domain or (self._pick(_SAFE_DOMAINS) if safe else self.domain_name())}"

    def safe_email(self):
        return self.email()

    ascii_safe_email = safe_email

    def free_email(self):
        return f"{self.user_name()}@{self._pick(_FREE_DOMAINS)}"

    ascii_free_email = free_email

    def company_email(self):
        return f"{self.user_name()}@{self.domain_name()}"

    ascii_company_email = company_email

    def ascii_email(self):
        return self.email(safe=False)

    def url(self, schemes=None):
        return f"{self._pick(list(schemes or ('http', 'https')))}://www.{self.domain_name()}/"

    def uri(self, schemes=None, deep=None):
        return f"{self.url(schemes)}{self.uri_path(deep)}/{self.uri_page()}{self.uri_extension()}"

    def uri_path(self, deep=None):
        return "/".join([self._pick(("app", "blog", "categories", "category", "explore", "list", "main", "posts", "search", "tag", "tags")) for _ in range(deep or self.random.randint(1, 3))])

    def uri_page(self):
        return self._pick(("about", "author", "category", "faq", "home", "index", "login", "main", "post", "privacy", "register", "search", "terms"))

    def uri_extension(self):
        return self._pick((".asp", ".htm", ".html", ".jsp", ".php"))

    def image_url(self, width=None, height=None, placeholder_url=None):
        return f"https://picsum.photos/{width or self.random.randint(1, 1024)}/{height or self.random.randint(1, 1024)}"

    def slug(self, value=None):
        text = self.text(20) if value is None else value
        return "-".join("".join([c if c.isalnum() else " " for c in text.lower()]).split())

    def ipv4(self, network=False, address_class=None, private=None):
        return ".".join([str(self.random.randint(1 if at == 0 else 0, 223 if at == 0 else 255)) for at in range(4)])

    ipv4_public = ipv4

    def ipv4_private(self, network=False, address_class=None):
        return self._pick(("10.%d.", "192.168.", "172.16.")).replace("%d", str(self.random.randint(0, 255))) + f"{self.random.randint(0, 255)}.{self.random.randint(0, 255)}"

    def ipv6(self, network=False):
        return ":".join(["%x" % self.random.getrandbits(16) for _ in range(8)])

    def mac_address(self, multicast=False):
        return ":".join(["%02x" % (self.random.getrandbits(8) & (254 if at == 0 else 255)) for at in range(6)])

    def port_number(self, is_system=False, is_user=False, is_dynamic=False):
        return self.random.randint(0, 1023) if is_system else self.random.randint(1024, 49151) if is_user else self.random.randint(49152, 65535) if is_dynamic else self.random.randint(0, 65535)

    def http_method(self):
        return self._pick(("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"))

    def http_status_code(self, include_unassigned=True):
        return self.random.randint(100, 599) if include_unassigned else self._pick((200, 201, 204, 301, 302, 304, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503))

    def user_agent(self):
        return self._pick((self.chrome, self.firefox, self.safari))()

    def chrome(self, *versions, **named):
        return f"Mozilla/5.0 ({self._pick(('X11; Linux x86_64', 'Windows NT 10.0; Win64; x64', 'Macintosh; Intel Mac OS X 10_15_7'))}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{self.random.randint(100, 130)}.0.0.0 Safari/537.36"

    def firefox(self):
        version = self.random.randint(100, 130)
        return f"Mozilla/5.0 ({self._pick(('X11; Linux x86_64', 'Windows NT 10.0; Win64; x64'))}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"

    def safari(self):
        return f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{self.random.randint(14, 17)}.0 Safari/605.1.15"

    # Secrets and digests
    def uuid4(self, cast_to=str):
        made = _uuid.UUID(int=self.random.getrandbits(128), version=4)
        return cast_to(made) if cast_to else made

    def _digest(self, kind, raw):
        made = kind(str(self.random.random()).encode())
        return made.digest() if raw else made.hexdigest()

    def md5(self, raw_output=False):
        return self._digest(_hashlib.md5, raw_output)

    def sha1(self, raw_output=False):
        return self._digest(_hashlib.sha1, raw_output)

    def sha256(self, raw_output=False):
        return self._digest(_hashlib.sha256, raw_output)

    def binary(self, length=1048576):
        return bytes([self.random.getrandbits(8) for _ in range(length)])

    def password(self, length=10, special_chars=True, digits=True, upper_case=True, lower_case=True):
        kinds = [kind for kind, wanted in (("!@#$%^&*()_+", special_chars), (_string.digits, digits), (_string.ascii_uppercase, upper_case), (_string.ascii_lowercase, lower_case)) if wanted]
        if len(kinds) > length:
            raise AssertionError("Required length is shorter than required characters")
        made = [self._pick(kind) for kind in kinds]
        every = "".join(kinds)
        made += [self._pick(every) for _ in range(length - len(made))]
        self.random.shuffle(made)
        return "".join(made)

    # Money and goods
    def _luhn(self, digits):
        total = 0
        for at, digit in enumerate(reversed(digits)):
            n = int(digit) * (2 if at % 2 == 0 else 1)
            total += n - 9 if n > 9 else n
        return digits + str(-total % 10)

    def credit_card_number(self, card_type=None):
        return self._luhn(self.numerify({"visa": "4##############", "visa16": "4##############", "mastercard": "5%#############", "amex": "34############"}.get(card_type, "4##############")))

    def credit_card_expire(self, start="now", end="+10y", date_format="%m/%y"):
        return self.date_time_between(start, end).strftime(date_format)

    def credit_card_provider(self, card_type=None):
        return self._pick(("American Express", "Diners Club / Carte Blanche", "Discover", "JCB 16 digit", "Maestro", "Mastercard", "VISA 16 digit"))

    def credit_card_security_code(self, card_type=None):
        return self.numerify("###")

    def iban(self):
        digits = self.numerify("##################")
        letters = "".join([str(ord(c) - 55) for c in "GBWXYZ"])
        check = 98 - int(letters[4:] + digits[:14] + letters[:4] + "00") % 97
        return f"GB{check:02d}WXYZ{digits[:14]}"

    def bban(self):
        return self.lexify("????", _string.ascii_uppercase) + self.numerify("##############")

    def swift(self, length=None, primary=False, use_dataset=False):
        return self.lexify("??????", _string.ascii_uppercase) + self.bothify("??", _string.ascii_uppercase) + ("XXX" if length == 11 else "")

    def currency_code(self):
        return self._pick(list(_CURRENCIES))

    def currency_name(self):
        return self._pick(list(_CURRENCIES.values()))

    def currency(self):
        return self._pick(list(_CURRENCIES.items()))

    def pricetag(self):
        return f"${self.random.randint(1, 9999):,}.{self.random.randint(0, 99):02d}"

    def _ean(self, size):
        digits = self.numerify("#" * (size - 1))
        total = sum([int(c) * (3 if at % 2 == 0 else 1) for at, c in enumerate(reversed(digits))])
        return digits + str(-total % 10)

    def ean(self, length=13, prefixes=()):
        return self._ean(length)

    def ean13(self, prefixes=()):
        return self._ean(13)

    def ean8(self, prefixes=()):
        return self._ean(8)

    def isbn13(self, separator="-"):
        digits = "978" + self.numerify("#########")
        digits += str(-sum([int(c) * (1 if at % 2 == 0 else 3) for at, c in enumerate(digits)]) % 10)
        return separator.join((digits[:3], digits[3:4], digits[4:7], digits[7:12], digits[12:]))

    def license_plate(self):
        return self.bothify(self._pick(("###-???", "??? ####", "??-####", "#??####")), _string.ascii_uppercase)

    def vin(self):
        return "".join([self._pick("ABCDEFGHJKLMNPRSTUVWXYZ0123456789") for _ in range(17)])

    # Colors and files
    def color_name(self):
        return self._pick(list(_COLORS))

    def safe_color_name(self):
        return self._pick(("black", "blue", "fuchsia", "gray", "green", "lime", "maroon", "navy", "olive", "purple", "silver", "teal", "white", "yellow"))

    def hex_color(self):
        return "#%06x" % self.random.randint(1, 16777215)

    safe_hex_color = hex_color

    def color(self, hue=None, luminosity=None, color_format="hex"):
        return self.hex_color()

    def rgb_color(self):
        return ",".join([str(self.random.randint(0, 255)) for _ in range(3)])

    def rgb_css_color(self):
        return f"rgb({self.rgb_color()})"

    def file_extension(self, category=None):
        return self._pick(_EXTENSIONS[category or self._pick(list(_EXTENSIONS))])

    def file_name(self, category=None, extension=None):
        return f"{self.word()}.{extension or self.file_extension(category)}"

    def file_path(self, depth=1, category=None, extension=None, absolute=True):
        return ("/" if absolute else "") + "/".join([self.word() for _ in range(depth)] + [self.file_name(category, extension)])

    def mime_type(self, category=None):
        return self._pick(_MIMES)

    # Dates
    def _between(self, start, end):
        now = _datetime.now()
        low, high = _moment(start, now), _moment(end, now)
        if low.tzinfo is None and high.tzinfo is not None:
            low = low.replace(tzinfo=high.tzinfo)
        seconds = int((high - low).total_seconds())
        return low + _timedelta(seconds=self.random.randint(min(seconds, 0), max(seconds, 0)))

    def _zoned(self, made, tzinfo):
        made = made.replace(microsecond=0)
        return made if tzinfo is None else made.replace(tzinfo=tzinfo)

    def date_time(self, tzinfo=None, end_datetime=None):
        return self._zoned(self._between(0, end_datetime or "now"), tzinfo)

    def date_time_between(self, start_date="-30y", end_date="now", tzinfo=None):
        return self._zoned(self._between(start_date, end_date), tzinfo)

    def date_time_between_dates(self, datetime_start=None, datetime_end=None, tzinfo=None):
        return self._zoned(self._between(datetime_start or "now", datetime_end or "now"), tzinfo)

    def date_between(self, start_date="-30y", end_date="today"):
        return self._between(start_date, end_date).date()

    def date_between_dates(self, date_start=None, date_end=None):
        return self._between(date_start or "now", date_end or "now").date()

    def date_object(self, end_datetime=None):
        return self.date_time(end_datetime=end_datetime).date()

    def date(self, pattern="%Y-%m-%d", end_datetime=None):
        return self.date_time(end_datetime=end_datetime).strftime(pattern)

    def time(self, pattern="%H:%M:%S", end_datetime=None):
        return self.date_time(end_datetime=end_datetime).strftime(pattern)

    def time_object(self, end_datetime=None):
        return self.date_time(end_datetime=end_datetime).time()

    def time_delta(self, end_datetime=None):
        return self._between("now", end_datetime or "now") - _datetime.now().replace(microsecond=0)

    def iso8601(self, tzinfo=None, end_datetime=None, sep="T", timespec="auto"):
        return self.date_time(tzinfo, end_datetime).isoformat(sep)

    def unix_time(self, end_datetime=None, start_datetime=None):
        return float(int(self._between(start_datetime or 0, end_datetime or "now").timestamp()))

    def date_of_birth(self, tzinfo=None, minimum_age=0, maximum_age=115):
        today = _date.today()
        return today - _timedelta(days=self.random.randint(int(minimum_age * 365.25) + 1, int((maximum_age + 1) * 365.25) - 1))

    def past_date(self, start_date="-30d", tzinfo=None):
        return self._between(start_date, "-1d").date()

    def future_date(self, end_date="+30d", tzinfo=None):
        return self._between("+1d", end_date).date()

    def past_datetime(self, start_date="-30d", tzinfo=None):
        return self._zoned(self._between(start_date, "-1s"), tzinfo)

    def future_datetime(self, end_date="+30d", tzinfo=None):
        return self._zoned(self._between("+1s", end_date), tzinfo)

    def _this(self, first, before_now, after_now, tzinfo=None):
        now = _datetime.now()
        low = first(now) if before_now else now
        high = _moment("+1d", now) if after_now else now
        return self._zoned(self._between(low, high), tzinfo)

    def date_time_this_month(self, before_now=True, after_now=False, tzinfo=None):
        return self._this(lambda now: _datetime(now.year, now.month, 1), before_now, after_now, tzinfo)

    def date_time_this_year(self, before_now=True, after_now=False, tzinfo=None):
        return self._this(lambda now: _datetime(now.year, 1, 1), before_now, after_now, tzinfo)

    def date_time_this_decade(self, before_now=True, after_now=False, tzinfo=None):
        return self._this(lambda now: _datetime(now.year // 10 * 10, 1, 1), before_now, after_now, tzinfo)

    def date_time_this_century(self, before_now=True, after_now=False, tzinfo=None):
        return self._this(lambda now: _datetime(now.year // 100 * 100, 1, 1), before_now, after_now, tzinfo)

    def date_this_month(self, before_today=True, after_today=False):
        return self.date_time_this_month(before_today, after_today).date()

    def date_this_year(self, before_today=True, after_today=False):
        return self.date_time_this_year(before_today, after_today).date()

    def date_this_decade(self, before_today=True, after_today=False):
        return self.date_time_this_decade(before_today, after_today).date()

    def date_this_century(self, before_today=True, after_today=False):
        return self.date_time_this_century(before_today, after_today).date()

    def year(self):
        return str(self.date_time().year)

    def month(self):
        return f"{self.random.randint(1, 12):02d}"

    def month_name(self):
        return self._pick(_MONTHS)

    def day_of_month(self):
        return f"{self.random.randint(1, 31):02d}"

    def day_of_week(self):
        return self._pick(_DAYS)

    def am_pm(self):
        return self._pick(("AM", "PM"))

    def century(self):
        return self._pick(("XVIII", "XIX", "XX", "XXI"))

    def emoji(self):
        return chr(self.random.randint(0x1F600, 0x1F64F))


class _Unique:
    def __init__(self, generator):
        self._generator, self._seen = generator, {}

    def clear(self):
        self._seen = {}

    def exclude_types(self, types):
        return self

    def __getattr__(self, name):
        make = getattr(self._generator, name)

        def unique(*args, **kwargs):
            seen = self._seen.setdefault((name, repr(args), repr(kwargs)), set())
            for _ in range(1000):
                made = make(*args, **kwargs)
                key = made if isinstance(made, (str, int, float, bytes)) else repr(made)
                if key not in seen:
                    seen.add(key)
                    return made
            raise UniquenessException("Got duplicated values after 1,000 attempts.")
        return unique


class _Optional:
    def __init__(self, generator):
        self._generator = generator

    def __getattr__(self, name):
        make = getattr(self._generator, name)

        def optional(*args, prob=0.5, **kwargs):
            return make(*args, **kwargs) if self._generator.random.random() < prob else None
        return optional


class Faker(Generator):
    pass


class Factory:
    @classmethod
    def create(cls, locale=None, *args, **kwargs):
        return Faker(locale)
