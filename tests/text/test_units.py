"""Units of measure and money."""

from harness.text.units import CURRENCIES, SYMBOLS, compatible, unit_of


def test_words_of_one_currency_are_one_unit() -> None:
    """A code, a word and a sign name the same unit."""
    assert unit_of("bucks") == unit_of("usd") == ("dollar", 1_000_000)
    assert SYMBOLS["€"] in CURRENCIES
    assert unit_of("banana") is None


def test_an_unsaid_unit_goes_with_any() -> None:
    """ "The 38" may be 38 dollars; dollars are not euros; a pound may be money or weight."""
    assert compatible("dollar", "")
    assert compatible("", "s")
    assert compatible("pound", "lb")
    assert not compatible("dollar", "euro")
