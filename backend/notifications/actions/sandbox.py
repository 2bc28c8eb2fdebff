"""All that a message's template may do: variables, conditions, comments, and a handful of filters.

No loops, no includes, no loading of anything, no filter whose argument could make a text endless: what the back office
types is rendered by the same process that holds everybody's mails.
"""

import re
from typing import Any

from django.template import Context, Library, Template
from django.template import defaultfilters as filters
from django.template.base import FILTER_SEPARATOR, Lexer, TokenType
from django.template.defaulttags import CommentNode, do_if
from django.template.engine import Engine
from django.template.exceptions import TemplateSyntaxError

register = Library()
register.tag("if", do_if)
register.tag("comment", lambda parser, token: _comment(parser))
for _filter in (
    filters.default,
    filters.upper,
    filters.lower,
    filters.capfirst,
    filters.linebreaksbr,
):
    register.filter(_filter.__name__, _filter)

_OPERATORS = frozenset({"and", "or", "not", "in", "==", "!=", "is", "<", ">", "<=", ">="})
_LITERAL = re.compile(r"""^(?:"[^"]*"|'[^']*'|-?\d+(?:\.\d+)?|True|False|None)$""")


def _comment(parser: Any) -> CommentNode:
    parser.skip_past("endcomment")
    return CommentNode()


class _Sandbox(Engine):
    """An engine that finds no templates and knows no tags but ours."""

    default_builtins = [__name__]


_engine = _Sandbox(dirs=[], app_dirs=False, loaders=[("django.template.loaders.locmem.Loader", {})], libraries={})


def names_in(source: str) -> set[str]:
    """The variables that a template reads, in branches that are not taken, too."""
    found: set[str] = set()
    for token in Lexer(source).tokenize():
        if token.token_type == TokenType.VAR:
            found.add(token.contents.split(FILTER_SEPARATOR)[0].strip())
        elif token.token_type == TokenType.BLOCK and token.contents.split()[:1] in (["if"], ["elif"]):
            words = token.split_contents()[1:]
            found |= {word.split(FILTER_SEPARATOR)[0] for word in words if word not in _OPERATORS}
    return {name for name in found if not _LITERAL.match(name)}


def render(source: str, values: dict[str, str], *, is_html: bool = False) -> str:
    """The template with its variables filled in; in HTML they are escaped. Raises TemplateSyntaxError."""
    context = Context(values, autoescape=is_html)
    # Not as a "safe" string: what was rendered as text is escaped by whoever shows it as HTML.
    return Template(source, engine=_engine).render(context) + ""


__all__ = ["TemplateSyntaxError", "names_in", "register", "render"]
