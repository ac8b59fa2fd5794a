"""From MJML to HTML: written so that MRML gets it right, compiled, and traced back to the template.

The door for everybody else is `render.mjml`. It must not know what an edition is.
"""
