from locust import HttpUser, task, constant, events
from locust.exception import StopUser
@events.request.add_listener
def seen(request_type, name, response_time, response_length, exception, url=None, **kw):
    print("REQ", request_type, name, response_length, repr(exception), url)
class U(HttpUser):
    wait_time = constant(0)
    @task
    def all(self):
        c = self.client
        c.get("/missing?x=1")
        c.post("/named", json={"a": 1}, name="Named")
        with c.get("/caught", catch_response=True) as r:
            if r.json()["state"] != "good":
                r.failure("bad state")
        with c.get("/missing", catch_response=True) as r:
            r.success()
        with c.rename_request("/renamed"):
            c.put("/x", data={"k": "v w", "l": [1, 2]})
        r = c.get("http://127.0.0.1:18978/refused")
        print(r.status_code, r.text, r.content)
        c.get("/q?a=1", params={"b": "x y", "c": ["1", "é"], "d": None})
        c.get("/sp ace/ü", headers={"X-A": "1"})
        r = c.post("/old", data="raw")
        print(r.url, len(r.history), c.cookies.get("sid"), r.request.method, r.reason)
        c.head("/h"); c.delete("/d", data=b"bytes"); c.patch("/p", json=[1]); c.options("/o")
        c.get("/cookie", cookies={"own": "1"})
        c.post("/files", files={"f": ("n.txt", "content", "text/plain")}, data={"z": "1"}).request.headers["Content-Type"]
        try:
            with c.get("/raises", catch_response=True) as r:
                raise ValueError("inside")
        except ValueError as e:
            print("propagated", e)
        with c.get("/missing2", catch_response=True) as r:
            pass
        c.request("GET", "/generic", allow_redirects=False)
        raise StopUser()
