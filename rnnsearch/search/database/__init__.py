"""A study's ledger and lock in PostgreSQL: the address, the connections and the rows."""
