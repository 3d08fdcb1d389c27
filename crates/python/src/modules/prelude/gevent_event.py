from threading import Event
