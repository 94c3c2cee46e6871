"""Payment cards, IBANs and accounts, with their check digits, outside the surrogate ranges."""

from __future__ import annotations

from harness.strategies.checks import digits, iban, luhn, routing
from harness.strategies.labelled import Choose, Value
from harness.strategies.speech import SPOKEN_FORMS, say_digits

__all__ = ["bank_account", "card", "cvv", "expiry", "iban_number", "routing_number", "sort_code", "spoken_card"]

_BRANDS = (("4539", 16), ("5318", 16), ("6011", 16), ("2720", 16), ("371", 15), ("3056", 14), ("4", 13))
_SEPARATORS = ("", " ", "-", ".", "  ", " - ", "\n")
_MONTHS = ("January", "March", "September", "Dec")
_IBANS = (
    ("GB", "BUKB", 14), ("DE", "", 18), ("FR", "", 23), ("NL", "ABNA", 10), ("ES", "", 20), ("IT", "X", 22), ("PL", "", 24),
)  # fmt: skip


def _card_groups(choose: Choose) -> list[str]:
    prefix, size = choose.pick(_BRANDS)
    number = luhn(prefix + digits(choose, size - len(prefix) - 1))
    cuts = {16: (4, 8, 12, 16), 15: (4, 10, 15), 14: (4, 10, 14), 13: (4, 8, 13)}[size]
    return [number[a:b] for a, b in zip((0, *cuts), cuts, strict=False)]


def card(choose: Choose) -> Value:
    """A payment card that passes Luhn."""
    groups = _card_groups(choose)
    separator = choose.pick(_SEPARATORS)
    return Value(type="CREDIT_CARD", form=f"{separator!r}", text=separator.join(groups), alone=True)


def spoken_card(choose: Choose) -> Value:
    """A payment card in words."""
    form = choose.pick(SPOKEN_FORMS)
    return Value(
        type="CREDIT_CARD", form=f"said {form}", text=say_digits(choose, _card_groups(choose), form), said=True
    )


def cvv(choose: Choose) -> Value:
    """Three or four digits that are no surrogate."""
    code = str(choose.number(1, 9)) + digits(choose, choose.pick((2, 3)))
    form = choose.pick(("digits", "said"))
    text = code if form == "digits" else say_digits(choose, [code], "single")
    return Value(type="CVV", form=form, text=text, said=form == "said")


def expiry(choose: Choose) -> Value:
    """Month and year of a card."""
    month, year = choose.number(1, 12), choose.number(26, 35)
    text = choose.pick((f"{month:02d}/{year}", f"{month:02d}/20{year}", f"{choose.pick(_MONTHS)} 20{year}"))
    return Value(type="EXPIRY", form="month/year" if "/" in text else "month named", text=text)


def iban_number(choose: Choose) -> Value:
    """An IBAN of a country of the registry."""
    country, bank, size = choose.pick(_IBANS)
    number = iban(country, bank + digits(choose, size))
    form = choose.pick(("grouped", "compact", "dashes", "lower"))
    grouped = " ".join(number[n : n + 4] for n in range(0, len(number), 4))
    text = {"grouped": grouped, "compact": number, "dashes": grouped.replace(" ", "-"), "lower": number.lower()}[form]
    return Value(type="IBAN", form=form, text=text, alone=True)


def bank_account(choose: Choose) -> Value:
    """An account number; only its sentence says that it is one."""
    number = str(choose.number(1, 9)) + digits(choose, choose.number(6, 11))
    form = choose.pick(("digits", "grouped", "said"))
    groups = [number[:4], number[4:]]
    if form == "said":
        return Value(type="BANK_ACCOUNT", form=form, text=say_digits(choose, groups, "single"), said=True)
    return Value(type="BANK_ACCOUNT", form=form, text=(" " if form == "grouped" else "").join(groups))


def routing_number(choose: Choose) -> Value:
    """An ABA routing number."""
    number = routing(choose.pick(("0210", "1220", "3222", "0710")) + digits(choose, 4))
    form = choose.pick(("digits", "said"))
    text = number if form == "digits" else say_digits(choose, [number[:3], number[3:6], number[6:]], "oh")
    return Value(type="ROUTING", form=form, text=text, said=form == "said")


def sort_code(choose: Choose) -> Value:
    """A British sort code."""
    groups = [str(choose.number(10, 99)), digits(choose, 2), digits(choose, 2)]
    form = choose.pick(("dashes", "spaces", "bare", "said"))
    if form == "said":
        return Value(type="SORT_CODE", form=form, text=say_digits(choose, groups, "double"), said=True)
    return Value(type="SORT_CODE", form=form, text={"dashes": "-", "spaces": " ", "bare": ""}[form].join(groups))
