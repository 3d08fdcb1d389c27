#!/usr/bin/env bash
# PROGRAM USER URL USERS SECONDS: runs bench/scenarios/nowait.py with the class of users (HttpUser, FastHttpUser), by Locust or
# `swarmgate run`, and tells how many requests its CSV file counts.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
sed "s/HttpUser/$2/" "$(dirname "$0")/../scenarios/nowait.py" > "$folder/locustfile.py"
case $1 in
  *swarmgate) run=("$1" run "$folder/locustfile.py" --engine native --out "$folder/report") ;;
  *) run=("$1" -f "$folder/locustfile.py" --only-summary) ;;
esac
# A generator at its limit says so with its exit code; what it sent counts all the same.
"${run[@]}" --headless --host "${3%/}" --users "$4" --spawn-rate "$4" --run-time "$5s" --csv "$folder/of" > /dev/null 2>&1
awk -F, '$2 == "Aggregated" { print "requests: " $3 }' "$folder/of_stats.csv"
