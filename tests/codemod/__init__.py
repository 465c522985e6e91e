"""The migrator: a file of tests for each rule, with more code that stays than code that changes."""
