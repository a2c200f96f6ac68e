"""How rows become marts: the change set and dbt."""
