"""Invented customers. Every trait is a function of the customer's index, so nothing has to be kept."""

from datetime import date
from itertools import product

import numpy as np

from adventure_works.sample import random_streams
from adventure_works.sample.files import LINE_END, dates, digits, lines, table, texts

INCOME_CLASSES = 4
"""Below 50, below 100, below 150 thousand US dollars a year, and more."""
AGE_CLASSES = 4
"""Born before 1955, before 1971, before 1983, and later."""

_FIRST_KEY = 20_001
_BIRTH_YEARS = range(1932, 1995)
_AGE_CLASS_STARTS = [1955, 1971, 1983]

# The quirks of the real file come at a fixed beat rather than by chance, so that the smallest sample shows them.
_ACCENTED_EVERY, _ACCENTED_AT = 200, 57
_WITHOUT_GENDER_EVERY, _WITHOUT_GENDER_AT = 140, 11

# Occupation; how many of 100 customers have it; how often it earns each income and has each education of the heading.
(_, _, *_LEVELS), *_OCCUPATIONS = table("occupations.csv")
_INCOMES, _EDUCATIONS = [int(level) for level in _LEVELS if level.isdigit()], _LEVELS[-5:]
_WEIGHTS = np.array([row[1:] for row in _OCCUPATIONS], dtype=np.int64)
_CHILDREN_WEIGHTS = [28, 20, 21, 11, 12, 8]
# Prefix, marital status and gender, which go together.
_FORMS = [
    ("MR.", "M", "M"),
    ("MR.", "S", "M"),
    ("MRS.", "M", "F"),
    ("MRS.", "S", "F"),
    ("MS.", "S", "F"),
    ("MS.", "M", "F"),
]
_FORM_WEIGHTS = [28, 22, 21, 15, 9, 5]
_FORMS_WITHOUT_GENDER = [("", "M", "NA"), ("", "S", "NA")]


def _names(starts: str, ends: str) -> list[str]:
    return [start + end for start, end in product(starts.split(), ends.split())]


_FIRST_NAMES = _names(
    "AVEL BRIN CAEL DOR ELV FEN GAL HEST ISK JORV KEL LOR MIR NEV OST PELL QUIN RAV SEL TAMB ULV VESP",
    "A ANNE ARD EK ETTE IAN ICE IO ISE OLD ORA OW UNE WYN YS ETH",
)
_LAST_NAMES = _names(
    "ALDER BRAMBLE CINDER DUSK EMBER FALLOW GORSE HARROW INGLE JUNIPER KESTREL LARCH MOSS NETTLE OAKEN PEBBLE REED",
    "BECKE BOURN CROFTE DAHL FELL GARTH HOLM LUND MERE RIGG STED THWAITE WICKE",
)
# Names with letters of cp1252 and what e-mail makes of them. The carons and the OE are not in Latin-1, so a
# reader that takes one encoding for the other shows.
_ACCENTED = {
    "MÉLISANE": "melisane",
    "BJØRVIN": "bjorvin",
    "ÍÑARA": "inara",
    "ŠAVIKA": "savika",
    "ŒDRINE": "oedrine",
    "ŽELIANE": "zeliane",
    "GÜNDRIS": "gundris",
    "ÇAELIO": "caelio",
}


def _birth_year_weight(year: int) -> int:
    """Few below 30 or above 75, most around 50 at the time of the orders."""
    return max(1, min((year - 1930) * 3, 90, (1996 - year) * 5))


