"""Checks of a history: each a function from what is checked to what it finds, without pytest and without a command.

`run.check` carries them out by name. `limbeck test` prints what they find; `limbeck.testing` has a test for each.
"""
