#!/usr/bin/env bash
# Locust URL USERS SECONDS, with its fast client, and how many requests it counted in all.
file=$(mktemp --suffix .py)
trap 'rm -f "$file"' EXIT
cat > "$file" << 'PY'
from locust import FastHttpUser, task


class Visitor(FastHttpUser):
    @task
    def page(self):
        self.client.get("/")
PY
locust -f "$file" --headless --host "${1%/}" --users "$2" --spawn-rate "$2" --run-time "$3s" --only-summary 2>&1 |
  awk '/^ *Aggregated/ && !done { print "requests: " $2; done = 1 }'
