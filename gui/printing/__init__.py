"""Reports of sessions on paper: laid out in pages, written as PDF or shown as a picture."""
