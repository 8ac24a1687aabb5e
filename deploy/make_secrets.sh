#!/usr/bin/env bash
# Make the secrets of compose.yaml in deploy/secrets/, each in a file that you alone can read. A file
# that is there stays as it is. Git, Docker's build and `ray job submit` leave the folder out.
set -euo pipefail
umask 077
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$here/secrets"
cd "$here/secrets"
random() { head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
put() { [[ -e $1 ]] || printf '%s' "$2" > "$1"; }

put ray_auth_token "$(random)"
put postgres_password "$(random)"
put pgpass "postgres:5432:*:mlflow:$(cat postgres_password)"
put s3_secret "$(random)"
put aws_credentials "[default]
aws_access_key_id = rnnsearch
aws_secret_access_key = $(cat s3_secret)
"
put s3.json "{\"identities\": [{\"name\": \"rnnsearch\", \"actions\": [\"Admin\", \"Read\", \"Write\", \"List\"],
  \"credentials\": [{\"accessKey\": \"rnnsearch\", \"secretKey\": \"$(cat s3_secret)\"}]}]}
"
# the containers run as you, or they could not read these files
[[ -e $here/.env ]] || printf 'RNNSEARCH_UID=%s\nRNNSEARCH_GID=%s\n' "$(id -u)" "$(id -g)" > "$here/.env"
