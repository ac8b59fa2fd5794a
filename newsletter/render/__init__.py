"""Render: an issue laid out for its readers, and made into HTML and plain text.

Door: `compose.compose` (issue to Edition), then `edition.render_edition` (Edition to Message); `mjml.compile_mjml` is
the only way to the MJML compiler. Pure but for the files of the template folder, which are read where they are used:
the same files give the same bytes. It must not know the database, the clock, the readers' values or any mailer.
"""

HTML_TEMPLATE = "edition.mjml.j2"
TEXT_TEMPLATE = "edition.txt.j2"
"""What editions are made from, in the folder of templates."""
