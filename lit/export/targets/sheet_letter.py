"""A printable sheet, Letter (ANSI/ASME Y14.1)."""

from lit.export.sheet import Sheet

TARGET = Sheet(name="sheet-letter", label="Printable sheet, Letter", page=(215.9, 279.4))
