"""What ``evaluate(model=...)`` may be besides a name: a function, a callable object, an object with ``generate``."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, cast

from mabench_eval.catalogue import register_object
from mabench_eval.errors import InputError
from mabench_eval.types import Json

_HINT = (
    "What its answers depend on must be known, or old answers would pass for new ones. Give it an attribute `identity` "
    "(texts and numbers, or lists and mappings of them) that says so, or register its class: @register_model(NAME)."
)


def model_name(model: str | Callable[..., Any] | object) -> str:
    """The name of a model in the catalogue; an object is registered first, under its own name.

    Raises InputError for one that can answer nothing, and for one whose state is not known.
    """
    if isinstance(model, str):
        return model
    if not callable(model) and not hasattr(model, "generate"):
        raise InputError(
            "evaluate(): model: expected a name, a function f(frames, prompt), or an object with generate(work), "
            f"found {type(model).__name__}"
        )
    name = _name(model)
    code = model if inspect.isroutine(model) or inspect.isclass(model) else type(model)
    target = model.func if isinstance(model, functools.partial) else code
    looks = bool(getattr(model, "needs_frames", True))
    register_object(name, cast("Callable[..., Any]", model), code=target, state=_state(model, name), needs_frames=looks)
    return name


def _name(model: object) -> str:
    if isinstance(model, functools.partial):
        return _name(model.func)
    given = getattr(model, "name", None)
    name = given if isinstance(given, str) else getattr(model, "__name__", type(model).__name__)
    return "a-function" if name == "<lambda>" else name


def _state(model: object, name: str) -> Json:
    """What of an object its answers depend on besides its code; empty for a plain function."""
    if isinstance(model, functools.partial):
        return _plain({"arguments": list(model.args), "keywords": model.keywords}, name) | dict(
            _state(model.func, name)
        )
    if inspect.isclass(model):
        return {}
    if inspect.ismethod(model):
        return {**_state(model.__self__, name), **_state(model.__func__, name)}
    if not inspect.isfunction(model):
        said = getattr(model, "identity", None)
        return _plain({"identity": said} if said is not None else _attributes(model), name)

    # What an inner function was given from around it, and the defaults of its arguments.
    inner = inspect.getclosurevars(model).nonlocals
    defaults = [*(model.__defaults__ or ()), *(model.__kwdefaults__ or {}).items()]
    return _plain({**({"around": dict(inner)} if inner else {}), **({"defaults": defaults} if defaults else {})}, name)


def _attributes(model: object) -> dict[str, Any]:
    """What an object holds: in its ``__dict__``, and in the slots of its classes."""
    slots = [getattr(each, "__slots__", ()) for each in type(model).__mro__]
    names = [name for given in slots for name in ([given] if isinstance(given, str) else given)]
    held = {
        name: getattr(model, name) for name in names if name not in ("__dict__", "__weakref__") and hasattr(model, name)
    }
    return {**held, **getattr(model, "__dict__", {})}


def _plain(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The value, where it is made of what JSON has. Raises InputError that names the first part that is not."""
    if wrong := next(_strange(dict(value)), None):
        raise InputError(f"evaluate(): model {name!r} holds {wrong}", hint=_HINT)
    return dict(value)


def _strange(value: Any, place: str = "") -> Any:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _strange(item, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _strange(item, f"{place}[{number}]")
    elif not isinstance(value, str | int | float | None):
        yield f"{place}, a {type(value).__name__}"
