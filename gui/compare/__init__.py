"""The page that puts one prompt to several models and shows their replies side by side."""
