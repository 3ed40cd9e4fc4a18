"""What must last: the database, its tables and migrations, and the repositories that read and write them."""
