"""Templates that try to get out, to go on for ever or to take everything: each ends in an error with its place."""

GETTING_OUT = {
    "parent folder": '{% include "../secret.txt" %}',
    "parent by a detour": '{% include "sub/../../secret.txt" %}',
    "absolute": '{% include "/etc/passwd" %}',
    "home": '{% include "~/.ssh/id_rsa" %}',
    "link": '{% include "link.txt" %}',
    "folder": '{% include "sub" %}',
    "import": '{% import "../secret.txt" as x %}{{ x }}',
    "from": '{% from "../secret.txt" import x %}',
    "extends": '{% extends "../secret.txt" %}',
    "name from a value": "{% include name %}",
    "null in a name": '{% include "a\\0b" %}',
    "itself": '{% include "a.mjml.j2" %}',
    "itself by import": '{% import "a.mjml.j2" as x %}',
    "itself by extends": '{% extends "a.mjml.j2" %}',
    "itself by a macro": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "itself by a loop": "{% for x in y recursive %}{{ loop(y) }}{% endfor %}",
    "class": "{{ y.__class__ }}",
    "globals of a function": "{{ range.__globals__ }}",
    "globals by cycler": "{{ cycler.__init__.__globals__ }}",
    "mro": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "attribute by filter": "{{ (y|attr('__class__')) ~ '' }}",
    "format string": "{{ '{0.__class__.__mro__}'.format(y) }}",
    "format map": "{{ '{x.__class__}'.format_map({'x': y}) }}",
    "changing a value": "{{ y.append(1) }}",
    "changing a mapping": "{{ d.update({'a': 1}) }}",
    "module": "{{ self.__init__.__globals__ }}",
    "joiner": "{{ joiner.__call__.__globals__ }}",
    "safe": "{{ '<script>'|safe }}",
    "autoescape off": "{% autoescape false %}{{ '<script>' }}{% endautoescape %}{{ nosuch }}",
    "expression statement": "{% do y.append(1) %}",
    "unknown name": "{{ nosuch }}",
    "unknown in a condition": "{% if nosuch %}{% endif %}",
    "unknown attribute": "{{ d.nosuch }}",
    "division": "{{ 1 // 0 }}",
    "odd arithmetic": "{{ y - 'a' }}",
    "calling text": "{{ 'a'() }}",
    "unclosed tag": "{% if y %}",
    "unclosed expression": "{{ y ",
    "unclosed comment": "{# y ",
    "unclosed raw": "{% raw %}",
    "stray end": "{% endif %}",
    "lone surrogate": "{{ '\\ud800' ~ nosuch }}",
}
"""By what they try."""

TAKING_EVERYTHING = {
    "long text": "{{ 'x' * 10 ** 9 }}",
    "long list": "{{ [0] * 10 ** 9 }}",
    "doubling": "{% set n = namespace(x='ab') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "range": "{{ range(10 ** 9)|list|length }}",
    "padding": "{{ '%1000000000d'|format(1) }}",
    "centred": "{{ 'x'|center(10 ** 9) }}",
    "batch": "{{ [1]|batch(10 ** 9, 0)|list|length }}",
    "text for the compiler": "<mjml><mj-body><mj-section><mj-column>{% for i in range(99999) %}"
    "<mj-text>{{ 'ä' * 2000 }}</mj-text>{% endfor %}</mj-column></mj-section></mj-body></mjml>",
}
"""By how."""

WITHOUT_END = "{{ 7 ** (10 ** 9) }}"
"""Native arithmetic, which no exception can interrupt."""

IN_ORDER = {
    "raw": "{% raw %}{{ x }}{% endraw %}",
    "own braces": "{{ '{{' }} 7 {{ '}}' }}",
    "byte order mark": "\ufeffa",
    "windows lines": "a\r\n{{ text }}\r\nb",
    "nested loops": "{% for a in range(30) %}{% for b in range(30) %}{{ a * b }} {% endfor %}{% endfor %}",
    "long loop": "{% for a in range(5000) %}ä {% endfor %}",
    "recursive macro": "{% macro m(n) %}{{ n }}{% if n %}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(40) }}",
    "piece in a sub folder": '{% include "sub/piece.txt" %}',
    "missing piece ignored": '{% include "nosuch" ignore missing %}',
    "block set": "{% set x %}<b>{{ text }}</b>{% endset %}{{ x }}",
    "filter block": "{% filter upper %}{{ text }}{% endfilter %}",
    "trimmed": "  {%- if true -%}  a  {%- endif -%}  ",
    "urlize": "{{ 'https://a.example/?a=\"b'|urlize }}",
    "tojson": "{{ {'a': '<b>\"'}|tojson }}",
    "xmlattr": "<i{{ {'title': text}|xmlattr }}>a</i>",
    "striptags": "{{ '<b>a</b>'|striptags }}",
    "replace": "{{ text|replace('a', '<b>') }}",
    "markdown": "{{ '# a\n\n[b](javascript:x) <script>'|markdown }}",
    "pprint": "{{ d|pprint }}",
    "forceescape": "{{ text|forceescape }}",
    "truncate": "{{ text|truncate(3) }}",
}
"""What templates may do: it ends in HTML."""
