"""The browser of questions that several kinds of pages have: filters, a list, one question in full.

HTML holds its frame; scripts fill it from the page's data, in which each repeated value stands once.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from mabench_eval.pages.html import Markup, element, join

Value = TypeVar("Value", bound=Hashable)


class ValueTable(Generic[Value]):
    """Distinct values; rows of a page's data name them by their index."""

    def __init__(self, values: Iterable[Value] = ()) -> None:
        self._indices: dict[Value, int] = {value: index for index, value in enumerate(values)}

    def index(self, value: Value) -> int:
        """The index of a value; a new one is added at the end."""
        return self._indices.setdefault(value, len(self._indices))

    def values(self) -> list[Value]:
        """All values, by index."""
        return list(self._indices)


class Filter(NamedTuple):
    """A filter of the list: one of its choices, or all."""

    name: str
    """Unique in the page; by it the script finds the filter."""
    label: str
    choices: Mapping[str, str]
    """Value -> as shown."""


def question_browser(
    label: str, placeholder: str, filters: Sequence[Filter], noscript: str, *, named: bool = False
) -> Markup:
    """The frame of the browser.

    Args:
        label: What is listed, for those who do not see it.
        placeholder: In the search field: where it looks.
        filters: Beside the search field.
        noscript: Shown in its place where scripts do not run.
        named: Whether the fields have names besides their ids.
    """
    search = element(
        "input",
        type="search",
        id="find",
        name="find" if named else None,
        placeholder=placeholder,
        autocomplete="off",
        spellcheck="false",
    )
    fields = [element("label", element("span", "Search ", element("kbd", "/")), search, class_="find")]
    for name, title, choices in filters:
        options = [element("option", "all", value="")]
        options += [element("option", shown, value=value) for value, shown in choices.items()]
        select = element("select", options, id=name, name=name if named else None)
        fields.append(element("label", element("span", title), select))
    clear = element("button", "Clear", type="reset", id="clear")
    form = element("form", fields, clear, id="filters", role="search", aria_label=label)

    count = element("p", id="count", role="status", class_="note")
    rows = element("div", id="list", role="listbox", tabindex=0, aria_label=label)
    opened = element("article", id="question", tabindex="-1", aria_label="The open question")
    panes = element("div", rows, opened, class_="panes")
    browser = element("div", form, count, panes, id="browser", hidden=True)
    return join([element("noscript", element("p", noscript)), browser])
