"""Look at printed sheets: what LibreOffice makes of every sheet, measured from the objects of the PDF, not from pixels.

`python -m benchmarks.look FILE...` lists the faults; `--pictures FOLDER` also draws each page; `--references` makes the positions of the
blocks again (CONTRIBUTING.md, "Look at a sheet").
"""
