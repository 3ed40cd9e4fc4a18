"""What is sent to elsewhere, e-mail and xAPI statements: kept with what it tells of, and sent until it has arrived."""
