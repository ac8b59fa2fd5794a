"""The verbs of an issue, from its first draft to its approval, and the steps behind them."""
