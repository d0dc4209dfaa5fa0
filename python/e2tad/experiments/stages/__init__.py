"""What experiments do. The code of a stage's module and of what it imports is the version of its results."""
