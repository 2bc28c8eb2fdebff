"""The words of every kind of message: whole, translated, and with no variable that nobody fills."""

import gettext
from io import BytesIO

import pytest
from django.conf import settings
from django.template.loader import render_to_string

from backend.core.business import business
from backend.core.languages import LANGUAGES
from backend.core.translations import catalogues, compiled, read_po
from backend.notifications.actions.rendering import put_into_words, shipped_wording, translated_wording
from backend.notifications.actions.sandbox import TemplateSyntaxError, names_in, render
from backend.notifications.actions.voice import Voice
from backend.notifications.rules import (
    KINDS,
    Channel,
    MessageKind,
    Phrase,
    Wording,
    blocks,
    read_wording,
    sample_values,
)

KINDS_AND_LANGUAGES = [(kind, language) for kind in MessageKind for language in LANGUAGES]


def test_every_kind_has_its_traits_and_its_template() -> None:
    assert set(KINDS) == set(MessageKind)
    for kind in MessageKind:
        wording = shipped_wording(kind)
        assert wording.subject
        assert wording.link
        assert wording.text
        assert bool(wording.sms) is (Channel.SMS in KINDS[kind].channels)


@pytest.mark.parametrize(("kind", "language"), KINDS_AND_LANGUAGES)
def test_every_message_can_be_put_into_words_with_its_own_variables_alone(kind: MessageKind, language: str) -> None:
    voice, values = Voice(language, business().zone), sample_values(kind)
    wording = translated_wording(kind, voice)
    for part in (wording.subject, wording.text, wording.sms, wording.link):
        assert names_in(part) <= set(values)
    words = put_into_words(wording, voice, values, link="https://example.com/x?a=1&b=2")
    assert words.subject
    assert "https://example.com/x?a=1&b=2" in words.text
    assert 'href="https://example.com/x?a=1&amp;b=2"' in words.html
    assert "{" not in words.subject + words.text + words.sms
    assert "http" not in words.html.replace("https://example.com/", "")


def test_german_has_every_piece_and_no_piece_too_many() -> None:
    [source] = catalogues(settings.BASE_DIR / "backend")
    translations = read_po(source.read_text(encoding="utf-8"))
    pieces = {piece for kind in MessageKind for piece in shipped_wording(kind).units} | {each.value for each in Phrase}
    assert set(translations) - {""} == pieces
    assert [piece for piece, text in translations.items() if not text] == []


def test_a_translation_uses_the_variables_of_what_it_translates() -> None:
    [source] = catalogues(settings.BASE_DIR / "backend")
    for piece, text in read_po(source.read_text(encoding="utf-8")).items():
        assert names_in(text) == names_in(piece), piece


def test_the_compiled_catalogue_is_that_of_its_source() -> None:
    for source in catalogues(settings.BASE_DIR / "backend"):
        expected = compiled(read_po(source.read_text(encoding="utf-8")))
        assert source.with_suffix(".mo").read_bytes() == expected, "manage.py compile_translations"


def test_what_we_compile_is_what_gettext_reads() -> None:
    texts = read_po(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        '# why\nmsgid "a\\n"\n"b"\nmsgstr "ä"\nmsgid "open"\nmsgstr ""\n'
    )
    assert texts["a\nb"] == "ä"
    read = gettext.GNUTranslations(BytesIO(compiled(texts)))
    assert (read.gettext("a\nb"), read.gettext("open")) == ("ä", "open")


@pytest.mark.parametrize("source", ['msgid "a"\nmsgstr "1"\nmsgid "a"\nmsgstr "2"', 'msgctxt "x"', "nonsense"])
def test_a_catalogue_that_we_can_not_read_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"twice|nothing that we know"):
        read_po(source)


def test_german_speaks_german_dates_and_numbers() -> None:
    voice = Voice("de", business().zone)
    words = put_into_words(
        translated_wording(MessageKind.ORDER_RECEIVED, voice), voice, sample_values(MessageKind.ORDER_RECEIVED)
    )
    assert words.subject == "Wir haben Ihren Auftrag ORD-20270201-7K3M9P"
    assert words.text.startswith("Guten Tag Ada King,\n")
    assert '<html lang="de">' in words.html


@pytest.mark.parametrize(
    "source",
    [
        "{% include 'admin/base.html' %}",
        "{% extends 'admin/base.html' %}",
        "{% load i18n %}",
        "{% for a in name %}{% endfor %}",
        "{% debug %}",
        "{% url 'admin:index' %}",
        "{% now 'Y' %}",
        "{% csrf_token %}",
        "{{ name|safe }}",
        "{{ name|ljust:99999999 }}",
        "{{ name.__class__ }}",
        "{{ _name }}",
    ],
)
def test_a_template_can_do_nothing_but_show_its_variables(source: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        render(source, {"name": "Ada"})


def test_a_template_finds_names_where_it_does_not_go() -> None:
    source = "{% if a and not b == 'x' %}{{ c|upper }}{% elif d %}{{ e }}{% endif %}{# {{ f }} #}"
    assert names_in(source) == {"a", "b", "c", "d", "e"}


def test_html_of_ones_own_escapes_what_people_type() -> None:
    wording = Wording(subject="s", text="t", html="<b>{{ name }}</b>", link="")
    words = put_into_words(wording, Voice("en", business().zone), {"name": "<script>"})
    assert "<b>&lt;script&gt;</b>" in words.html


def test_lines_that_begin_with_two_spaces_are_rows() -> None:
    assert [(each.lines, each.is_list) for each in blocks("a\nb\n  c\n  d\n\ne")] == [
        (("a", "b"), False),
        (("c", "d"), True),
        (("e",), False),
    ]


def test_a_head_with_a_line_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="no line of a template's head"):
        read_wording("Subject: a\nSubjekt: b\n\nc")


def test_the_layout_loads_nothing_from_elsewhere() -> None:
    page = render_to_string("notifications/layout.html", {"blocks": [], "language": "en"})
    assert "src=" not in page
    assert "url(" not in page
    assert "<link" not in page
