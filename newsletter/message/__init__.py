"""The bytes of a mail: slots filled per person, header lines, and the MIME message on the wire.

Door: `mime.prepare`, once per edition, then `PreparedMail.fill` for each person; the preview uses `slots.fill_text`.
It must not know where a Message comes from, who is on a list, or which mailer takes the bytes.
"""
