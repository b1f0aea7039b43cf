""" "May I use it?": from what was typed to the tool, the answer, and a request where there is none."""
