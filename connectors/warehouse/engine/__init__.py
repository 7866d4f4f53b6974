"""The embedded engine: a program of its own, started by its folder's path; `landlock` says what it may reach."""
