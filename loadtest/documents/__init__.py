"""Pages that have a shared document open, as cheap as bots can be: hundreds of them fit on one core."""
