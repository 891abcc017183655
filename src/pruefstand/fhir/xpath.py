"""Compiled XPaths on FHIR trees with the type of their result."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from lxml import etree

from pruefstand.fhir.xml import NAMESPACE

Element = etree._Element


def text_of(expression: str) -> Callable[[Element], str]:
    """Return a function that reads the first value, or an empty text."""
    return cast("Callable[[Element], str]", _compiled(f"string({expression})"))


def texts_of(expression: str) -> Callable[[Element], list[str]]:
    """Return a function that reads all values."""
    return cast("Callable[[Element], list[str]]", _compiled(expression))


def elements_of(expression: str) -> Callable[[Element], list[Element]]:
    """Return a function that finds elements."""
    return cast("Callable[[Element], list[Element]]", _compiled(expression))


def _compiled(expression: str) -> etree.XPath:
    return etree.XPath(expression, namespaces={"f": NAMESPACE}, smart_strings=False)
