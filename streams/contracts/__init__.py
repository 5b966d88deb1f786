"""The contract with the outside: records, their bytes, headers, topics and limits. Of ours they import `text` only.

No stage's behaviour and no Kafka client in here.
"""
