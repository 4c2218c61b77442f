"""Renderers: a record in, text, tables, figures or a page out."""
