"""Read what people write: a Snapshot and the schema become Tables, findings and questions.

Entry points: `table.parse_table` (a ListObject of ours), `sheet.parse_sheet` (anybody's sheet), `service.service_rows`,
`directory.directory_of`, `calendar.calendar_of`. How each form is read: docs/reading.md.
"""
