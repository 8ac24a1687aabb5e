"""Numbers and times as people write them in cells of text.

How a column is written, its form (`NumberForm`, `TimeForm`), is found from all of its cells
(`NumberEvidence`, `TimeEvidence`) and then reads them. `init`, `check` and a study find it alike;
a trained model keeps the forms of its training and reads new tables by them. Where the cells leave
open what they mean, nothing is guessed: the message names the key that decides.
"""
