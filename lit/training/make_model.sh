#!/bin/sh
# Make the model that ships, from the stickers to its figures, on the GPUs of this machine:
#
#   sh lit/training/make_model.sh STICKERS RUNS
#
# (the autoencoder's decoder, the evaluator) -> teacher -> student, beside it (on a second GPU, or after it) its twin
# without a teacher -> (flow map) -> lit/weights -> figures. What is in brackets is made where it is given minutes.
# Each step goes on where a cut one stopped. Variables, with their defaults:
set -eu
stickers=$1 runs=$2
: "${TEACHER_CONFIG:=teacher}" "${TEACHER_MINUTES:=120}" "${STUDENT_CONFIG:=student}" "${STUDENT_MINUTES:=25}"
: "${DECODER_MINUTES:=0}" "${EVALUATOR_CONFIG:=evaluator-wide}" "${EVALUATOR_MINUTES:=0}" "${FLOW_MAP_MINUTES:=0}"
: "${INIT:=}"             # a teacher's weights to start from, such as lit/weights/teacher
: "${AUTOENCODER:=lit/weights/autoencoder}"
: "${PYTHON:=python}" "${TRAIN_ARGS:=}" "${EVALUATE_ARGS:=}"
gpus=$($PYTHON -c 'import torch; print(torch.cuda.device_count())')

launch="$PYTHON"
if [ "$gpus" -gt 1 ]; then
    launch="$PYTHON -m accelerate.commands.launch --multi_gpu --num_machines 1 --mixed_precision bf16
        --dynamo_backend no --num_processes $gpus"
fi
mkdir -p "$runs"

# shellcheck disable=SC2086  # the lists of arguments are meant to be split
alone() { # GPU, name, minutes, arguments...
    gpu=$1 name=$2 minutes=$3
    shift 3
    [ "$minutes" = 0 ] || [ -d "$runs/$name/network" ] || CUDA_VISIBLE_DEVICES=$gpu $PYTHON -m lit "$@" --data $stickers \
        --out "$runs/$name" --minutes "$minutes"
}
evaluator() { # GPU
    alone "$1" evaluator "$EVALUATOR_MINUTES" train --config "$EVALUATOR_CONFIG"
}
if [ "$gpus" -gt 1 ]; then
    evaluator 1 > "$runs/evaluator.log" 2>&1 &
    judge=$!
    alone 0 decoder "$DECODER_MINUTES" train --config autoencoder-decoder --init "$AUTOENCODER"
    wait "$judge"
else
    alone 0 decoder "$DECODER_MINUTES" train --config autoencoder-decoder --init "$AUTOENCODER"
    evaluator 0
fi
parts=
[ "$EVALUATOR_MINUTES" = 0 ] || parts="--evaluator $runs/evaluator/network"
if [ "$DECODER_MINUTES" != 0 ]; then
    AUTOENCODER=$runs/decoder/network
    parts="$parts --autoencoder $AUTOENCODER"
fi
common="--data $stickers --autoencoder $AUTOENCODER"

# shellcheck disable=SC2086
if [ ! -d "$runs/teacher/network" ]; then
    $launch -m lit train --config "$TEACHER_CONFIG" $common --out "$runs/teacher" --minutes "$TEACHER_MINUTES" \
        ${INIT:+--init "$INIT"} $TRAIN_ARGS
fi

student() { # GPU, name, command...
    gpu=$1 name=$2
    shift 2
    [ -d "$runs/$name/network" ] || CUDA_VISIBLE_DEVICES=$gpu $PYTHON -m lit "$@" --config "$STUDENT_CONFIG" $common \
        --out "$runs/$name" --minutes "$STUDENT_MINUTES" $TRAIN_ARGS
}
if [ "$gpus" -gt 1 ]; then
    student 1 twin train > "$runs/twin.log" 2>&1 &
    twin=$!
    student 0 student linearize --teacher "$runs/teacher/network"
    wait "$twin"
else
    student 0 student linearize --teacher "$runs/teacher/network"
    student 0 twin train
fi

shipped=student
if [ "$FLOW_MAP_MINUTES" != 0 ]; then
    shipped=flow-map
    # shellcheck disable=SC2086
    [ -d "$runs/flow-map/network" ] || $launch -m lit distill $common --teacher "$runs/student/network" \
        --out "$runs/flow-map" --minutes "$FLOW_MAP_MINUTES" $TRAIN_ARGS
fi

# The twin, and the teacher as a model of its own, are measured as what ships is: at one byte a weight.
for other in twin teacher; do
    rm -rf "$runs/$other-model"
    cp -r lit/weights "$runs/$other-model"
    # shellcheck disable=SC2086
    $PYTHON -m lit ship --out "$runs/$other-model" --transformer "$runs/$other/network" $parts
done
# shellcheck disable=SC2086
$PYTHON -m lit ship --out lit/weights --transformer "$runs/$shipped/network" --teacher "$runs/teacher/network" $parts
# Drawing thousands of pictures keeps a GPU busy by half: the three are measured side by side.
evaluations=
for other in twin teacher; do
    $PYTHON -m lit evaluate --data "$stickers" --model "$runs/$other-model" --out "$runs/$other.json" $EVALUATE_ARGS \
        > "$runs/$other-evaluation.log" 2>&1 &
    evaluations="$evaluations $!"
done
$PYTHON -m lit evaluate --data "$stickers" --out "$runs/student.json" --sheet docs/contact-sheet.webp $EVALUATE_ARGS
for evaluation in $evaluations; do
    wait "$evaluation"
done
