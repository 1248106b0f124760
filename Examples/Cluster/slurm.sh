#!/usr/bin/env bash
# One shard of a command of fallow, as a task of a job array of Slurm.
#
#   FOLDER=shards sbatch --array=1-8 --wait slurm.sh fallow check
#   fallow merge shards/shard.*.json
#
# FOLDER is on a file system that all nodes have.
#SBATCH --job-name=fallow
#SBATCH --output=/dev/null
set -u
folder=${FOLDER:-shards}
mkdir -p "$folder"
file=$folder/shard.$SLURM_ARRAY_TASK_ID.json
"$@" --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --json >"$file.part"
status=$?
# A shard that found a violation has done its work.
[ $status -ne 2 ] && [ $status -le 3 ] && mv "$file.part" "$file"
