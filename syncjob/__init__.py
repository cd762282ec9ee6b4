"""The whole job, from spreadsheet to result workbook (importing this is cheap)."""
