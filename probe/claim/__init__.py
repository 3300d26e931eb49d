"""The claim pack: everything that stands behind one claim in one file, and the verifier that is enclosed in it.

What was judged is written down here, nothing is judged. `verifier.py` is enclosed as it is: it knows nothing of
the rest of the program, and `probe verify` runs the same code.
"""
