"""What trafilatura keeps of a page, by its own code with quicker searches.

Half of its time goes into XPath expressions that match regular expressions with the class and id of every element. Here
each element's attributes are matched once a page (and once for all pages that have the same), elements that might be
found are marked, and an expression asks the marked ones alone. What it finds is the same, by construction: marks are
given generously, and the expression itself decides.

Its modules are loaded a second time for that, so that nothing changes for who else uses the library in the process. An
expression that we cannot read is left as it is, and a version that we do not know is called as its manual says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from functools import lru_cache
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

from lxml import etree

from streams.stages.clean.parse.literals import any_of, literals, split

#: The version (without its last part) whose inner functions are called here.
KNOWN = "2.3"
#: The attributes that say by which expressions an element might be found (a letter each), and on the root which letters
#: there are at all. HTML has no capitals in names, so that no page can have them.
_MARK, _MARKS = "Mark", "Marks"
#: Longer attributes (characters in all) are not remembered: those that recur are short.
_REMEMBERED = 300
#: The expressions that it asks in this mode.
_ASKED = ("BODY_XPATH", "OVERALL_DISCARD_XPATH", "TEASER_DISCARD_XPATH", "DISCARD_IMAGE_ELEMENTS", "BASIC_CLEAN_XPATH",
          "RAW_TREE_PRUNE_XPATH", "REMOVE_COMMENTS_AND_LISTS_XPATH")  # fmt: skip
_REGEXP = {"re": "http://exslt.org/regular-expressions"}
#: One condition of an expression, as far as we read them.
_CONDITION = re.compile(
    r"\s*(?:re:test\((?P<tested>@[^,]+),\s*'(?P<pattern>[^']*)'(?P<caseless>,\s*'i')?\)"
    r"|(?:contains|starts-with)\((?:translate\()?(?P<searched>@[^,]+)(?P<translated>,\s*'\w*',\s*'\w*'\))?,"
    r"\s*'(?P<part>[^']+)'\)"
    r"|(?P<asked>@[\w-]+)(?:='(?P<value>[^']+)')?)\s*(?P<more>or\b|$)"
)
_PART = re.compile(r"\s*\.//(?P<tag>\*|\w+)(?P<predicates>\[.*\])?\s*", re.DOTALL)
_FIRST = re.compile(r"\s*\((.*)\)\s*\[1\]\s*", re.DOTALL)
_TAGS = re.compile(r"\s*self::\w+(?:\s+or\s+self::\w+)*\s*")


class _Search:
    """An expression like ``.//*[self::div or …][re:test(@class, '…') or …]``, asked of marked elements alone."""

    def __init__(self, path: str, letter: str) -> None:
        """Raises ``ValueError`` where the expression is none of those."""
        self.path, self.letter = path, letter
        #: Attribute → the literals of which one is in it, in lower case, where an element may be found.
        self.literals: dict[str, list[str]] = {}
        tags: list[str] = []
        exact: list[str] = []
        self.first = False
        for part in split(path, "|"):
            first = _FIRST.fullmatch(part)
            found = _PART.fullmatch(first[1] if first else part)
            if found is None:
                raise ValueError(f"not understood: {part}")
            predicates = found["predicates"] or ""
            self.first = self.first or first is not None or predicates.endswith("[1]")
            exact.append(f"self::{found['tag']}{predicates}")
            if not self._read(predicates):
                if found["tag"] == "*":
                    raise ValueError(f"no conditions: {part}")
                tags.append(f"self::{found['tag']}")
        if not self.literals:
            raise ValueError(f"no conditions: {path}")
        self.exact = etree.XPath("|".join(exact), namespaces=_REGEXP)
        self.marked = etree.XPath(f"descendant::*[{' or '.join([*tags, f'contains(@{_MARK}, {letter!r})'])}]")
        self.always = bool(tags)

    def _read(self, predicates: str) -> bool:
        """Note the literals of the first of the predicates that has conditions."""
        for predicate in re.findall(r"\[((?:[^\[\]']|'[^']*')*)\]", predicates):
            if predicate != "1" and not _TAGS.fullmatch(predicate):
                for names, words in _conditions(predicate):
                    for name in names:
                        self.literals.setdefault(name, []).extend(words)
                return True
        return False

    def __call__(self, tree: Any) -> list[Any]:
        if not self.always and self.letter not in tree.getroottree().getroot().get(_MARKS, ""):
            return []
        found = (element for element in self.marked(tree) if self.exact(element))
        return [element for element in [next(found, None)] if element is not None] if self.first else list(found)


def _conditions(predicate: str) -> Iterator[tuple[list[str], list[str]]]:
    """For each condition the attributes that it looks at, and literals of which one is in a word of one of them, in
    lower case, where it holds. Raises ``ValueError`` where one is not understood."""
    at = 0
    while at < len(predicate):
        found = _CONDITION.match(predicate, at)
        if found is None:
            raise ValueError(f"not understood: {predicate[at:]}")
        names = (found["tested"] or found["searched"] or found["asked"]).replace("@", "").split("|")
        if found["pattern"]:
            words = [way for part in split(found["pattern"], "|") for way in literals(_in_a_word(part))]
        else:
            words = [max((found["part"] or found["value"] or "").split(" "), key=len)]
        yield names, [word.lower() for word in words]
        at = found.end()


