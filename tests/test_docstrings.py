"""Public docstrings are complete: an example, and parameters that are those of the signature, in its order."""

import dataclasses
import functools
import importlib
import inspect
import re

import pytest

import pauca

SECTION = re.compile(r"^(?P<title>[A-Z][A-Za-z ]+)\n-{3,}\n", re.M)


def public_objects():
    """Every class and function in the ``__all__`` of a public module, under the name users import."""
    for name in ["pauca", *(f"pauca.{part}" for part in pauca._SUBMODULES)]:
        module = importlib.import_module(name)
        for thing in (getattr(module, n) for n in module.__all__):
            if inspect.isclass(thing) or inspect.isfunction(thing):
                yield f"{name}.{thing.__name__}", thing


def behind(value):
    """The function that a method, a class method, a property or a method that is there only sometimes is made of."""
    if isinstance(value, property):
        value = value.fget
    elif isinstance(value, functools.cached_property):
        value = value.func
    return inspect.unwrap(getattr(value, "__func__", value))


def public_methods():
    """Methods and properties that users call and that pauca wrote; one that several classes inherit comes once."""
    seen = set()
    for name, cls in public_objects():
        if not inspect.isclass(cls):
            continue
        for attribute, value in inspect.getmembers(cls):
            function = behind(value)
            ours = inspect.isfunction(function) and function.__module__.startswith("pauca")
            if ours and not attribute.startswith("_") and function not in seen:
                seen.add(function)
                yield f"{name}.{attribute}", function


OBJECTS = dict(public_objects())
METHODS = dict(public_methods())


def sections(thing) -> dict[str, str]:
    """Title -> text; the summary and what follows it under the empty title."""
    doc = inspect.getdoc(thing) or ""
    pieces = SECTION.split(doc)
    return {"": pieces[0], **dict(zip(pieces[1::2], pieces[2::2], strict=True))}


def entries(text: str) -> dict[str, str]:
    """Name -> type and description, for the entries of a Parameters or Attributes section."""
    found = {}
    for entry in re.split(r"\n(?=\S)", text.strip("\n")):
        names, _, rest = entry.partition(" : ") if " : " in entry.split("\n", 1)[0] else entry.partition("\n")
        for name in names.split(","):
            found[name.strip().lstrip("*")] = rest.strip()
    return found


def arguments(thing) -> list[str]:
    names = list(inspect.signature(thing).parameters)
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


@pytest.mark.parametrize("name", OBJECTS | METHODS)
def test_has_an_example(name):
    assert ">>> " in sections((OBJECTS | METHODS)[name]).get("Examples", ""), f"{name}: no Examples section"


@pytest.mark.parametrize("name", OBJECTS)
def test_parameters_are_those_of_the_signature(name):
    thing = OBJECTS[name]
    if inspect.isclass(thing) and issubclass(thing, Warning):
        return
    parts = sections(thing)
    if "Attributes" in parts and "Parameters" not in parts and not hasattr(thing, "get_params"):
        if dataclasses.is_dataclass(thing):  # a result: users read it, and do not make it
            assert {f.name for f in dataclasses.fields(thing) if f.repr} <= set(entries(parts["Attributes"]))
        return
    documented = entries(parts.get("Parameters", ""))
    documented.pop("", None)
    assert list(documented) == arguments(thing)
    for parameter, text in documented.items():
        assert text, f"{name}: {parameter} has neither type nor description"


@pytest.mark.parametrize("name", [n for n, f in (OBJECTS | METHODS).items() if not inspect.isclass(f)])
def test_what_is_returned_is_documented(name):
    function = (OBJECTS | METHODS)[name]
    returned = str(inspect.signature(function).return_annotation)
    if returned in ("None", "NoReturn"):
        return
    assert sections(function).keys() & {"Returns", "Yields"} or not arguments(function), f"{name}: Returns is missing"


@pytest.mark.parametrize("name", METHODS)
def test_methods_document_their_arguments(name):
    documented = entries(sections(METHODS[name]).get("Parameters", ""))
    assert inspect.getdoc(METHODS[name])
    assert not set(arguments(METHODS[name])) - set(documented), f"{name}: undocumented arguments"
