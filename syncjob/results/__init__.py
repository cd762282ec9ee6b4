"""What a run leaves behind: the workbook, CSV, the page, a summary for machines, the index of all runs.

table      rows + outcomes → results, pure; cells, marks, messages and mask help it
digest     the words that every file shares
workbook   sheets of text and the Summary before them; sheets, grid, summary, palette, cellxml make them up
page       report.html; markup and pagestyle make it up
text       CSV
files      all of them in their places, written aside and renamed (aside), with the index of all runs (index)
"""
