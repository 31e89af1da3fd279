"""The desk (协作台): a window for the verbs on a closed master. Two processes: the window shows, a worker runs the verbs."""
