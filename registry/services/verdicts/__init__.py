"""What stands and what befalls it: publishing, duties, days, reports, and cases opened again."""
