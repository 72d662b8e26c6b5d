"""Plain data that every other room exchanges. Standard library only."""
