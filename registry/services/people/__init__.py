"""Who acts, what they may do, how they sign in, and the offices they belong to."""
