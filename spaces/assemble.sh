#!/bin/sh
# Put together the folder that a Hugging Face Space wants: sh spaces/assemble.sh OUT [zerogpu]
#
# zerogpu: for a Space on ZeroGPU, which has its own Python and wants torch with CUDA.
set -eu
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
hardware=${2:-cpu}
case $hardware in cpu | zerogpu) ;; *) echo "hardware: got '$hardware'; cpu or zerogpu" >&2 && exit 2 ;; esac
# Old copies go first, so that what was deleted here does not live on there.
rm -rf "$out/lit" "$out/kernels"
mkdir "$out/kernels"
cp -R lit LICENSE "$out/"
cp -R kernels/lit_kernels "$out/kernels/"
cp spaces/app.py spaces/README.md spaces/requirements.txt "$out/"
if [ "$hardware" = zerogpu ]; then
    sed -e 's/^suggested_hardware: .*/suggested_hardware: zero-a10g/' -e 's/^python_version: .*/python_version: "3.12"/' \
        -e "s/draws on the Space's two CPUs/draws on a GPU that each drawing is lent/" spaces/README.md > "$out/README.md"
    sed -e '/^--extra-index-url /d' -e 's/^\(torch==.*\)+cpu$/\1/' spaces/requirements.txt > "$out/requirements.txt"
fi
rm -rf "$out/lit/weights/teacher" # for research; the Space only draws
find "$out/lit" "$out/kernels" -name __pycache__ -type d -prune -exec rm -rf {} +
echo '*.safetensors filter=lfs diff=lfs merge=lfs -text' > "$out/.gitattributes"
echo "$out is ready: commit and push it to the Space (spaces/DEPLOY.md)."
