"""Checks with the real libraries, in the user's interpreter and in a process of their own."""
