"""The stable core: pure rules on plain values, standard library only."""
