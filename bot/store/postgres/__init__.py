"""PostgreSQL through psycopg: many posbots over one database. Imported only where the settings name one."""
