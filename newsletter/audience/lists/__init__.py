"""Lists of people as files: what others exported, and what is exported for them.

reading    files become rows of people, whatever program and language they come from
verdicts   what a row means for one person
result     what an import did, counted
imports    rows become subscribers
exports    subscribers become a CSV file
"""
