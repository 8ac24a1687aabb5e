#!/usr/bin/env bash
# A study in one Slurm job: its nodes become one Ray cluster, and it goes on by itself after the time
# limit, a preemption or a lost node.
#
#   sbatch deploy/slurm.sh search_spaces/sine.yaml sine /shared/studies --trials 200
#
# that is FILE, NAME of the study, STORAGE on a file system that all nodes share or in an object
# store, and options of `rnnsearch run`. Log: rnnsearch-JOBID.log beside where you are. Stop it for
# good: scancel JOBID; go on later with the same line.
#
# Change the lines marked EDIT. Three minutes before the time limit the study is drained (packs
# finish their slice, records are written), the job is put back into the queue, and starts again
# with `resume`. Slurm itself puts a job back when it is preempted (PreemptMode=REQUEUE) or loses
# a node. A study that has ended is not started again.
#
# Tried with Slurm 22.05 on one machine with two nodes (tests/integration/deploy/test_slurm.py):
# start, time limit, requeue, resume, end. Not tried: GPUs, preemption, several real machines.
#
# Who gets in: each job makes a token of its own, in a file that you alone can read; Ray takes
# orders from nobody without it. Ray's traffic is not encrypted: other users of the same nodes and
# network are kept out by the token, not from listening (rnnsearch guide security).

#SBATCH --job-name=rnnsearch
#SBATCH --output=%x-%j.log
#SBATCH --open-mode=append
#SBATCH --nodes=2                  # EDIT
#SBATCH --ntasks-per-node=1
#SBATCH --exclusive                # EDIT: or --cpus-per-task and --mem; a node is one Ray node
##SBATCH --gpus-per-node=1         # EDIT: one # for GPUs; and resources.gpus_per_pack in the file
#SBATCH --time=04:00:00            # EDIT
#SBATCH --requeue
#SBATCH --signal=B:USR1@180

set -euo pipefail
umask 077
[[ $# -ge 3 ]] || { echo "usage: sbatch slurm.sh FILE NAME STORAGE [OPTIONS]" >&2; exit 2; }
study=$2 storage=$3

# EDIT: how your environment comes to be, on all nodes: module load python; source .../activate
export PATH="${RNNSEARCH_VENV:-$HOME/rnnsearch-venv}/bin:$PATH"

# Slurm runs a copy of this script, so what lies beside it is looked for where you submitted.
scripts=${RNNSEARCH_DEPLOY:-$SLURM_SUBMIT_DIR/deploy}

address_of() {  # what Slurm calls the node's address, as a number
    local named
    named=$(scontrol show node "$1" | grep -oP 'NodeAddr=\K\S+')
    getent ahostsv4 "$named" | awk '{print $1; exit}'
}

nodes=($(scontrol show hostnames "$SLURM_JOB_NODELIST"))
# Slurm writes 72,72,36 as 72(x2),36
cpus=($(sed -E 's/,/\n/g' <<< "$SLURM_JOB_CPUS_PER_NODE" |
        sed -E 's/^([0-9]+)\(x([0-9]+)\)$/\1 \2/' | awk '{for (n = $2 + !$2; n > 0; n--) print $1}'))
# other jobs of yours may run on the same nodes
port=$((20000 + SLURM_JOB_ID % 2000 * 20))
export RAY_ADDRESS="$(address_of "${nodes[0]}"):$port"
export RAY_AUTH_MODE=token
export RAY_AUTH_TOKEN_PATH="$HOME/.rnnsearch-slurm/token-$SLURM_JOB_ID"
export RAY_USAGE_STATS_ENABLED=0
mkdir -p "${RAY_AUTH_TOKEN_PATH%/*}"
python -c 'import secrets; print(secrets.token_hex(32), end="")' > "$RAY_AUTH_TOKEN_PATH"

steps=()
driver=
clean_up() {
    # the steps end with their Ray; what is left of them Slurm ends with the job
    for step in "${steps[@]}"; do kill -TERM "$step" 2>/dev/null || true; done
    rm -f "$RAY_AUTH_TOKEN_PATH"
}
trap clean_up EXIT
drain() { [[ -z $driver ]] || kill -TERM "$driver" 2>/dev/null || true; }
again=
trap 'again=yes; echo "the time is nearly up: the study is drained"; drain' USR1
trap drain TERM

# one Ray node each; ports by the node's place, for nodes that share a machine
number=0
for node in "${nodes[@]}"; do
    mine=$((port + 1 + number * 4))
    options=(--block --node-ip-address="$(address_of "$node")" --num-cpus="${cpus[number]}"
             --num-gpus="${SLURM_GPUS_ON_NODE:-0}" --disable-usage-stats
             --dashboard-agent-listen-port=$mine --dashboard-agent-grpc-port=$((mine + 1))
             --node-manager-port=$((mine + 2)) --object-manager-port=$((mine + 3))
             --min-worker-port=0 --max-worker-port=0)
    if ((number == 0)); then
        options+=(--head --port=$port --dashboard-host=127.0.0.1 --dashboard-port=$((port + 19))
                  --ray-client-server-port=$((port + 18)) --temp-dir="/tmp/ray-$SLURM_JOB_ID")
    else
        options+=(--address="$RAY_ADDRESS")
    fi
    srun --nodes=1 --ntasks=1 --nodelist="$node" --overlap --kill-on-bad-exit=0 \
        ray start "${options[@]}" > "ray-$SLURM_JOB_ID-$node.log" 2>&1 &
    steps+=($!)
    if ((number == 0)); then
        for _ in {1..120}; do
            (exec 3<> "/dev/tcp/${RAY_ADDRESS%:*}/$port") 2>/dev/null && break
            sleep 1
        done
    fi
    number=$((number + 1))
done

# packs are counted by what is there when the study starts
python - "${#nodes[@]}" <<'PYTHON'
import sys, time
import ray

ray.init(logging_level="ERROR", log_to_driver=False)
for _ in range(120):
    alive = sum(node["Alive"] for node in ray.nodes())
    if alive >= int(sys.argv[1]):
        break
    time.sleep(1)
has = ray.cluster_resources()
has = " and ".join(f"{has.get(name, 0):g} {name}" for name in ("CPU", "GPU"))
print(f"{alive} of {sys.argv[1]} nodes are there, with {has}")
PYTHON

status=143
if [[ -z $again ]]; then  # else the time was up before the nodes were there
    bash "$scripts/run_or_resume.sh" "$@" &
    driver=$!
    # a signal ends the waiting, and not the driver
    while kill -0 "$driver" 2>/dev/null; do
        status=0
        wait "$driver" || status=$?
    done
fi
if [[ -n $again && $status -eq 143 ]]; then
    echo "$study goes on when the job is started again"
    clean_up
    scontrol requeue "$SLURM_JOB_ID"
    sleep 60  # until Slurm ends this script
fi
exit "$status"
