"""Choose what an issue holds, and keep the file in which the editor has the last word.

Its doors: `select` decides about every item of a period and says why; `draft` turns the decisions into words to edit;
`issue_file` reads `issue.toml`, `issue_edit` writes and extends it. Pure but for that one file: no database, no clock,
no network, and no knowledge of where items come from or how an issue is rendered.
"""
