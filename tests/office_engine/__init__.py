"""xlwings over LibreOffice (test helper): the code that drives Excel, driven against a real spreadsheet program.

`server.office()` starts LibreOffice, `engine.Engine` is what xlwings is given, `facade` answers what our code asks of `.api`, in the
shape Excel's COM objects have. Where Excel is stricter or stranger than LibreOffice the engine does as Excel does: a text is read as
if typed, a cell formatted Text keeps everything as text, an error is an integer, a block written through a filter or into a protected
sheet fails, currency is a Decimal, numbers are floats.
"""
