"""Sentences that carry a value: ``{}`` is its place.

1. A sentence of a type says what the value is, so that every form of it can be told there.
2. A neutral sentence says nothing; only values that stand alone go there.
3. Sentences around them hold no value.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.strategies.labelled import Choose, Value

__all__ = ["AROUND", "CUED", "NEUTRAL", "carrier"]

NEUTRAL = (
    "{}",
    "Okay, {}.",
    "It was {} I think",
    "so that would be {}, thanks",
    "({})",
    '"{}"',
    "see {}!",
    "{} - got it?",
)

AROUND = (
    "", "Okay. ", "Thanks for waiting. ", "The router blinks red and the line drops.\n", "Let me check that for you... ",
    "Right, one moment. ", "Did you get that? ", "No, I never got a letter. ",
)  # fmt: skip
"""What may stand before and after."""

CUED: Mapping[str, tuple[str, ...]] = {
    "PHONE": (
        "my phone number is {}", "You can call me on {}.", "please call back at {}, thanks", "my mobile: {}",
        "The number on file is {}.", "reach me on {} after five",
    ),
    "EMAIL": ("my email is {}", "Send it to my email {}.", "the email address on file is {}", "email me at {}, please"),
    "CREDIT_CARD": ("my card is {}", "The card number is {}.", "my visa is {}, please", "charge my credit card {}"),
    "SSN": ("my ssn is {}", "The social is {}.", "my social security number is {}, yes"),
    "IBAN": ("my iban is {}", "Refund it to IBAN {}."),
    "IP": ("my ip address is {}", "It came from host {}."),
    "CVV": ("the cvv is {}", "The security code is {}.", "cvc: {}"),
    "EXPIRY": ("my card expires {}", "The card's expiration date is {}.", "visa, exp {}"),
    "BANK_ACCOUNT": (
        "my bank account number is {}", "The checking account is {}.", "savings account number is {}, please",
    ),
    "ROUTING": ("the routing number is {}", "Routing number: {}.", "bank routing number {}"),
    "SORT_CODE": ("the sort code is {}", "Sort code: {}."),
    "PASSPORT": ("my passport number is {}", "Passport: {}.", "my passport is {}, issued last year"),
    "DRIVER_LICENSE": ("my driver's license is {}", "The driving licence number is {}."),
    "DOB": ("my date of birth is {}", "DOB: {}.", "I was born on {}"),
    "PIN": ("my pin is {}", "The pin number is {}.", "PIN: {}"),
    "OTP": ("the verification code is {}", "Your one-time passcode is {}.", "the OTP is {}"),
    "IMEI": ("the imei is {}", "IMEI number: {}."),
    "VIN": ("the vin is {}", "VIN: {}."),
    "MAC": ("the mac address is {}", "Router {} rebooted."),
    "URL_WITH_TOKEN": ("the link is {}", "Open {} now"),
    "SECRET": ("my password is {}", "The api key is {}, okay"),
    "CRYPTO": ("the wallet is {}", "Send it to {}."),
    "PERSON": ("my name is {}", "The account holder is {}.", "The name on the account is {}, thanks"),
    "ADDRESS": ("my address is {}", "I live at {}.", "My home address is {}, thanks"),
}  # fmt: skip

_NATIONAL: Mapping[str, tuple[str, ...]] = {
    "NHS": ("my NHS number is {}", "NHS number: {}."),
    "NINO": ("my national insurance number is {}", "It's {}."),
    "aadhaar": ("my aadhaar is {}", "Aadhaar number: {}."),
    "SIN": ("my SIN is {}", "The social insurance number is {}."),
    "DNI": ("my DNI is {}", "DNI: {}."),
    "CPF": ("my CPF is {}", "CPF: {}."),
}


def carrier(choose: Choose, value: Value) -> str:
    """A sentence for ``value``."""
    if value.alone and choose.pick((False, True)):
        return choose.pick(NEUTRAL)
    if value.type == "NATIONAL_ID":
        return choose.pick(_NATIONAL[value.form])
    return choose.pick(CUED[value.type])
