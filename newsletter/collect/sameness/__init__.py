"""After parsing, with all sources in sight: which records are one thing, and which a person should look at."""
