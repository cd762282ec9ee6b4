"""The plan as a workbook that a person approves line by line, and the way back. Importing this is cheap.

What enters: a run's own copy (keeping.py); later the workbook as it came back. What leaves: a workbook with a sheet for
each kind of change; later the ids of the approved changes, and who approved them. Promised: what is sent is decided by
the sealed copy in the workbook and by `approve` alone, whatever program saved it; every other edit refuses the file.
"""
