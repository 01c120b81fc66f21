"""A printable sheet, A4 (ISO 216)."""

from lit.export.sheet import Sheet

TARGET = Sheet(name="sheet-a4", label="Printable sheet, A4", page=(210.0, 297.0))
