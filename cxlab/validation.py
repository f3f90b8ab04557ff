"""What is wrong with a TOML file, in cxlab's words instead of pydantic's."""

from __future__ import annotations

import re
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cxlab.errors import InputError, nearest

__all__ = ["validated"]

Model = TypeVar("Model", bound=BaseModel)

_UNIT = re.compile(r"_(per_)?(seconds?|minutes?|hours?|days?|weeks?)$")


def validated(model: type[Model], data: dict[str, Any], source: str) -> Model:
    """Return `data` as a `model`; raise one InputError that names file and key if it is not."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _problem(error, model, source) from None


def _problem(error: ValidationError, model: type[BaseModel], source: str) -> InputError:
    found = error.errors(include_url=False)
    # An unknown key is the likeliest cause of a missing one: name it first.
    first = min(found, key=lambda detail: detail["type"] != "extra_forbidden")
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    where = ".".join(str(part) for part in first["loc"] if part != "[key]")
    if first["type"] == "extra_forbidden":
        return _unknown_key(first, model, f"{source}: unknown key {where}{more}")
    if first["type"] == "missing":
        return InputError(f"{source}: {where} is missing{more}", expected="a value for it")
    return _bad_value(first, (f"{source}: {where}" if where else source) + more)


def _unknown_key(detail: ErrorDetails, model: type[BaseModel], what: str) -> InputError:
    key = str(detail["loc"][-1])
    known = _keys_at(model, detail["loc"][:-1])
    same = [name for name in known if _UNIT.sub("", name) == _UNIT.sub("", key)]
    guess = same[0] if same else nearest(key, known)
    return InputError(
        what, given=key, known=known, hint=f"did you mean {guess!r}?" if guess else None
    )


# pydantic's words that a reader of a TOML file need not know.
_PLAIN = {
    "model_type": "a table",
    "dict_type": "a table",
    "list_type": "a list",
    "string_pattern_mismatch": "letters, digits, dots, dashes and underscores",
}


def _bad_value(detail: ErrorDetails, what: str) -> InputError:
    expected = _PLAIN.get(detail["type"], detail["msg"])
    for words in (
        "Input should be ",
        "Value error, ",
        "Dictionary should have ",
        "List should have ",
    ):
        expected = expected.removeprefix(words)
    expected = expected.replace(" after validation", "")
    given = detail["input"]
    names = re.findall(r"'([^']+)'", expected) if detail["type"] == "literal_error" else []
    if names:
        return InputError(what, given=given, known=names)
    if isinstance(given, dict) and detail["type"] == "value_error":
        return InputError(what, expected=expected)  # a rule over a whole table says it all
    return InputError(what, given="nothing" if given is None else given, expected=expected)


def _keys_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the table at `loc` may have."""
    here: Any = model
    for part in loc:
        fields = {f.alias or name: f for name, f in here.model_fields.items()}
        if str(part) in fields:  # else it is the key of a dict or the place in a list
            here = _model_inside(fields[str(part)].annotation)
    return [field.alias or name for name, field in here.model_fields.items()]


def _model_inside(annotation: Any) -> Any:
    """Return the model that an annotation such as `dict[str, Channel] | None` holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        found = _model_inside(inner)
        if found is not None:
            return found
    return None
