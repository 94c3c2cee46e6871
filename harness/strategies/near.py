"""Texts that look like personal data and are none: they must survive (REDACTION.md, "Not PII").

1. Each family names the words by which a rule may claim it: who writes a rule for order numbers does not want them kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.pii.validators import luhn_ok
from harness.strategies.checks import digits
from harness.strategies.labelled import Choose, NearMiss

__all__ = ["FAMILIES", "near_miss"]


def _order(choose: Choose) -> str:
    number = str(choose.number(1, 9)) + digits(choose, choose.pick((5, 6, 7, 8, 9, 10)))
    return choose.pick(("order {} has shipped", "Your order number is {}.", "about order #{}, please")).format(number)


def _ticket(choose: Choose) -> str:
    number = f"{choose.pick(('TKT', 'INC', 'CS'))}-{choose.number(1000, 99999)}"
    return choose.pick(("ticket {} is open", "I opened {} for you.", "see case {}")).format(number)


def _tracking(choose: Choose) -> str:
    """Never one that would pass as a payment card: twelve digits with a Luhn digit are one wherever they stand."""
    size = choose.pick((9, 11))
    number = str(choose.number(1, 9)) + digits(choose, size)
    if luhn_ok(number):
        number = number[:-1] + str((int(number[-1]) + 1) % 10)
    return f"tracking number {number} {choose.pick(('is late', 'shows delivered'))}"


def _reference(choose: Choose) -> str:
    return f"reference {choose.number(1, 9)}{digits(choose, choose.pick((4, 7, 8)))} was closed"


def _isbn(choose: Choose) -> str:
    return f"ISBN 978-{choose.number(1, 9)}-{digits(choose, 2)}-{digits(choose, 6)}-{choose.number(0, 9)}"


def _money(choose: Choose) -> str:
    amount = choose.pick(
        (f"{choose.number(1, 999)}.{digits(choose, 2)}", f"{choose.number(1, 99)},{digits(choose, 3)}.00")
    )
    return choose.pick(("the bill is ${}", "I refunded ${} today", "You paid €{} in May.")).format(amount)


def _time(choose: Choose) -> str:
    clock = f"{choose.number(1, 12)}:{choose.number(0, 59):02d}"
    return choose.pick(("we open at {}", "the visit is at {} pm", "between {} and 17:45")).format(clock)


def _date(choose: Choose) -> str:
    year, month, day = choose.number(2019, 2027), choose.number(1, 12), choose.number(1, 28)
    date = choose.pick(
        (f"{year}-{month:02d}-{day:02d}", f"{month:02d}/{day:02d}/{year}", f"{day:02d}.{month:02d}.{year}")
    )
    return choose.pick(("invoice dated {} is overdue", "It shipped on {}.", "the plan ends {}")).format(date)


def _version(choose: Choose) -> str:
    parts = ".".join(str(choose.number(0, 30)) for _ in range(choose.pick((3, 4))))
    return choose.pick(("firmware {} is out", "version {} fixes it", "see section {}")).format(parts)


def _range(choose: Choose) -> str:
    low = choose.number(2, 900)
    return choose.pick(("between {} and {} units", "pages {}-{}", "it takes {} to {} days")).format(low, low + 100)


def _uuid(choose: Choose) -> str:
    raw = f"{choose.number(0, 16**32 - 1):032x}"
    return f"id {raw[:8]}-{raw[8:12]}-4{raw[13:16]}-a{raw[17:20]}-{raw[20:]}"


def _short_code(choose: Choose) -> str:
    return f"text STOP to {choose.number(20000, 79999)}"


def _last_four(choose: Choose) -> str:
    return choose.pick(("card ending in {}", "the card's last four are {}", "visa ending {}")).format(
        choose.number(1000, 9999)
    )


def _masked(choose: Choose) -> str:
    last = choose.number(1000, 9999)
    return choose.pick((f"**** **** **** {last}", f"card XXXX-XXXX-XXXX-{last}", "k***m@kestrel.io"))


def _placeholder(choose: Choose) -> str:
    name = choose.pick(("PHONE", "EMAIL", "CC", "SSN", "PERSON"))
    return f"you said [{name}_REDACTED], right?"


def _words(choose: Choose) -> str:
    return choose.pick(
        (
            "one of the two agents took five calls", "I waited three or four days", "it failed two times, then once more",
            "at ten to five we looked at it", "he works at the shop", "twenty minutes, thirty at most",
        )
    )  # fmt: skip


FAMILIES: Mapping[str, tuple[Callable[[Choose], str], tuple[str, ...]]] = {
    "words": (_words, ()),
    "order": (_order, ("order",)),
    "ticket": (_ticket, ("ticket", "case", "TKT", "INC", "CS")),
    "tracking": (_tracking, ("tracking", "parcel", "shipment")),
    "reference": (_reference, ("reference",)),
    "isbn": (_isbn, ("ISBN",)),
    "money": (_money, ("$", "€")),
    "time": (_time, ("open at", "visit")),
    "date": (_date, ("invoice", "dated", "plan ends")),
    "version": (_version, ("firmware", "version", "section")),
    "range": (_range, ("units", "pages", "days")),
    "uuid": (_uuid, ("uuid",)),
    "short code": (_short_code, ("text STOP",)),
    "last four": (_last_four, ("ending", "last four")),
    "masked": (_masked, ("*", "XXXX")),
    "placeholder": (_placeholder, ("REDACTED",)),
}
"""Family -> its generator, and the words of a rule's examples that claim it."""


def near_miss(choose: Choose, families: tuple[str, ...] = tuple(FAMILIES)) -> NearMiss:
    """A text that must survive."""
    family = choose.pick(families)
    return NearMiss(text=FAMILIES[family][0](choose), family=family)
