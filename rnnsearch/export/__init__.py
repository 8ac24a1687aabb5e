"""Files of other formats that a trained model is written into, each checked against the model.

`formats` is the table of them. Nothing but this room imports onnx, onnxruntime or onnxscript.
"""
