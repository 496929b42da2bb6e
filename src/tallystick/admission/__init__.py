"""Admission: may this enterprise's financing request go on? Judged from its invoice books (mission A).

The order of reading: ``books`` (what an invoice is), ``mapping`` (how an outside file becomes one),
``quality`` (what was found in the books and how it was treated), ``measures`` (sums and counts per
enterprise), ``indicators`` (what an officer reads), ``judgement`` (what follows from them). Everything
here is an expression or a value; ``tallystick.analytics`` executes the expressions.
"""
