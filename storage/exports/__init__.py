"""How sessions look in files for other programs and other people."""
