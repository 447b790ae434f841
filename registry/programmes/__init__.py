"""Strategic-technology programmes, their roles and the lines that describe who is wanted."""
