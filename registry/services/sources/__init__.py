"""What is polled: adding and keeping sources, when each is read, and how it fares."""
