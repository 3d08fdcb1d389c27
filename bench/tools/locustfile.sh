#!/usr/bin/env bash
# PROGRAM FILE CLASS URL USERS RATE SECONDS: runs the locustfile, with CLASS in place of HttpUser, by Locust or `swarmgate run`, and
# tells how many requests its CSV file counts.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
sed "s/HttpUser/$3/" "$2" > "$folder/locustfile.py"
case $1 in
  *swarmgate) run=("$1" run "$folder/locustfile.py" --engine native --out "$folder/report") ;;
  *) run=("$1" -f "$folder/locustfile.py" --only-summary) ;;
esac
# A generator at its limit says so with its exit code; what it sent counts all the same.
"${run[@]}" --headless --host "${4%/}" --users "$5" --spawn-rate "$6" --run-time "$7s" --csv "$folder/of" > /dev/null 2>&1
awk -F, '$2 == "Aggregated" { print "requests: " $3 }' "$folder/of_stats.csv"
