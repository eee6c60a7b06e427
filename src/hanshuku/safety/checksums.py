"""Check digits of numbers that name a person or an account. Every argument is digits (and letters) without blanks and dashes."""

from __future__ import annotations

from datetime import date, datetime, timezone

_GB_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_PROVINCE_CODES = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 91"
_PROVINCES = frozenset(_PROVINCE_CODES.split())
_TAIWAN = dict(zip("ABCDEFGHJKLMNPQRSTUVXYWZIO", range(10, 36), strict=True))
_VERHOEFF_D = [[(a + b) % 5 if a < 5 and b < 5 else (a - b) % 5 if a >= 5 and b >= 5 else (a + b) % 5 + 5 if a < 5 else (a - b) % 5 + 5 for b in range(10)] for a in range(10)]
_VERHOEFF_P = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "CH": 21, "CR": 22, "CY": 28, "CZ": 24,
    "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27,
    "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LI": 21, "LT": 20, "LU": 20, "LV": 21,
    "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MT": 31, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22,
    "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24, "TR": 26, "UA": 29, "VG": 24, "XK": 20,
}  # fmt: skip


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B: bank cards, Canadian SINs."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0 and len(set(digits)) > 1


def is_card(digits: str) -> bool:
    """Whether it has a network's first digits and length, and Luhn's check digit."""
    size, two, four = len(digits), digits[:2], int(digits[:4])
    known = (
        (digits[0] == "4" and size in {13, 16, 19})
        or ((51 <= int(two) <= 55 or 2221 <= four <= 2720) and size == 16)
        or (two in {"34", "37"} and size == 15)
        or ((two in {"62", "81"}) and 16 <= size <= 19)
        or ((two in {"36", "38", "39"} or 300 <= int(digits[:3]) <= 305) and size == 14)
        or ((3528 <= four <= 3589 or two in {"60", "64", "65"} or 2200 <= four <= 2204 or two in {"50", "56", "57", "58"}) and 16 <= size <= 19)
    )
    return known and luhn(digits)


def iban(code: str) -> bool:
    """ISO 13616: the country's length, and 1 modulo 97 (ISO 7064) when the first four characters stand last."""
    if IBAN_LENGTHS.get(code[:2]) != len(code):
        return False
    return int("".join(str(int(char, 36)) for char in code[4:] + code[:4])) % 97 == 1


def chinese_id(code: str) -> bool:
    """GB 11643-1999, 18 characters: a province, a date of birth, and ISO 7064 MOD 11-2; or the 15 of before, which have no check digit."""
    if code[:2] not in _PROVINCES:
        return False
    if len(code) == 15:
        return is_date("19" + code[6:8], code[8:10], code[10:12])
    total = sum(weight * int(digit) for weight, digit in zip(_GB_WEIGHTS, code[:17], strict=True))
    return is_date(code[6:10], code[10:12], code[12:14]) and "10X98765432"[total % 11] == code[17].upper()


def is_date(year: str, month: str, day: str) -> bool:
    """Whether there is such a day, from 1850 on and not after this year."""
    try:
        return 1850 <= date(int(year), int(month), int(day)).year <= datetime.now(timezone.utc).year
    except ValueError:
        return False


def ssn(digits: str) -> bool:
    """US Social Security number: no area 000, 666 or 9xx, no group 00, no serial 0000 (SSA, 2011)."""
    return digits[:3] not in {"000", "666"} and digits[0] != "9" and digits[3:5] != "00" and digits[5:] != "0000"


def nino(code: str) -> bool:
    """UK National Insurance number: prefixes that are never given out (HMRC NIM39110)."""
    return code[:2].upper() not in {"BG", "GB", "NK", "KN", "TN", "NT", "ZZ"}


def nhs(digits: str) -> bool:
    """UK National Health Service number, modulo 11."""
    check = 11 - sum(int(digit) * (10 - place) for place, digit in enumerate(digits[:9])) % 11
    return check % 11 == int(digits[9]) and check != 10


def verhoeff(digits: str) -> bool:
    """Verhoeff 1969, the dihedral group D5: India's Aadhaar numbers, which begin with 2 to 9."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit)
        for _ in range(place % 8):
            value = _VERHOEFF_P[value]
        check = _VERHOEFF_D[check][value]
    return check == 0 and digits[0] not in "01"


def hong_kong(code: str) -> bool:
    """HKID: one or two letters, six digits, a check digit or A, modulo 11."""
    letters, check = code[:-7].upper().rjust(2), code[-1].upper()
    values = [36 if char == " " else int(char, 36) for char in letters] + [int(digit) for digit in code[-7:-1]]
    total = sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True))
    return (total + (10 if check == "A" else int(check))) % 11 == 0


def taiwan(code: str) -> bool:
    """National identification card: a letter and nine digits, modulo 10."""
    first = _TAIWAN[code[0].upper()]
    digits = [first // 10, first % 10, *map(int, code[1:])]
    return sum(digit * weight for digit, weight in zip(digits, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), strict=True)) % 10 == 0


def singapore(code: str) -> bool:
    """NRIC or FIN: S, T, F, G or M, seven digits and a check letter."""
    kind, letter = code[0].upper(), code[-1].upper()
    total = sum(int(digit) * weight for digit, weight in zip(code[1:8], (2, 7, 6, 5, 4, 3, 2), strict=True)) + {"T": 4, "G": 4, "M": 3}.get(kind, 0)
    if kind == "M":
        return "KLJNPQRTUWX"[10 - total % 11] == letter
    return ("JZIHGFEDCBA" if kind in "ST" else "XWUTRQPNMLK")[total % 11] == letter


def spain(code: str) -> bool:
    """DNI: eight digits and a letter, modulo 23."""
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(code[:8]) % 23] == code[8].upper()


def brazil(digits: str) -> bool:
    """CPF: nine digits and two check digits, modulo 11."""
    for size in (9, 10):
        total = sum(int(digit) * (size + 1 - place) for place, digit in enumerate(digits[:size]))
        if total * 10 % 11 % 10 != int(digits[size]):
            return False
    return len(set(digits)) > 1
