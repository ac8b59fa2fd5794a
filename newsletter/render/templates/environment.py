"""The Jinja environment: templates of one folder, filled with values that stay values.

Door: `Templates`. HTML is always escaped; every value printed is made safe for attribute, text and compiler alike; an
undefined name, a name outside the folder and a Python secret are errors with template and line. Nothing rendered is
ever rendered again. It must not know what is in the values.
"""

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import CodeType

import jinja2
from jinja2.bccache import Bucket
from jinja2.lexer import TokenStream
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from newsletter.errors import NewsletterError, Place, TemplateError
from newsletter.render.compiler.places import Marks, Rendered
from newsletter.render.compiler.references import referenced, without_controls
from newsletter.render.templates.markup import in_words, markdown_html, markdown_text, source_html, wrapped

TEXT_SUFFIX = ".txt.j2"
"""Templates whose output is plain text; all others make MJML or HTML."""

_QUOTED = re.compile(r"'([^']+)'")
_JINJA = re.compile(r"\{[{%].*?[%}]\}")
_NAME_SHOWN = 80
_ROOT = "<templates>/"
"""What compiled templates are called, wherever their folder is."""
_COMPILED_MAX = 128
_SOFT_HYPHEN = "\u00ad"


class Templates:
    """The templates of a folder, read when they are used and kept until they change on disk.

    What was compiled is kept by what it was compiled from: it serves every folder that says the same.

    Attributes:
        folder: Where they are.
        shown_as: How errors name the folder; itself by default.
    """

    def __init__(self, folder: Path, *, shown_as: Path | None = None) -> None:
        self.folder = folder
        self.shown_as = shown_as or folder
        self._marks = Marks(self.shown_as)
        self._loader = _FolderLoader(folder, self.shown_as)
        self._environments = {
            True: _environment(folder, self.shown_as, is_text=True),
            False: _environment(folder, self.shown_as, is_text=False, marks=self._marks),
        }

    def names(self) -> tuple[str, ...]:
        """Give the names of all templates, in order."""
        return tuple(
            path.relative_to(self.folder).as_posix()
            for path in sorted(self.folder.rglob("*.j2"))
            if path.is_file() and path.resolve().is_relative_to(self.folder.resolve())
        )

    def render(self, name: str, context: Mapping[str, object], *, is_text: bool | None = None) -> str:
        """Fill a template of the folder.

        By default its name says whether it makes plain text.

        Raises:
            TemplateError: The template is missing, outside the folder, no UTF-8, has wrong syntax, names something that
                is not there, or fails on its values; with template, line and column.
        """
        return self.rendered(name, context, is_text=is_text).text

    def rendered(self, name: str, context: Mapping[str, object], *, is_text: bool | None = None) -> Rendered:
        """Fill a template of the folder, and keep in mind which template wrote which tag.

        Raises:
            TemplateError: As `render`.
        """
        with self.told(name):
            return self.without_marks(self.environment(name, is_text=is_text).get_template(name).render(context))

    def environment(self, name: str, *, is_text: bool | None = None) -> jinja2.Environment:
        """Give the environment for a template."""
        return self._environments[name.endswith(TEXT_SUFFIX) if is_text is None else is_text]

    def source(self, name: str) -> str:
        """Give what a template's file says.

        Raises:
            TemplateError: It is no UTF-8, or cannot be read.
            jinja2.TemplateNotFound: It is not there.
        """
        return self._loader.get_source(self._environments[True], name)[0]

    def has(self, name: str) -> bool:
        """Tell whether there is such a template in the folder."""
        return self._loader.has(name)

    def without_marks(self, text: str) -> Rendered:
        """Take the marks of the tags out of what was rendered."""
        return self._marks.taken_out(text)

    @contextmanager
    def told(self, name: str) -> Iterator[None]:
        """Tell what goes wrong with a template as one kind of error, with its place.

        Raises:
            TemplateError: Something does.
        """
        try:
            yield
        except MemoryError:
            raise
        except NewsletterError as error:
            if error.place is None:
                error.place = self.place_of(error, name)
            raise
        except jinja2.TemplateNotFound as cause:
            raise TemplateError(
                f"There is no template {repr(cause.name)[:_NAME_SHOWN]}.",
                place=self.place_of(cause, name),
                hint=f"Templates are files inside {self.shown_as}.",
            ) from cause
        except jinja2.TemplateSyntaxError as cause:
            # Of a comment without end Jinja says the file where it should say the name.
            path = self.shown_as / (cause.name or name).removeprefix(_ROOT)
            place = self.with_column(Place(path=path, line=cause.lineno), cause)
            raise TemplateError(
                f"Template syntax: {_sentence(cause.message or '')}", place=place, hint="Correct the line named."
            ) from cause
        except jinja2.UndefinedError as cause:
            raise TemplateError(
                f"The template uses what is not there: {_sentence(cause.message or '')}",
                place=self.place_of(cause, name),
                hint="Check the spelling, or use {% if name is defined %}.",
            ) from cause
        except RecursionError as cause:
            raise TemplateError(
                "The template includes or calls itself without end, or is nested too deeply.",
                place=self.place_of(cause, name),
                hint="Look for an include, an import, a macro or a recursive loop that comes back to where it began.",
            ) from cause
        except Exception as cause:
            raise TemplateError(
                f"The template fails on its values: {_sentence(str(cause))}",
                place=self.place_of(cause, name),
                hint="Correct the expression, or the value given to it.",
            ) from cause

    def place_of(self, error: BaseException, name: str) -> Place:
        """Find the innermost line of a template that an error came through."""
        found = Place(path=self.shown_as / name, line=1, column=1)
        traceback = error.__traceback__
        while traceback is not None:
            path = traceback.tb_frame.f_code.co_filename
            if path.startswith(_ROOT):
                found = Place(path=self.shown_as / path.removeprefix(_ROOT), line=traceback.tb_lineno)
            traceback = traceback.tb_next
        return self.with_column(found, error)

    def with_column(self, place: Place, error: BaseException) -> Place:
        """Find the column of the name an error speaks of, or else of the first Jinja tag on its line."""
        path = self.folder / place.path.relative_to(self.shown_as)
        with suppress(OSError, UnicodeDecodeError, IndexError):
            line = path.read_text(encoding="utf-8-sig").split("\n")[(place.line or 1) - 1]
            if column := _column_of(error, line):
                return replace(place, column=column)
            return replace(place, column=max(line.find("{"), 0) + 1)
        return replace(place, line=place.line or 1, column=1)


