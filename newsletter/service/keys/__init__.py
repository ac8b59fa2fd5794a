"""The publication's keys: those of the file that belong to the database, and how they are changed."""
