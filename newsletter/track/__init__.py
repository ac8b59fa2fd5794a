"""Tell what became of a sending. Its door is `report`.

The room reads what the ledger counted and says it in plain words; it changes nothing, and meets no address.
"""
