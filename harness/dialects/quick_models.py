"""A pydantic model once more as a struct that checks in a tenth of the time: accept quickly, explain slowly.

1. What the struct accepts the model accepts, with the same values; what it refuses, the model decides and explains. So a
   struct may be too strict, never too lax; ``tests/dialects/test_quick_models.py`` holds the two together.
2. The struct is made from the model: there is one truth.
3. Fields the model does not know are passed over; nothing is coerced but a whole number to a float.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from pydantic import BaseModel
from pydantic.fields import FieldInfo

__all__ = ["accepted", "struct_of"]

_BOUNDS = ("gt", "ge", "lt", "le", "min_length", "max_length")
_PLAIN = (str, int, float, bool, type(None))


def accepted(model: type[BaseModel], value: Any) -> Any:
    """``value`` as the struct of ``model``; None if that does not accept it, which says nothing yet."""
    try:
        return msgspec.convert(value, struct_of(model))
    except msgspec.ValidationError:
        return None


@cache
def struct_of(model: type[BaseModel]) -> type[msgspec.Struct]:
    """The struct with the fields, bounds and defaults of ``model``.

    A model whose fields bound each other has a method ``check``, which raises ValueError and is asked here too.

    Raises:
        TypeError: a field is of a kind that no struct of this module has.
    """
    fields = [(name, _of_field(field), *_default(field)) for name, field in model.model_fields.items()]
    check: Callable[[Any], None] | None = getattr(model, "check", None)
    own = {} if check is None else {"__post_init__": check}
    return msgspec.defstruct(f"Quick{model.__name__}", fields, namespace=own, kw_only=True, frozen=True)


def _default(field: FieldInfo) -> tuple[Any, ...]:
    if field.is_required():
        return ()
    value = field.default
    if isinstance(value, BaseModel):
        return (struct_of(type(value))(),)
    return (value,)


def _of_field(field: FieldInfo) -> Any:
    return _bounded(_of_type(field.annotation), field.metadata)


def _bounded(kind: Any, metadata: Iterable[Any]) -> Any:
    bounds = {name: getattr(item, name) for item in metadata for name in _BOUNDS if hasattr(item, name)}
    return Annotated[kind, msgspec.Meta(**bounds)] if bounds else kind


def _of_type(kind: Any) -> Any:
    origin, parts = get_origin(kind), get_args(kind)
    if kind in _PLAIN or origin is Literal:
        return kind
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return struct_of(kind)
    if origin is Annotated:
        metadata = [item for field in parts[1:] for item in field.metadata]
        return _bounded(_of_type(parts[0]), metadata)
    if origin in (Union, UnionType):
        return Union[tuple(_of_type(part) for part in parts)]  # noqa: UP007 - the members are not known before
    if origin is list:
        return list[_of_type(parts[0])]  # type: ignore[misc]
    if origin is tuple and parts[-1] is ...:
        return tuple[_of_type(parts[0]), ...]  # type: ignore[misc]
    raise TypeError(f"no struct has a field of type {kind!r}")
