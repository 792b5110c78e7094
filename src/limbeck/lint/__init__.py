"""What ``limbeck lint`` looks at: what would a revision do to a database that is in use.

Steps are rehearsed, their operations and statements become *changes*, and rules judge these. A rule has a file of its
own in `limbeck.lint.rules`: condition, reason, safe code, and examples by which a test and the documentation show it.
"""
