"""``lint --fix``: revisions written anew where the safe code is a mechanical change, proved before they count.

Drafts are made of the text of the files, tried on copies of the version locations and on scratch databases, and put
into the tree in the end.
"""
