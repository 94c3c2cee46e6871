"""Addresses of machines and mailboxes, links with tokens, secrets, wallets; outside the ranges set aside for examples."""

from __future__ import annotations

from harness.strategies.checks import base58_address, digits
from harness.strategies.labelled import Choose, Value
from harness.strategies.speech import say_address

__all__ = ["crypto", "email", "ip", "mac", "secret", "spoken_email", "url_with_token"]

_LOCALS = ("kim", "kim.lee", "k_lee", "kim-lee", "kim42", "r.okafor", "support.desk", "o'neil", "kim+tag", "KIM.LEE")
_HOSTS = ("kestrel.io", "harborpost.net", "mail.quay-nine.co.uk", "lumen.com", "brightfield.org", "quay9.de")
_SAID_HOSTS = ("kestrel.io", "harborpost.net", "lumen.com", "brightfield.org", "mail.harborpost.net")
_SAID_LOCALS = ("kim", "kim.lee", "k_lee", "kim-lee", "rosa.okafor")
_ALNUM = "a7f2c9b4e1d8x3q6w5z"


def _token(choose: Choose, size: int) -> str:
    """Letters and digits, both."""
    return "a7" + "".join(choose.pick(_ALNUM) for _ in range(size - 2))


def _hex(choose: Choose, size: int) -> str:
    return f"{choose.number(0, 16**size - 1):0{size}x}"


def email(choose: Choose) -> Value:
    """A written address."""
    return Value(type="EMAIL", form="written", text=f"{choose.pick(_LOCALS)}@{choose.pick(_HOSTS)}", alone=True)


def spoken_email(choose: Choose) -> Value:
    """An address in words."""
    form = choose.pick(("said", "half said"))
    address = f"{choose.pick(_SAID_LOCALS)}@{choose.pick(_SAID_HOSTS)}"
    return Value(type="EMAIL", form=form, text=say_address(address, half=form == "half said"), said=True)


def ip(choose: Choose) -> Value:
    """An Internet address, version 4 or 6."""
    if choose.pick((True, False)):
        numbers = (choose.number(11, 126), choose.number(1, 255), choose.number(0, 255), choose.number(1, 254))
        return Value(type="IP", form="v4", text=".".join(map(str, numbers)), alone=True)
    groups = [_hex(choose, 4) for _ in range(2)]
    text = choose.pick((f"2a02:26f0:{groups[0]}::{groups[1]}", f"2a02:26f0:{groups[0]}:0:0:0:17:{groups[1]}"))
    return Value(type="IP", form="v6", text=text, alone=True)


def mac(choose: Choose) -> Value:
    """A hardware address of a maker."""
    form = choose.pick((":", "-", "dots"))
    raw = "3c846a" + _hex(choose, 6)
    if form == "dots":
        return Value(type="MAC", form=form, text=f"{raw[:4]}.{raw[4:8]}.{raw[8:]}", alone=True)
    return Value(type="MAC", form=form, text=form.join(raw[n : n + 2] for n in range(0, 12, 2)), alone=True)


def url_with_token(choose: Choose) -> Value:
    """A link that opens something."""
    key = choose.pick(("token", "access_token", "sig", "key"))
    page = choose.pick(("reset", "login", "files/view"))
    return Value(
        type="URL_WITH_TOKEN", form=key, text=f"https://portal.kestrel.io/{page}?{key}={_token(choose, 12)}", alone=True
    )


def secret(choose: Choose) -> Value:
    """A key with a known prefix, or a password that its sentence gives away."""
    form = choose.pick(("sk_live", "ghp", "AKIA", "password"))
    if form == "password":
        return Value(
            type="SECRET", form=form, text=f"{choose.pick(('Harbor', 'Quay', 'Lantern'))}!{digits(choose, 4)}x"
        )
    if form == "AKIA":
        return Value(type="SECRET", form=form, text="AKIA2E" + _token(choose, 14).upper(), alone=True)
    return Value(type="SECRET", form=form, text=f"{form}_{_token(choose, 20)}", alone=True)


def crypto(choose: Choose) -> Value:
    """A wallet's address."""
    form = choose.pick(("ethereum", "bitcoin"))
    if form == "ethereum":
        return Value(type="CRYPTO", form=form, text="0x52" + _hex(choose, 38), alone=True)
    payload = b"\x5a" + choose.number(0, 256**19 - 1).to_bytes(19, "big")
    return Value(type="CRYPTO", form=form, text=base58_address(payload), alone=True)
