"""Measures what the project promises, in one run, each beside something to compare it with.

`make bench` runs all lines, `python -m benchmarks NAME` some. Medians and ratios count; times are one machine's.
"""
