#!/usr/bin/env bash
# oha URL CONNECTIONS SECONDS, and how many answers of status 200 it counted.
oha --no-tui -c "$2" -z "$3s" "$1" | sed -n 's/^ *\[200\] \([0-9]*\) responses/requests: \1/p'
