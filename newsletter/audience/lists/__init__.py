"""Lists of people as files: what others exported, and what is exported for them.

csv_text      the bytes of a CSV file become records with their lines
people_file   records become rows of people, whatever language their headings are in
imports       rows become subscribers, each with a verdict
exports       subscribers become a CSV file
"""
