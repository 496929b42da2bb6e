"""Key stores: where members' private keys are kept, and the installation's own secret.

Callers use the methods of ``keystore.KeyStore`` only, which never hand out a private key: a store in a
hardware module (PKCS#11) can take its place.
"""
