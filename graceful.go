package graceful