def _column_of(error: BaseException, line: str) -> int | None:
    """Find what an error names on the line of a template: in a Jinja tag, or behind the beginning of one above."""
    before = r"(?<!\w)"
    if isinstance(error, jinja2.UndefinedError):
        # A name of its own stands otherwise than one that is asked of a value.
        before = r"(?<=[.'\"])" if "attribute" in str(error) else r"(?<![\w.'\"])"
    spans = [found.span() for found in _JINJA.finditer(line)] or [(0, len(line))]
    for name in (*_QUOTED.findall(str(error)), str(error)):
        named = re.compile(rf"{before}{re.escape(name)}(?!\w)")
        for start, end in spans:
            if found := named.search(line, start, end):
                return found.start() + 1
    return None


def _sentence(said: str) -> str:
    """End what somebody else's program says with one full stop, and keep it on one line."""
    return f"{' '.join(said.split()).rstrip('.')}."


@lru_cache(maxsize=8)
def kept_templates(folder: Path, shown_as: Path) -> Templates:
    """Give the templates of a folder, the same ones as long as the process lives."""
    return Templates(folder, shown_as=shown_as)


def _environment(folder: Path, shown_as: Path, *, is_text: bool, marks: Marks | None = None) -> "Sandbox":
    environment = Sandbox(
        autoescape=not is_text,
        undefined=jinja2.StrictUndefined,
        finalize=_printed_text if is_text else _printed,
        loader=_FolderLoader(folder, shown_as),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=_COMPILED[is_text],
        # There is next to nothing to work out beforehand, and looking for it is an eighth of compiling a template.
        optimized=False,
    )
    environment.filters |= _FILTERS[is_text]
    environment.marks = marks
    # `safe` would let a value through as markup; `lipsum` makes text that nobody wrote.
    del environment.filters["safe"], environment.globals["lipsum"]
    return environment


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, quicker for the values we give it ourselves, and with marks at the tags.

    Attributes:
        marks: What marks the tags of its templates; None leaves them as they are.
    """

    marks: Marks | None = None

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        """Read a template's tokens and mark its tags; an extension would not be told the source."""
        stream = super()._tokenize(source, name, filename, state)
        if self.marks is None:
            return stream
        return TokenStream(iter(self.marks.mark(stream, source)), name, filename)

    def getattr(self, obj: object, attribute: str) -> object:
        """Read a field of a dataclass or a value of a dictionary at once, as every edition does by the hundred.

        All else is Jinja's, also a value that has the name of a dictionary's method: Jinja gives the method.
        """
        if type(obj) is dict:
            if attribute in obj and not hasattr(dict, attribute):
                return obj[attribute]
        elif attribute in getattr(type(obj), "__dataclass_fields__", ()) and not attribute.startswith("_"):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)


