"""How the office does: numbers, the lists behind them, and how far reviewers agree."""
