"""The lake's stack on AWS: its template, its deployment, and its rehearsal offline.

Here, too: whether the pinned packages install, and the audit of them.
"""
