"""What stands behind the verbs: files that are written whole, locks, time, and the steps that several verbs share.

It must not know the command line.
"""