# Lookup tables: from 12 random bits to the number of a choice, and from that number to the field's text. Each
# text starts with the comma that parts it from the field before.
_OCCUPATION = random_streams.choices(_WEIGHTS[:, 0].tolist())
_INCOME = np.stack([random_streams.choices(row[1:-5]) for row in _WEIGHTS.tolist()])
_INCOME_CLASS = np.array([min(income // 50_000, INCOME_CLASSES - 1) for income in _INCOMES])
_EDUCATION = np.stack([random_streams.choices(row[-5:]) for row in _WEIGHTS.tolist()])
_CHILDREN = random_streams.choices(_CHILDREN_WEIGHTS)
_FORM = random_streams.choices(_FORM_WEIGHTS)
_BIRTH_YEAR = random_streams.choices([_birth_year_weight(year) for year in _BIRTH_YEARS])
_AGE_CLASS = np.searchsorted(_AGE_CLASS_STARTS, list(_BIRTH_YEARS), side="right")
_YEAR_STARTS = np.array([(date(year, 1, 1) - date(_BIRTH_YEARS[0], 1, 1)).days for year in _BIRTH_YEARS])
_LAST_FOUR_BITS = np.uint64(60)

_PREFIX_TEXTS = texts([f",{prefix}" for prefix, _, _ in [*_FORMS, *_FORMS_WITHOUT_GENDER]])
_STATUS_TEXTS = texts([f",{status},{gender}" for _, status, gender in [*_FORMS, *_FORMS_WITHOUT_GENDER]])
_FIRST_NAME_TEXTS = texts([f",{name}" for name in [*_FIRST_NAMES, *_ACCENTED]])
_LAST_NAME_TEXTS = texts([f",{name}" for name in _LAST_NAMES])
_BIRTH_DATE_TEXTS = dates(date(_BIRTH_YEARS[0], 1, 1), len(_BIRTH_YEARS) * 366, before=",")
_MAILBOX_TEXTS = texts([f",{name.lower()}" for name in [*_FIRST_NAMES, *_ACCENTED.values()]])
_INCOME_TEXTS = texts([f'@example.com,"${income:,} "' for income in _INCOMES])
_CHILDREN_TEXTS = texts([f",{children}" for children in range(len(_CHILDREN_WEIGHTS))])
_EDUCATION_TEXTS = texts([f",{education}" for education in _EDUCATIONS])
_OCCUPATION_TEXTS = texts([f",{occupation}" for occupation, *_ in _OCCUPATIONS])
_HOME_OWNER_TEXTS = texts([",Y"] * 11 + [",N"] * 5)


def keys(index: np.ndarray) -> np.ndarray:
    """Customer keys of customer indices (0, 1, 2, ...): ascending, with a gap after every fifty."""
    return _FIRST_KEY + index + index // 50


def traits(seed: int, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Income and age classes of the customers with these indices: numbers from 0 (poorest, oldest) to 3."""
    means = random_streams.words(random_streams.stream(seed, "means"), index)
    return _INCOME_CLASS[_income(means)], _AGE_CLASS[_birth_year(means)]


def csv(seed: int, start: int, end: int, customers: int) -> bytes:
    """Lines of the customer file for indices start..end-1 out of `customers` in all."""
    index = np.arange(start, end)
    means = random_streams.words(random_streams.stream(seed, "means"), index)
    identity = random_streams.words(random_streams.stream(seed, "identity"), index)

    form = _FORM[random_streams.part(identity, 0)]
    without_gender = index % _WITHOUT_GENDER_EVERY == _WITHOUT_GENDER_AT
    form = np.where(without_gender, len(_FORMS) + index // _WITHOUT_GENDER_EVERY % 2, form)
    first_name = random_streams.below(random_streams.part(identity, 1), len(_FIRST_NAMES))
    accented = index % _ACCENTED_EVERY == _ACCENTED_AT
    first_name = np.where(accented, len(_FIRST_NAMES) + index // _ACCENTED_EVERY % len(_ACCENTED), first_name)
    last_name = random_streams.below(random_streams.part(identity, 2), len(_LAST_NAMES))
    birth_date = _YEAR_STARTS[_birth_year(means)] + random_streams.below(random_streams.part(identity, 3), 365)
    children = _CHILDREN[random_streams.part(identity, 4)]
    occupation = _OCCUPATION[random_streams.part(means, 0)]
    education = _EDUCATION[occupation, random_streams.part(means, 3)]
    key = digits(keys(index), int(keys(np.array(customers))))
    return lines(
        [
            *key,
            _PREFIX_TEXTS[form],
            _FIRST_NAME_TEXTS[first_name],
            _LAST_NAME_TEXTS[last_name],
            _BIRTH_DATE_TEXTS[birth_date],
            _STATUS_TEXTS[form],
            _MAILBOX_TEXTS[first_name],
            *key,
            _INCOME_TEXTS[_income(means)],
            _CHILDREN_TEXTS[children],
            _EDUCATION_TEXTS[education],
            _OCCUPATION_TEXTS[occupation],
            _HOME_OWNER_TEXTS[(means >> _LAST_FOUR_BITS).astype(np.int64)],
            LINE_END,
        ]
    )


def _income(means: np.ndarray) -> np.ndarray:
    return _INCOME[_OCCUPATION[random_streams.part(means, 0)], random_streams.part(means, 1)]


def _birth_year(means: np.ndarray) -> np.ndarray:
    return _BIRTH_YEAR[random_streams.part(means, 2)]
