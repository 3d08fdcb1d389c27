# The walkthrough's locustfile (scenarios/locustfile.py) without its waits.
from locust import HttpUser, task

HEADERS = {
    "User-Agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_13_4) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/76.0.3809.100 Safari/537.36"
}


class WebsiteUser(HttpUser):
    @task
    def get_index(self):
        self.client.get("/", headers=HEADERS)
