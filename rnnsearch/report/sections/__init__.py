"""One file a section; `report.table` puts them in their order."""
