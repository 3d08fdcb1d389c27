#!/usr/bin/env bash
# k6 URL USERS SECONDS; its summary has a line `http_reqs`.
printf 'import http from "k6/http"; export default () => { http.get("%s"); }' "$1" |
  k6 run --quiet --no-usage-report --vus "$2" --duration "$3s" - 2> /dev/null
