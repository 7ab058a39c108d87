"""What a database says, and what a frame is on paper: layouts, codecs, exact bits, protection."""
