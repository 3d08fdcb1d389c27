from locust import TaskSet, User, between, task


class Visitor(User):
    wait_time = between(1, 5)

    @task(3)
    def browse(self):
        print("browse")

    @task
    def search(self):
        print("search")

    @task(6)
    def buy(self):
        print("buy")

    @task(2)
    class Basket(TaskSet):
        @task
        def look(self):
            print("look")

        @task(4)
        def leave(self):
            print("leave")
            self.interrupt()