class _Compiled(jinja2.BytecodeCache):
    """Keeps what was compiled in this process, by what it was compiled from; nothing that anybody could write to."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled from the same text under the same name."""
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled; when there is much of it, begin anew."""
        if len(self._kept) >= _COMPILED_MAX:
            self._kept.clear()
        if bucket.code is not None:
            self._kept[bucket.key, bucket.checksum] = bucket.code


_COMPILED = {True: _Compiled(), False: _Compiled()}
"""Of plain text, and of markup with its marks."""


class _FolderLoader(jinja2.BaseLoader):
    """Reads templates of one folder, and of no other by whatever name or link."""

    def __init__(self, folder: Path, shown_as: Path) -> None:
        self.folder = folder
        self.shown_as = shown_as

    def get_source(
        self,
        environment: jinja2.Environment,
        template: str,
    ) -> tuple[str, str, Callable[[], bool]]:
        """Read one template."""
        resolved = self._found(template)
        modified = resolved.stat().st_mtime_ns
        content = self._read(resolved, template)
        try:
            source = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError as cause:
            raise TemplateError(
                f"The template {template!r} is no UTF-8 text.",
                place=place_of_wrong_byte(self.shown_as / template, content),
                hint="Save it as UTF-8.",
            ) from cause
        marks = getattr(environment, "marks", None)
        if marks is not None:
            marks.sources[template] = source
        return source, f"{_ROOT}{template}", lambda: _modified(resolved) == modified

    def has(self, template: str) -> bool:
        """Tell whether there is such a template."""
        with suppress(jinja2.TemplateNotFound):
            return self._found(template).is_file()
        return False

    def _found(self, template: str) -> Path:
        """Find a template's file.

        Raises:
            jinja2.TemplateNotFound: There is none in the folder; one outside is told in the same words as none at all.
        """
        # What stands behind `include` can be anything, and some of it is no path on any machine.
        with suppress(OSError, ValueError, TypeError):
            resolved = (self.folder / template).resolve()
            if resolved.is_relative_to(self.folder.resolve()) and resolved.is_file():
                return resolved
        raise jinja2.TemplateNotFound(str(template))

    def _read(self, path: Path, template: str) -> bytes:
        """Read a template's file.

        Raises:
            TemplateError: The system does not let us.
        """
        try:
            return path.read_bytes()
        except OSError as cause:
            place = Place(path=self.shown_as / template, line=1, column=1)
            hint = "Look at the rights of the file."
            message = f"The template {template!r} cannot be read: {cause.strerror}."
            raise TemplateError(message, place=place, hint=hint) from cause


def place_of_wrong_byte(path: Path, content: bytes) -> Place:
    """Give the place of the first byte for which the content of a file is no UTF-8."""
    before = content.removeprefix(codecs.BOM_UTF8)
    try:
        before.decode()
    except UnicodeDecodeError as error:
        before = before[: error.start]
    text = before.decode().replace("\r\n", "\n").replace("\r", "\n")
    return Place.of_offset(path, text, len(text))


def _modified(path: Path) -> int | None:
    """Tell when a file was changed; None when it is gone."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None


def _printed(value: object) -> object:
    """Make a value safe to stand anywhere in MJML; what `source_html` and macros made is safe already."""
    if isinstance(value, Markup):
        return value
    return Markup(referenced(in_words(value)))  # noqa: S704 - nothing in it can be read as markup


def _printed_text(value: object) -> str:
    """Make a value fit for plain text."""
    return without_controls(in_words(value)).replace(_SOFT_HYPHEN, "")


_FILTERS: dict[bool, dict[str, Callable[..., object]]] = {
    False: {"source_html": source_html, "markdown": markdown_html},
    True: {"markdown": markdown_text, "wrapped": wrapped},
}
