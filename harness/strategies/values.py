"""Type -> the generators of its values. A type with rules has one (a test compares)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.strategies import identity, money, network, people, phones
from harness.strategies.labelled import Choose, Value

__all__ = ["TYPES", "make"]

TYPES: Mapping[str, tuple[Callable[[Choose], Value], ...]] = {
    "PHONE": (phones.phone, phones.spoken_phone),
    "EMAIL": (network.email, network.spoken_email),
    "CREDIT_CARD": (money.card, money.spoken_card),
    "SSN": (identity.ssn,),
    "IBAN": (money.iban_number,),
    "IP": (network.ip,),
    "CVV": (money.cvv,),
    "EXPIRY": (money.expiry,),
    "BANK_ACCOUNT": (money.bank_account,),
    "ROUTING": (money.routing_number,),
    "SORT_CODE": (money.sort_code,),
    "NATIONAL_ID": (identity.national_id,),
    "PASSPORT": (identity.passport,),
    "DRIVER_LICENSE": (identity.licence,),
    "DOB": (identity.dob,),
    "PIN": (identity.pin,),
    "OTP": (identity.otp,),
    "IMEI": (identity.imei,),
    "VIN": (identity.vehicle,),
    "MAC": (network.mac,),
    "URL_WITH_TOKEN": (network.url_with_token,),
    "SECRET": (network.secret,),
    "CRYPTO": (network.crypto,),
    "PERSON": (people.name,),
    "ADDRESS": (people.address,),
}
"""Written forms first."""


def make(choose: Choose, type_: str) -> Value:
    """A value of ``type_``.

    Raises:
        KeyError: no generator makes it.
    """
    return choose.pick(TYPES[type_])(choose)
