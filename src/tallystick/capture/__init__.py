"""Capture: files from outside made safe, kept under keys of their own, and fetched from where they lie.

``intake`` is the door for an upload: it has every file opened in a child process with limits (``worker``), by
one opener for each kind (``pictures``, ``pdf``, ``archives``, ``video``). ``resumable`` takes a large file in
by pieces, ``media_store`` keeps what is safe as ciphertext, ``fetching`` brings what lies elsewhere.

``reading`` reads what is on a document of one of six kinds (``kinds``): business licence, identity card, bank
card, VAT invoice, delivery note, contract. ``layout`` and ``finding`` place words;
``rules`` and ``draft`` make fields of them, with checks.

The only room that imports av, defusedxml, pdfplumber, PIL, pypdfium2, rapidocr and zxingcpp.
"""
