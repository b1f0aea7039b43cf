"""From what a source announced to what it speaks of: each entry known once, read, judged and made a mention."""
