"""The people of a publication.

people         one person: added, shown, leaving, back again
lists          many at once: files that are imported, and exported
suppressions   addresses that must never be mailed
service        segments, and who would read which edition
"""
