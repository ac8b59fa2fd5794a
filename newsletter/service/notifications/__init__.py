"""What providers tell: taken in, kept in groups, and made into states and suppressions."""
