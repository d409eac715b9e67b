"""The Quality page: what a cheaper model loses, on a text and on the user's own cases."""
