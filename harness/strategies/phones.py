"""Telephone numbers, written and said, outside 555-01xx and the other surrogate ranges."""

from __future__ import annotations

from harness.strategies.checks import digits
from harness.strategies.labelled import Choose, Value
from harness.strategies.speech import SPOKEN_FORMS, say_digits

__all__ = ["phone", "spoken_phone"]

_AREAS = ("628", "415", "206", "718", "312", "503", "917", "305")
_WRITTEN = {
    "dashes": "{a}-{b}-{c}",
    "parentheses": "({a}) {b}-{c}",
    "dots": "{a}.{b}.{c}",
    "spaces": "{a} {b} {c}",
    "+1": "+1 {a} {b} {c}",
    "+1 dashes": "+1-{a}-{b}-{c}",
    "1-": "1-{a}-{b}-{c}",
    "+1 bare": "+1{a}{b}{c}",
    "parentheses tight": "({a}){b}-{c}",
    "spaced dashes": "{a} - {b} - {c}",
    "double spaces": "{a}  {b}  {c}",
    "extension": "{a}-{b}-{c} x{x}",
    "extension said": "{a}-{b}-{c} ext. {x}",
}
_ABROAD = {
    "GB": ("+44", "20 7### ####"),
    "FR": ("+33", "1 42 ## ## ##"),
    "DE": ("+49", "30 9## ####"),
    "AU": ("+61", "3 94## ####"),
    "IN": ("+91", "98### #####"),
    "JP": ("+81", "90 62## ####"),
    "ES": ("+34", "91 4## ## ##"),
}
_NATIONAL = ("020 7### ####", "01 42 ## ## ##", "090-62##-####", "0771 2## ####")


def _parts(choose: Choose) -> tuple[str, str, str]:
    """Area, exchange and line; never 555, N11 or an area that takes part in a surrogate."""
    exchange = f"{choose.number(2, 9)}{digits(choose, 2)}"
    if exchange[1:] == "11" or exchange == "555":
        exchange = "271"
    return choose.pick(_AREAS), exchange, digits(choose, 4)


def _filled(choose: Choose, shape: str) -> str:
    fresh = iter(digits(choose, shape.count("#")))
    return "".join(next(fresh) if char == "#" else char for char in shape)


def phone(choose: Choose) -> Value:
    """A written number."""
    kind = choose.pick(("nanp", "nanp", "abroad", "bare", "national"))
    if kind == "nanp":
        form = choose.pick(tuple(_WRITTEN))
        a, b, c = _parts(choose)
        text = _WRITTEN[form].format(a=a, b=b, c=c, x=choose.number(10, 9999))
        return Value(type="PHONE", form=form, text=text, alone=True)
    if kind == "abroad":
        country = choose.pick(tuple(_ABROAD))
        code, shape = _ABROAD[country]
        text = f"{code} {_filled(choose, shape)}"
        style = choose.pick((" ", "-", "", "."))
        return Value(type="PHONE", form=f"{country} {style!r}", text=text.replace(" ", style), alone=True)
    if kind == "bare":
        return Value(type="PHONE", form="bare", text="".join(_parts(choose)))
    return Value(type="PHONE", form="national", text=_filled(choose, choose.pick(_NATIONAL)))


def spoken_phone(choose: Choose) -> Value:
    """A number in words, or half in words."""
    form = choose.pick(SPOKEN_FORMS)
    a, b, c = _parts(choose)
    groups = [a, b, c] if choose.pick((True, True, False)) else ["+44", "20", f"7{b}", c]
    return Value(type="PHONE", form=f"said {form}", text=say_digits(choose, groups, form), said=True)
