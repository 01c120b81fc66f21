#!/bin/sh
# Put together the folder that a Hugging Face Space wants: sh spaces/assemble.sh OUT
set -eu
cd "$(dirname "$0")/.."
out=$1
mkdir -p "$out"
# Old copies go first, so that what was deleted here does not live on there.
rm -rf "$out/lit" "$out/kernels"
mkdir "$out/kernels"
cp -R lit LICENSE "$out/"
cp -R kernels/lit_kernels "$out/kernels/"
cp spaces/app.py spaces/README.md spaces/requirements.txt "$out/"
rm -rf "$out/lit/weights/teacher" # for research; the Space only draws
find "$out/lit" "$out/kernels" -name __pycache__ -type d -prune -exec rm -rf {} +
echo '*.safetensors filter=lfs diff=lfs merge=lfs -text' > "$out/.gitattributes"
echo "$out is ready: commit and push it to the Space (spaces/DEPLOY.md)."
