"""Operations of support: on tickets, staff, merchants and settings. Each runs in one transaction."""
