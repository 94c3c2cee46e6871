"""Names of people and postal addresses, invented."""

from __future__ import annotations

from harness.strategies.labelled import Choose, Value
from harness.strategies.speech import say_digits

__all__ = ["address", "name"]

_GIVEN = ("Tobias", "Priyanka", "Callum", "Bettina", "Kevin", "Maria", "Thomas", "Angela")
_FAMILY = ("Ferrowick", "Quendale", "Ostrander", "Vellacourt", "Brixholm", "Tarrowby", "Ilvesson")
_STREETS = ("Larkmoor", "Ambrin", "Quillstone", "Fernhollow", "Ottermere", "Windrake")
_SUFFIXES = ("Street", "Road", "Avenue", "Lane")


def name(choose: Choose) -> Value:
    """A given name and a family name."""
    form = choose.pick(("two words", "initial", "small letters", "hyphen"))
    first, last = choose.pick(_GIVEN), choose.pick(_FAMILY)
    texts = {
        "two words": f"{first} {last}",
        "initial": f"{first} {choose.pick('BDKLT')}. {last}",
        "small letters": f"{first} {last}".lower(),
        "hyphen": f"{first} {last}-{choose.pick(_FAMILY)}",
    }
    return Value(type="PERSON", form=form, text=texts[form])


def address(choose: Choose) -> Value:
    """A house number and a street, perhaps with what follows them."""
    form = choose.pick(("street", "unit", "city", "small letters", "said"))
    number, street = choose.number(11, 9899), f"{choose.pick(_STREETS)} {choose.pick(_SUFFIXES)}"
    texts = {
        "street": f"{number} {street}",
        "unit": f"{number} {street}, Apt {choose.number(1, 99)}",
        "city": f"{number} {street}, {choose.pick(_STREETS)}, OH {choose.number(43001, 45999)}",
        "small letters": f"{number} {street}".lower(),
        "said": f"{say_digits(choose, [str(choose.number(11, 99))], 'single')} {street}".lower(),
    }
    return Value(type="ADDRESS", form=form, text=texts[form], said=form == "said")
