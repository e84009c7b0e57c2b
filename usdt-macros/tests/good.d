provider orders {
	/* A request was accepted. */
	probe request__start(uint64_t id, char *path);
};