def _in_a_word(pattern: str) -> str:
    """A pattern that a word (what is between two spaces) has wherever a text has ``pattern``."""
    bare = re.sub(r"(?<!\[)\^", "", pattern.replace("(?:^| )", ""))
    if re.search(r"[$.\\]|\[\^|\(\?[^:!]", bare) or (" " in bare and not re.fullmatch(r"[\w -]+", bare)):
        raise ValueError(f"not understood: {pattern}")
    return max(bare.split(" "), key=len)


class _Marker:
    """Marks a page's elements for several searches."""

    def __init__(self, searches: Sequence[_Search]) -> None:
        known = {name for search in searches for name in search.literals}
        self.each = {
            name: [(search.letter, any_of(search.literals[name])) for search in searches if name in search.literals]
            for name in known
        }
        #: Most words are nothing to any search.
        self.any = {
            name: any_of(word for search in searches for word in search.literals.get(name, ())) for name in known
        }
        # Sites have their own attributes, but many of the words in them.
        self.remembered = lru_cache(maxsize=1 << 14)(self.letters)
        self.remembered_word = lru_cache(maxsize=1 << 15)(self.letters_of_word)

    def letters(self, attributes: tuple[tuple[str, str], ...]) -> str:
        """The letters of the searches that might find an element with these attributes."""
        words = [(name, word) for name, value in attributes for word in value.split(" ")]
        return "".join({letter: None for word in words for letter in self.letters_of(*word)})

    def letters_of(self, name: str, word: str) -> str:
        return self.remembered_word(name, word) if len(word) < _REMEMBERED else self.letters_of_word(name, word)

    def letters_of_word(self, name: str, word: str) -> str:
        word = word.lower()
        if not self.any[name].search(word):
            return ""
        return "".join(letter for letter, pattern in self.each[name] if pattern.search(word))

    def mark(self, tree: Any) -> None:
        seen: set[str] = set()
        known = self.any
        for element in tree.iter():
            attributes = tuple([item for item in element.items() if item[0] in known])
            if attributes:
                short = sum([len(value) for _, value in attributes]) < _REMEMBERED
                letters = self.remembered(attributes) if short else self.letters(attributes)
                if letters:
                    element.set(_MARK, letters)
                    seen.update(letters)
        tree.set(_MARKS, "".join(sorted(seen)))


def _loaded_again(name: str) -> ModuleType:
    """A second instance of a module of trafilatura."""
    spec = find_spec(f"trafilatura.{name}")
    if spec is None or spec.loader is None:
        raise ImportError(f"trafilatura has no {name}")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def trafilatura_vote() -> Callable[[Any], str]:
    """What gives the text that trafilatura keeps of a page, fast and without comments. Build one a process.

    It uses the page's tree up, and raises what the library's own bugs on odd trees raise.
    """
    import trafilatura
    from trafilatura.settings import Extractor

    options = Extractor(fast=True, comments=False)
    if trafilatura.__version__.rpartition(".")[0] == KNOWN:
        return _QuickVote(options).text
    return lambda tree: trafilatura.extract(tree, options=options) or ""


class _QuickVote:
    """trafilatura's modules with quicker searches."""

    def __init__(self, options: Any) -> None:
        self.options = options
        core: Any
        processing: Any
        core, extractor, processing, baseline = map(
            _loaded_again, ("core", "main_extractor", "htmlprocessing", "baseline")
        )
        searches: list[_Search] = []
        for module in (core, extractor, processing, baseline):
            for name in vars(module).keys() & set(_ASKED):
                value = getattr(module, name)
                several = isinstance(value, list)
                quick = [_quicker(each, searches) for each in (value if several else [value])]
                setattr(module, name, quick if several else quick[0])
        self.marker = _Marker(searches)
        for module in (core, extractor):
            for source in (extractor, processing, baseline):
                for name in vars(module).keys() & vars(source).keys():
                    value = getattr(source, name)
                    if getattr(value, "__module__", None) == source.__name__ and callable(value):
                        setattr(module, name, value)
        test = processing.link_density_test

        def with_links(element: Any, favor_precision: bool = False) -> tuple[bool, bool]:
            return test(element, favor_precision) if next(element.iter("ref"), None) is not None else (False, False)

        def prepared(tree: Any, options: Any, url: str | None) -> tuple[Any, Any]:
            # The second is a copy for the extractors that are not asked when it is to be fast.
            return core.convert_tags(core.tree_cleaning(copy(tree), options), options, url), None

        processing.link_density_test = with_links
        core._prepare_tree = prepared
        self.core = core

    def text(self, tree: Any) -> str:
        """``trafilatura.extract`` of these options, without what comes to nothing in this mode."""
        self.marker.mark(tree)
        body, text, _, _ = self.core.trafilatura_sequence(tree, self.options)
        if len(text) < self.options.min_output_size:
            return ""
        return str(self.core.normalize_unicode(self.core.xmltotxt(body, False)).strip())


def _quicker(expression: Any, searches: list[_Search]) -> Any:
    """The expression's quicker equal, which joins ``searches``; itself where it is not understood."""
    same = next((each for each in searches if each.path == expression.path), None)
    if same is not None:
        return same
    try:
        search = _Search(expression.path, chr(ord("a") + len(searches)))
    except ValueError:
        return expression
    searches.append(search)
    return search
