from __future__ import annotations

import pytest

from harness.dialects.base import Lifecycle, Malformed, Other, Utterance
from harness.dialects.generic import SOLE, GenericDialect, read_path
from harness.errors import ConfigError

CAPTIONS = """
name = "captions/1"
[paths]
conversation = "$.call.id"
type = "$.event"
text = "$.result.lines[0]"
final = "$.result.final"
seq = "/n"
speaker = "$['who said']"
[client]
subscribe = '{"listen":"{conversation}","after":{after}}'
unsubscribe = '{"stop":"{conversation}"}'
end = ["hangup"]
token = true
"""


@pytest.fixture(scope="module")
def dialect() -> GenericDialect:
    """The one of the description above."""
    return GenericDialect(CAPTIONS)


def test_messages_are_read_by_their_paths(dialect: GenericDialect) -> None:
    """Text makes an utterance, a type of the list an end, anything else is just a message."""
    said = dialect.decode(
        '{"event":"caption","call":{"id":"c"},"n":2,"who said":"agent","result":{"lines":["hi"],"final":true}}'
    )
    assert isinstance(said, Utterance)
    assert (said.type, said.conversation, said.seq, said.text, said.is_final) == ("caption", "c", 2, "hi", True)
    assert (said.speaker, said.text_path) == ("agent", "/result/lines/0")
    ended = dialect.decode('{"event":"hangup","call":{"id":"c"},"n":3}')
    assert isinstance(ended, Lifecycle)
    assert (ended.type, ended.conversation) == ("end", "c")
    other = dialect.decode('{"event":"music"}')
    assert isinstance(other, Other)
    assert (other.type, other.conversation, other.seq) == ("music", SOLE, None)
    assert (dialect.name, dialect.needs_token, dialect.ends_with_close) == ("captions/1", True, True)


@pytest.mark.parametrize(
    "text", ['{"n":0}', '{"n":true}', '{"n":"1"}', '{"n":1.0}', '{"call":[]}', '{"result":{"lines":{}}}', "{}"]
)
def test_what_is_not_found_is_missing(dialect: GenericDialect, text: str) -> None:
    """Never wrong: a message of another type, or an odd value, is no fault."""
    event = dialect.decode(text)
    assert isinstance(event, Other)
    assert (event.type, event.conversation, event.seq) == ("message", SOLE, None)


def test_an_interim_text_is_not_final(dialect: GenericDialect) -> None:
    """Only true is true; without a path every text is final."""
    text = '{"result":{"lines":["a"],"final":1}}'
    event = dialect.decode(text)
    assert isinstance(event, Utterance)
    assert not event.is_final
    plain = GenericDialect('paths.text = "$.result.lines[0]"').decode(text)
    assert isinstance(plain, Utterance)
    assert plain.is_final


def test_numbers_may_be_names(dialect: GenericDialect) -> None:
    """A call's id is often an integer."""
    assert dialect.decode('{"call":{"id":77}}').conversation == "77"


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"\0", "binary"),
        ("nonsense", "not_json"),
        ("[1]", "not_object"),
        ('{"a":1,"a":2}', "duplicate_keys"),
    ],
)
def test_what_is_no_object_is_malformed(dialect: GenericDialect, data: str | bytes, reason: str) -> None:
    """As in every dialect."""
    event = dialect.decode(data)
    assert isinstance(event, Malformed)
    assert event.reason == reason
    assert not dialect.exempt(event, "/n")


def test_only_what_the_paths_name_is_left_alone(dialect: GenericDialect) -> None:
    """Ids, numbers, flags and the type; the text and everything unknown is scanned."""
    event = dialect.decode_rest('{"call":{"id":"c"},"n":1}')
    left = [path for path in ("/call/id", "/event", "/n", "/result/final") if dialect.exempt(event, path)]
    assert len(left) == 4
    assert not any(dialect.exempt(event, path) for path in ("", "/call", "/result/lines/0", "/x", "/n#key"))
    assert dialect.text_paths(event) == {}
    bare = GenericDialect()
    assert not bare.exempt(bare.decode('{"n":1}'), "/n")
    assert (bare.name, bare.needs_token) == ("generic/1", False)


def test_the_client_says_what_is_described(dialect: GenericDialect) -> None:
    """The places are filled, the conversation inside a JSON string; nothing described is nothing said."""
    assert dialect.subscribe_text(None, 'a"b', 7) == '{"listen":"a\\"b","after":7}'
    assert dialect.subscribe_text(None, "c", None) == '{"listen":"c","after":0}'
    assert dialect.unsubscribe_text("c") == '{"stop":"c"}'
    assert GenericDialect().subscribe_text(None, "c", None) is None
    assert GenericDialect().unsubscribe_text("c") is None


@pytest.mark.parametrize(
    "data, conversation",
    [
        ('{"listen":"a\\"b","after":7}', 'a"b'),
        ('{"stop":"c"}', "c"),
        ('{"call":{"id":"d"}}', "d"),
        ('{"listen":"\\x","after":7}', None),
        ('{"other":"c"}', None),
        ("[]", None),
        ("nonsense", None),
    ],
)
def test_the_conversation_of_a_send_is_found(dialect: GenericDialect, data: str, conversation: str | None) -> None:
    """By the form of what was sent, or by the path."""
    assert dialect.conversation_of(data) == conversation


@pytest.mark.parametrize(
    "text, path",
    [
        ("$.a.b-c", ("a", "b-c")),
        ("$.a[0][12].b", ("a", 0, 12, "b")),
        ("$['x y'].z", ("x y", "z")),
        ("/a~1b/0/~0", ("a/b", 0, "~")),
    ],
)
def test_paths_are_read(text: str, path: tuple[str | int, ...]) -> None:
    """Both spellings."""
    assert read_path("text", text) == path


@pytest.mark.parametrize("text", ["a", "$", "$.", "$..a", "$.a[*]", "$.a[x]", "$.a b", "/a~2", "$.a?(@.b)"])
def test_other_paths_are_refused(text: str) -> None:
    """With the setting's name and an example."""
    with pytest.raises(ConfigError, match=r"dialect\.paths\.text.*such as"):
        read_path("text", text)


@pytest.mark.parametrize(
    "text, words",
    [
        ("name = ", "no TOML"),
        ("name = 7", "another form"),
        ("[path]", "another form"),
        ("[paths]\nspeech = '$.a'", "another form"),
        ("name = 'no version'", "captions/1"),
        ("name = 'mediation/2'", "not taken"),
        ("x" * 70_000, "at most"),
    ],
)
def test_bad_descriptions_are_refused(text: str, words: str) -> None:
    """A typed error with the way out."""
    with pytest.raises(ConfigError, match=words):
        GenericDialect(text)
