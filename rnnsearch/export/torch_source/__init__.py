"""Networks as a file of Python that needs torch and safetensors alone."""
