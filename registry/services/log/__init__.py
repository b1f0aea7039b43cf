"""The log of events: verified, shown to outsiders by signed checkpoints and proofs, and handed out."""
