#!/bin/sh
# The wide model in half hours: each call runs the next piece that is not done, on the GPUs of this machine.
#
#   sh lit/training/make_wide.sh RUNS SETS...
#
# SETS: the stickers and the drawings.  RUNS/model is the model as far as it has come, RUNS/lit the same with the LiT that
# its flow map is to be distilled from, RUNS/from the LiT that it was distilled from, RUNS/done what has been done: these
# are all that the next machine needs, one byte a weight. A piece that was cut on this machine goes on from its
# checkpoint. RUNS/before has all three as they were before the last piece: what made a figure worse is put back from
# there. LIT=DIR names the LiT that the shipped flow map was distilled from: it learns both sets itself then, in place of a
# teacher and a student, and the flow map moves with it. Variables, with their defaults:
set -eu
runs=$1
shift
: "${MINUTES:=25}"        # of a piece, for steps; rendering, encoding and composing come before
: "${PYTHON:=python}" "${TRAIN_ARGS:=}"
: "${GPUS:=$($PYTHON -c 'import torch; print(torch.cuda.device_count())')}"

launch="$PYTHON"
if [ "$GPUS" -gt 1 ]; then
    launch="$PYTHON -m accelerate.commands.launch --multi_gpu --num_machines 1 --mixed_precision bf16
        --dynamo_backend no --num_processes $GPUS"
fi
mkdir -p "$runs/done"
[ -d "$runs/model" ] || cp -r lit/weights "$runs/model"
: "${LIT:=}"
[ -z "$LIT" ] || [ -d "$runs/from" ] || cp -r "$LIT" "$runs/from"

# Best first: after three pieces there is a wide model that could ship, and its judge; what follows makes it better.
pieces="1-teacher 2-student 3-flow-map 4-judge-and-decoder 5-teacher-on 6-teacher-on 7-student-on"
[ -z "$LIT" ] || pieces="1-lit 3-flow-map 4-judge-and-decoder 5-lit-on 6-lit-on"
for piece in $pieces 8-flow-map-on 9-flow-map-sharpened; do
    [ -e "$runs/done/$piece" ] || break
    piece=
done
if [ -z "$piece" ]; then
    echo "all pieces are done; $runs/model is the model"
    exit
fi
echo "piece $piece"
out=$runs/$piece
sets="--data $*"
coder="--autoencoder $runs/model/autoencoder"

# shellcheck disable=SC2086  # the lists of arguments are meant to be split
train() { # command, arguments...
    $launch -m lit "$@" $sets --out "$out" --minutes "$MINUTES" $TRAIN_ARGS
}
rm -rf "$runs/before"
mkdir "$runs/before"
for kept in model lit from; do
    [ ! -d "$runs/$kept" ] || cp -r "$runs/$kept" "$runs/before/$kept"
done
case $piece in
*-teacher)
    # shellcheck disable=SC2086
    train train --config teacher-wide $coder --init "$runs/model/teacher" --evaluator "$runs/model/evaluator"
    $PYTHON -m lit ship --out "$runs/model" --teacher "$out/long/network"
    ;;
*-teacher-on)
    # shellcheck disable=SC2086
    train train --config teacher-wide-on $coder --init "$runs/model/teacher"
    $PYTHON -m lit ship --out "$runs/model" --teacher "$out/long/network"
    ;;
*-lit | *-lit-on)
    config=lit-wide from=$LIT
    [ "$piece" = 1-lit ] || config=lit-wide-on from=$runs/lit/transformer
    # shellcheck disable=SC2086
    train train --config "$config" $coder --init "$from"
    rm -rf "$runs/lit"
    cp -r "$runs/model" "$runs/lit"
    $PYTHON -m lit ship --out "$runs/lit" --transformer "$out/long/network"
    ;;
*-student)
    # shellcheck disable=SC2086
    train linearize --config student-wide $coder --teacher "$runs/model/teacher"
    rm -rf "$runs/lit"
    cp -r "$runs/model" "$runs/lit"
    $PYTHON -m lit ship --out "$runs/lit" --transformer "$out/network"
    ;;
*-student-on)
    # shellcheck disable=SC2086
    train linearize --config student-wide-on $coder --init "$runs/lit/transformer" --teacher "$runs/model/teacher"
    $PYTHON -m lit ship --out "$runs/lit" --transformer "$out/network"
    ;;
*-flow-map*)
    config=flow-map-wide init=
    [ "$piece" != 9-flow-map-sharpened ] || config=flow-map-wide-sharpened
    [ ! -d "$runs/from" ] || init="--init $runs/model/transformer --init-teacher $runs/from"
    # shellcheck disable=SC2086
    train distill --config "$config" $coder $init --teacher "$runs/lit/transformer"
    $PYTHON -m lit ship --out "$runs/model" --transformer "$out/network"
    rm -rf "$runs/from"
    cp -r "$runs/lit/transformer" "$runs/from"
    ;;
*-judge-and-decoder)
    last=$((GPUS > 1 ? GPUS - 1 : 0))
    launch="env CUDA_VISIBLE_DEVICES=$last $PYTHON" MINUTES=8 out=$out/evaluator
    judge=
    if [ "$GPUS" -gt 1 ]; then # each on a GPU of its own
        train train --config evaluator-wide > "$runs/evaluator.log" 2>&1 &
        judge=$!
    else
        train train --config evaluator-wide
    fi
    launch="env CUDA_VISIBLE_DEVICES=0 $PYTHON" out=$runs/$piece/decoder
    train train --config autoencoder-decoder --init "$runs/model/autoencoder"
    [ -z "$judge" ] || wait "$judge"
    for model in model lit; do
        $PYTHON -m lit ship --out "$runs/$model" --evaluator "$runs/$piece/evaluator/network" \
            --autoencoder "$out/network"
    done
    ;;
esac
date > "$runs/done/$piece"
