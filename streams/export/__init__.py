"""What the topics hold, as files for other programs: tables of articles, stories, quotations and entities.

`spool.py` gathers the newest of everything in a SQLite file, so that memory does not grow with what there is;
`tables.py` says which columns there are and which rows are asked for; `writers.py` writes them. Knows of Kafka only in
`topics.py`.
"""
