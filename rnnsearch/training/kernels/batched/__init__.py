"""All members in one `baddbmm` a time step; a file a cell, with its backward pass by hand."""
