"""The lake's stack on AWS: its template, its deployment, and its rehearsal offline.

The audit of the packages that everything is installed from is here, too.
"""
