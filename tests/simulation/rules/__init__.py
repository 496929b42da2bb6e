"""The rules of the ledger and its contracts, written once more from docs/ledger.md and docs/contracts.md.

Nothing here uses the product's code but the form of an account address, so that a fault of the product's and
a fault here do not agree with each other.
"""
