"""Numbers and times as people write them in cells of text: found out over a whole column, once.

A column's form (`NumberForm`, `TimeForm`) is found from all of its cells and then reads them, the
same for `init`, `check`, a study, and the table that is given to a trained model, which keeps its
forms. Where the cells leave open what they mean, nothing is guessed.
"""
