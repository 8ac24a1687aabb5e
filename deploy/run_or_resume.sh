#!/usr/bin/env bash
# Run a study, or go on with it where it is there already: for whatever starts a study again by
# itself, as Slurm and Kubernetes do.
#
#   run_or_resume.sh FILE NAME STORAGE [OPTIONS of `rnnsearch run`]
#
# STORAGE is a folder that all nodes share, or one in an object store, such as s3://bucket/studies
# (rnnsearch guide storage). The options are those of the first start; a study that goes on has them
# in its own file. Where an object store does not answer, nothing is started, and the status is 1.
set -euo pipefail
file=$1 name=$2 storage=$3
shift 3
address=${RAY_ADDRESS:-auto}
there=$(python - "$name" "$storage" <<'PYTHON'
import sys
from pathlib import Path

from rnnsearch.errors import RnnsearchError, StudyNotFoundError
from rnnsearch.search.directory import StudyDirectory

try:
    StudyDirectory.find(Path(sys.argv[2]), sys.argv[1])
except StudyNotFoundError:
    pass
except RnnsearchError as error:
    sys.exit(f"error: {error}")
else:
    print("yes")
PYTHON
)
if [[ -n $there ]]; then
    exec python -m rnnsearch resume "$name" --storage "$storage" --address "$address"
fi
exec python -m rnnsearch run "$file" --name "$name" --storage "$storage" --address "$address" "$@"
