"""Numbers of persons, documents and vehicles, and the codes that open accounts."""

from __future__ import annotations

from harness.strategies.checks import cpf, digits, dni, luhn, verhoeff, vin
from harness.strategies.labelled import Choose, Value
from harness.strategies.speech import SPOKEN_FORMS, say_digits

__all__ = ["dob", "imei", "licence", "national_id", "otp", "passport", "pin", "ssn", "vehicle"]

_MONTHS = "January February March April May June July August September October November December".split()


def ssn(choose: Choose) -> Value:
    """A social security number of an area that is issued (never 666 or 9xx)."""
    area = str(choose.number(100, 665))
    groups = [area, str(choose.number(10, 99)), str(choose.number(1000, 9999))]
    form = choose.pick(("dashes", "spaces", "dots", "bare", "said"))
    if form == "said":
        text = say_digits(choose, groups, choose.pick(SPOKEN_FORMS))
        return Value(type="SSN", form=form, text=text, said=True)
    separator = {"dashes": "-", "spaces": " ", "dots": ".", "bare": ""}[form]
    return Value(type="SSN", form=form, text=separator.join(groups), alone=form == "dashes")


def national_id(choose: Choose) -> Value:
    """Numbers of several countries, with their check digits; their sentence names the kind in ``form``."""
    form = choose.pick(("NHS", "NINO", "aadhaar", "SIN", "DNI", "CPF"))
    if form == "NHS":
        text = f"{choose.number(400, 499)} {digits(choose, 3)} {digits(choose, 4)}"
    elif form == "NINO":
        text = f"AB {digits(choose, 2)} {digits(choose, 2)} {digits(choose, 2)} {choose.pick('ABCD')}"
    elif form == "aadhaar":
        number = verhoeff(str(choose.number(2, 9)) + digits(choose, 10))
        text = f"{number[:4]} {number[4:8]} {number[8:]}"
    elif form == "SIN":
        number = luhn(str(choose.number(1, 7)) + digits(choose, 7))
        text = f"{number[:3]}-{number[3:6]}-{number[6:]}"
    elif form == "DNI":
        text = dni(str(choose.number(10, 99)) + digits(choose, 6))
    else:
        number = cpf(str(choose.number(100, 899)) + digits(choose, 6))
        text = f"{number[:3]}.{number[3:6]}.{number[6:9]}-{number[9:]}"
    return Value(type="NATIONAL_ID", form=form, text=text)


def passport(choose: Choose) -> Value:
    """A passport number."""
    text = choose.pick(("C", "", "YB")) + str(choose.number(1, 9)) + digits(choose, 7)
    return Value(type="PASSPORT", form="letters" if text[0].isalpha() else "digits", text=text)


def licence(choose: Choose) -> Value:
    """A driving licence."""
    form = choose.pick(("letter", "grouped", "digits"))
    if form == "digits":
        return Value(
            type="DRIVER_LICENSE", form=form, text=f"{choose.number(100, 999)} {digits(choose, 3)} {digits(choose, 3)}"
        )
    head = choose.pick("DFS")
    if form == "letter":
        return Value(type="DRIVER_LICENSE", form=form, text=head + str(choose.number(1, 9)) + digits(choose, 6))
    text = f"{head}{choose.number(100, 999)}-{digits(choose, 4)}-{digits(choose, 4)}"
    return Value(type="DRIVER_LICENSE", form=form, text=text)


def dob(choose: Choose) -> Value:
    """A date of birth."""
    year, month, day = choose.number(1930, 2009), choose.number(1, 12), choose.number(1, 28)
    forms = {
        "iso": f"{year}-{month:02d}-{day:02d}",
        "slashes": f"{month:02d}/{day:02d}/{year}",
        "dots": f"{day:02d}.{month:02d}.{year}",
        "month first": f"{_MONTHS[month - 1]} {day}, {year}",
        "day first": f"{day} {_MONTHS[month - 1]} {year}",
    }
    form = choose.pick(tuple(forms))
    return Value(type="DOB", form=form, text=forms[form])


def imei(choose: Choose) -> Value:
    """An equipment number with its Luhn digit."""
    return Value(type="IMEI", form="digits", text=luhn(f"49{digits(choose, 12)}"))


def vehicle(choose: Choose) -> Value:
    """A vehicle identification number with its check digit."""
    text = vin("1HG", f"CM826{digits(choose, 2)}A{digits(choose, 5)}")
    return Value(type="VIN", form="checked", text=text, alone=True)


def pin(choose: Choose) -> Value:
    """Four to six digits that are no surrogate."""
    code = str(choose.number(1, 9)) + digits(choose, choose.pick((3, 5)))
    form = choose.pick(("digits", "said"))
    text = code if form == "digits" else say_digits(choose, [code], "single")
    return Value(type="PIN", form=form, text=text, said=form == "said")


def otp(choose: Choose) -> Value:
    """A one-time code."""
    code = str(choose.number(1, 9)) + digits(choose, 5)
    form = choose.pick(("digits", "dashed", "said"))
    text = {"digits": code, "dashed": f"{code[:3]}-{code[3:]}", "said": say_digits(choose, [code], "single")}[form]
    return Value(type="OTP", form=form, text=text, said=form == "said")
