#!/usr/bin/env bash
# Format and static checks of the C++ sources. `tools/lint.sh --help` lists the options.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'TEXT'
usage: tools/lint.sh [--fix] [--format-only] [--tests] [--changed [BASE]] [FILE...]

Checks C++ files with clang-format (style: .clang-format) and clang-tidy (checks: .clang-tidy). Without files: all
of them, also those not yet committed, but clang-tidy leaves tests (*_test.cc) out.

  --fix            let clang-format rewrite the files instead of complaining
  --format-only    leave clang-tidy out (it takes a few seconds a file, clang-format none)
  --tests          clang-tidy over tests too
  --changed [BASE] only files that differ from BASE (default: HEAD), tests too

Exit status 1 if anything was found, 2 if it cannot look. tools/test.sh runs it without options.
TEXT
}

fix=false tidy=true tests=false base=
files=()
while (($# > 0)); do
  case "$1" in
    --fix) fix=true ;;
    --format-only) tidy=false ;;
    --tests) tests=true ;;
    --changed)
      tests=true base=HEAD
      if (($# > 1)) && git rev-parse --quiet --verify "$2^{commit}" > /dev/null; then base=$2; shift; fi
      ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; echo "lint: unknown option '$1'" >&2; exit 2 ;;
    *) files+=("$1") tests=true ;;
  esac
  shift
done

if ((${#files[@]} == 0)); then
  if [[ -n $base ]]; then
    mapfile -t files < <({
      git diff --name-only --diff-filter=d "$base" -- '*.cc' '*.h'
      git ls-files --others --exclude-standard -- '*.cc' '*.h'
    } | sort -u)
  else
    mapfile -t files < <(git ls-files --cached --others --exclude-standard -- '*.cc' '*.h')
  fi
fi
# A file may be deleted in the work tree and still be known to git.
existing=()
for file in "${files[@]}"; do
  if [[ -e $file ]]; then existing+=("$file"); fi
done
files=("${existing[@]}")
if ((${#files[@]} == 0)); then
  echo "lint: no C++ files to check"
  exit 0
fi

for program in clang-format-14 clang-tidy-14; do
  if [[ $program == clang-tidy-14 ]] && ! $tidy; then continue; fi
  command -v "$program" > /dev/null || { echo "lint: there is no $program: run tools/setup.sh" >&2; exit 2; }
done

status=0
if $fix; then
  clang-format-14 -i "${files[@]}"
elif ! complaints=$(clang-format-14 --dry-run -Werror "${files[@]}" 2>&1); then
  # It quotes every single place; which files is enough, --fix repairs them all.
  grep -oE '^[^ :]+:[0-9]+:[0-9]+: error' <<< "$complaints" | cut -d: -f1 | uniq -c |
    while read -r places file; do echo "$file: not formatted ($places places)"; done
  echo "lint: 'tools/lint.sh --fix --format-only' formats them" >&2
  status=1
fi

if $tidy; then
  # Headers are checked through the sources that include them, except where only headers are asked for.
  sources=()
  for file in "${files[@]}"; do
    # Files planted for tests/purity are wrong on purpose. Tests are a third of all sources, and a copy too many
    # does no harm in them.
    if [[ $file != *.cc || $file == tests/purity/planted/* ]]; then continue; fi
    if $tests || [[ $file != *_test.cc ]]; then sources+=("$file"); fi
  done
  if ((${#sources[@]} == 0)); then
    for file in "${files[@]}"; do sources+=("$file"); done
  fi
  # The compiler's flags are in compile_flags.txt, where editors with clangd find them too. Generated protobuf headers
  # are where the last build of the default configuration left them; as system headers, because they are not ours.
  folders=$(git ls-files --cached --others --exclude-standard -- '*.h' | sed 's,/.*,,' | sort -u | paste -sd '|')
  # One report per source, whole, although several run at once. clang-tidy counts suppressed warnings on stderr.
  check_one() {
    local source=$1 filter=$2 report
    if ! report=$(clang-tidy-14 --quiet --header-filter="$filter" "$source" 2> /dev/null); then
      # Without a report clang-tidy itself failed, for example because a header is missing.
      printf '%s\n' "${report:-$(clang-tidy-14 --quiet "$source" 2>&1 || true)}"
      return 1
    fi
  }
  export -f check_one
  if ! printf '%s\0' "${sources[@]}" | xargs -0 -P "$(nproc)" -I{} \
    bash -c 'check_one "$@"' _ {} "(^|/)(${folders:-none})/"; then
    status=1
  fi
fi

if ((status == 0)); then
  echo "lint: ${#files[@]} files, nothing found"
else
  echo "lint: FAILED, see above" >&2
fi
exit $status
