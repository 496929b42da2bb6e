"""The ground floor: exact values that every room shares: money, rates, dates, identifiers, bytes."""
