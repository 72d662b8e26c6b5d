"""What holds for the project as a whole: its layers, its hooks, its texts, its examples."""
