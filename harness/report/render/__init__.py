"""The views of a report: each a pure function of report.json and the rows of results.jsonl."""
