"""One round on one tool: who takes part, scorecards, disagreement, and what is left to do."""
