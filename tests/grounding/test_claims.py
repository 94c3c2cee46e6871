"""Sentences, clauses, negation, possibility."""

from harness.grounding.claims import MAX_TOKENS, read, read_all


def test_a_negation_ends_with_its_clause() -> None:
    """Only the words of the denied clause are denied."""
    sentence = read("I did not order the lamp, but I ordered the tent.")
    denied = {token.norm for token, flag in zip(sentence.tokens, sentence.negated, strict=True) if flag}
    assert denied == {"order", "the", "lamp"}
    assert sentence.denies


def test_an_idiom_denies_nothing() -> None:
    """ "Can't wait" and "not only" are no negations."""
    assert not any(read("I can't wait to see it").negated)


def test_a_lexical_negation_counts() -> None:
    """Unable implies a denial; a plain sentence does not."""
    assert read("They were unable to come").denies
    assert not read("They came").denies


def test_conditions_are_marked() -> None:
    """An if-clause and its consequence are hypothetical; the month of May is not."""
    sentence = read("If it breaks, you get a new one.")
    assert sentence.hypothetical >= {sentence.clause[0], sentence.clause[-1]}
    assert not read("It arrives on May 12.").hypothetical


def test_offsets_and_questions() -> None:
    """Sentences know where they begin and whether they ask."""
    first, second = read_all("He paid. Did he?")
    assert (first.start, second.start, first.question, second.question) == (0, 9, False, True)
    assert "paid" in first.norms


def test_a_giant_sentence_is_cut_and_nothing_is_lost() -> None:
    """Long runs of words are read in pieces."""
    text = "word " * (MAX_TOKENS * 3)
    pieces = list(read_all(text))
    assert len(pieces) == 3
    assert sum(len(piece.tokens) for piece in pieces) == MAX_TOKENS * 3
    assert all(text[piece.start :].startswith(piece.text) for piece in pieces)


def test_no_denies_its_noun_only() -> None:
    """ "No" and "without" end at the next preposition; "not" reaches on."""
    sentence = read("There is no objection to clearing the stairs")
    assert [token.norm for token, flag in zip(sentence.tokens, sentence.negated, strict=True) if flag] == ["objection"]
    assert read("He did not object to clearing the stairs").negated[-1]
