create database loopmart; -- the ledger; Airflow's own database is POSTGRES_DB
