"""Files of people become rows.

csv_text      the bytes of a CSV file become records with their lines
workbook      so do the sheets of an XLSX workbook
headings      what each column is
answers       what a cell says
rows          a record becomes a person, or is rejected with its reasons
first_lines   where each address stands first
people_file   the list as a whole
"""
