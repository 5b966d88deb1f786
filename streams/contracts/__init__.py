"""The contract with the outside: records, their bytes, headers, topics and limits. Imports nothing else of ours."""
