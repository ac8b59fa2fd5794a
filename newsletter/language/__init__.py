"""Words, dates and interface sentences of Finnish, Swedish and English.

Pure: text in, text out. Knows no issue, no subscriber, no template; every room above may import it.
"""
