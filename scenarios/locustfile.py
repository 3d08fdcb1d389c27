# The users of the walkthrough's test: each asks for the index page, then thinks for 1 to 5 seconds.
# It runs here and with Locust alike: swarmgate run scenarios/locustfile.py -H http://localhost:8080 -u 100 -r 10 -t 5m
from locust import HttpUser, between, task

HEADERS = {
    "User-Agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_13_4) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/76.0.3809.100 Safari/537.36"
}


class WebsiteUser(HttpUser):
    wait_time = between(1, 5)

    @task
    def get_index(self):
        self.client.get("/", headers=HEADERS)
