"""What the checks look at: one edition, parsed once, and what a check is."""
