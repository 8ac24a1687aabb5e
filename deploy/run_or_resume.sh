#!/usr/bin/env bash
# Run a study, or go on with it where it is there already: for whatever starts a study again by
# itself, as Slurm and Kubernetes do.
#
#   run_or_resume.sh FILE NAME STORAGE [OPTIONS of `rnnsearch run`]
#
# The options are those of the first start; a study that goes on has them in its own file.
set -euo pipefail
file=$1 name=$2 storage=$3
shift 3
address=${RAY_ADDRESS:-auto}
if [[ -e $storage/$name/study.yaml ]]; then
    exec python -m rnnsearch resume "$name" --storage "$storage" --address "$address"
fi
exec python -m rnnsearch run "$file" --name "$name" --storage "$storage" --address "$address" "$@"
